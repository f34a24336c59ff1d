//! Bytes as choices. When they run out every choice is the first one.

/// Bytes read from the front.
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The choices of one op: a fixed number of bytes, so that ops can be taken out of a run without changing the
    /// others. `None` at the end.
    pub fn op(&mut self) -> Option<Input<'a>> {
        const LENGTH: usize = 8;
        if self.rest.is_empty() {
            return None;
        }
        let (op, rest) = self.rest.split_at(LENGTH.min(self.rest.len()));
        self.rest = rest;
        Some(Input::new(op))
    }

    #[inline]
    pub fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((&first, rest)) => {
                self.rest = rest;
                first
            }
            None => 0,
        }
    }

    /// A number with four bytes, little endian.
    pub fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// True half the time; uses nothing up.
    pub fn is_odd(&self) -> bool {
        self.rest.iter().fold(0, |sum, byte| sum ^ byte) & 1 == 1
    }

    /// True once in `of` times.
    #[inline]
    pub fn rarely(&mut self, of: u8) -> bool {
        self.byte() % of == of - 1
    }

    /// One of a list.
    #[inline]
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()]
    }
}
