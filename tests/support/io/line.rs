//! One direction of a connection: what the transport has taken, in order, and how much of it was received.

use std::collections::VecDeque;

use wspsim::world::ids::ThreadId;

use super::Wrong;

/// Whose bytes these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A blocking or nonblocking send of this thread.
    Thread(ThreadId),
    /// The overlapped operation of this number.
    Operation(u32),
}

/// The bytes of one send.
#[derive(Clone, Debug)]
struct Piece {
    whose: Whose,
    /// Ordinary bytes; those received are gone from the front.
    data: VecDeque<u8>,
    /// How many of `data` the transport has.
    taken: usize,
    /// How many it had taken altogether.
    ever: usize,
    ended: bool,
    /// In this step it may have taken more than is known yet.
    fluid: bool,
}

/// What flows one way.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pieces: VecDeque<Piece>,
    /// Bytes received, or held by a receive that is not over.
    read: u64,
    /// Urgent bytes nobody has read, and how many ordinary ones go before each.
    marks: VecDeque<(u64, u8)>,
    /// Where messages end that nobody has read to their end.
    ends: VecDeque<u64>,
    /// The receiving end takes nothing any more, or the connection is broken.
    pub dead: bool,
}

impl Line {
    /// A send begins to hand bytes over; the last of urgent data goes its own way.
    pub fn begin(&mut self, whose: Whose, ordinary: &[u8]) {
        let data = ordinary.iter().copied().collect();
        self.pieces.push_back(Piece { whose, data, taken: 0, ever: 0, ended: false, fluid: false });
    }

    pub fn knows(&self, whose: Whose) -> bool {
        self.piece(whose).is_some()
    }

    fn piece(&self, whose: Whose) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.whose == whose && !piece.ended)
    }

    fn piece_mut(&mut self, whose: Whose) -> Option<&mut Piece> {
        self.pieces.iter_mut().find(|piece| piece.whose == whose && !piece.ended)
    }

    /// The transport is known to have so much of a send.
    pub fn has(&mut self, whose: Whose, count: usize) -> Result<(), Wrong> {
        let Some(piece) = self.piece_mut(whose) else { return Ok(()) };
        let more = count.checked_sub(piece.ever).ok_or_else(|| format!("{whose:?}: took {count} after {}", piece.ever));
        let more = more?;
        if more > piece.data.len() - piece.taken {
            return Err(format!("{whose:?}: took {count}, more than there was"));
        }
        piece.taken += more;
        piece.ever = count;
        Ok(())
    }

    /// The thread may have handed over more in this step; how much, the queues say.
    pub fn is_fluid(&mut self, whose: Whose) {
        if let Some(piece) = self.piece_mut(whose) {
            piece.fluid = true;
        }
    }

    /// A send is over.
    pub fn end(&mut self, whose: Whose) {
        if let Some(piece) = self.piece_mut(whose) {
            piece.ended = true;
        }
    }

    /// An urgent byte follows what this send has handed over.
    pub fn mark(&mut self, whose: Whose, byte: u8) {
        let place = self.place_behind(whose);
        self.marks.push_back((place, byte));
    }

    /// A message ends with what this send has handed over.
    pub fn end_message(&mut self, whose: Whose) {
        let place = self.place_behind(whose);
        self.ends.push_back(place);
    }

    fn place_behind(&self, whose: Whose) -> u64 {
        let mut place = self.read;
        for piece in &self.pieces {
            place += piece.taken as u64;
            if piece.whose == whose && !piece.ended {
                break;
            }
        }
        place
    }

    /// The queues at both ends hold so many bytes: what is fluid has taken the rest.
    pub fn settle(&mut self, queued: usize) -> Result<(), Wrong> {
        let known = self.outstanding();
        if let Some(piece) = self.pieces.iter_mut().find(|piece| piece.fluid) {
            piece.fluid = false;
            if queued >= known {
                let more = queued - known;
                if more > piece.data.len() - piece.taken {
                    return Err(format!("{:?}: {more} bytes more in the queues than were sent", piece.whose));
                }
                piece.taken += more;
                piece.ever += more;
            }
        }
        if self.outstanding() == queued {
            return Ok(());
        }
        Err(format!("{} bytes were sent and not received, but the queues hold {queued}", self.outstanding()))
    }

    /// Bytes sent and not received.
    pub fn outstanding(&self) -> usize {
        self.pieces.iter().map(|piece| piece.taken).sum()
    }

    /// Whether urgent data is on its way or unread.
    pub fn has_urgent(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Bytes behind the first `kept` are lost.
    pub fn cut(&mut self, kept: usize) {
        let mut lost = self.outstanding().saturating_sub(kept);
        for piece in self.pieces.iter_mut().rev() {
            let here = lost.min(piece.taken);
            piece.data.drain(piece.taken - here..piece.taken);
            piece.taken -= here;
            lost -= here;
        }
        let end = self.read + kept as u64;
        for mark in &mut self.marks {
            mark.0 = mark.0.min(end);
        }
        self.ends.retain(|&place| place <= end);
    }

    /// So many bytes are with a receiver, whatever they are.
    pub fn hold(&mut self, count: usize) -> Result<Vec<u8>, Wrong> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            bytes.push(self.pop().ok_or("a receive holds bytes that nobody sent")?);
        }
        self.crossed(count)?;
        Ok(bytes)
    }

    /// One receive has brought these bytes.
    pub fn receive(&mut self, bytes: &[u8], inline: bool, peek: bool) -> Result<(), Wrong> {
        if bytes.is_empty() {
            return Ok(());
        }
        if inline && self.marks.front().is_some_and(|&(place, _)| place <= self.read) {
            return self.urgent(bytes, peek);
        }
        let mut look = if peek { Some(self.clone()) } else { None };
        let line = look.as_mut().unwrap_or(self);
        let start = line.read;
        for (at, &byte) in bytes.iter().enumerate() {
            match line.pop() {
                Some(sent) if sent == byte => {}
                sent => return Err(format!("byte {} is {byte} and should be {sent:?}", start + at as u64)),
            }
        }
        line.crossed(bytes.len())
    }

    /// One receive has brought these bytes of a message; `part`: and more of it follows.
    pub fn receive_message(&mut self, bytes: &[u8], part: bool, peek: bool) -> Result<(), Wrong> {
        let mut look = if peek { Some(self.clone()) } else { None };
        let line = look.as_mut().unwrap_or(self);
        line.receive(bytes, false, false)?;
        let (read, end) = (line.read, line.ends.front().copied());
        match end {
            Some(end) if !part && end == read => {
                line.ends.pop_front();
                Ok(())
            }
            // The end has a way of its own to go, if nothing came with it.
            Some(end) if part && read <= end => Ok(()),
            None if part => Ok(()),
            _ => Err(format!("a message ends at {end:?}, and one receive stopped at {read}, a part: {part}")),
        }
    }

    /// Whether a whole message is on its way.
    pub fn has_message(&self) -> bool {
        !self.ends.is_empty()
    }

    /// No receive goes across the mark (Recv18).
    fn crossed(&self, count: usize) -> Result<(), Wrong> {
        let start = self.read - count as u64;
        match self.marks.iter().find(|&&(place, _)| start < place && place < self.read) {
            Some((place, _)) => {
                Err(format!("one receive of bytes {start}..{} went across the mark at {place}", self.read))
            }
            None => Ok(()),
        }
    }

    /// Urgent data was received: exactly the oldest byte.
    pub fn urgent(&mut self, bytes: &[u8], peek: bool) -> Result<(), Wrong> {
        let front = self.marks.front().map(|&(_, byte)| byte);
        if bytes.len() != 1 || front != Some(bytes[0]) {
            return Err(format!("urgent data is {bytes:?} and should be {front:?}"));
        }
        if !peek {
            self.marks.pop_front();
        }
        Ok(())
    }

    fn pop(&mut self) -> Option<u8> {
        let piece = self.pieces.iter_mut().find(|piece| piece.taken > 0 || piece.fluid && !piece.data.is_empty())?;
        let byte = piece.data.pop_front()?;
        if piece.taken > 0 {
            piece.taken -= 1;
        } else {
            piece.ever += 1;
        }
        self.read += 1;
        while self.pieces.front().is_some_and(|piece| piece.ended && piece.taken == 0 && !piece.fluid) {
            self.pieces.pop_front();
        }
        Some(byte)
    }

    /// Everything that is open may have taken anything: the connection broke in this step.
    pub fn all_fluid(&mut self) {
        for piece in self.pieces.iter_mut().filter(|piece| !piece.ended) {
            piece.fluid = true;
        }
    }
}
