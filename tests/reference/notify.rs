//! Network events: the one registration of a shared socket, event objects, windows.

use super::answers::{ForeignEvent, RegistrantCloses};
use super::process::Handle;
use super::{Answer, ERROR_INVALID_HANDLE, Number, Reference, WSAEINVAL};

pub const FD_READ: u32 = 0x01;
pub const FD_WRITE: u32 = 0x02;

/// An event object: lives as long as a handle names it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Event {
    signalled: bool,
}

/// A message in a window's queue: the number registered for, the descriptor, the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    pub message: u32,
    pub socket: Number,
    pub event: u32,
}

/// Who wants to know what about a shared socket, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registration {
    process: usize,
    number: Number,
    target: Target,
    mask: u32,
    /// Reported, and not re-enabled since (E4).
    reported: u32,
    /// What WSPEnumNetworkEvents would give.
    record: u32,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    /// An event object, until it is gone.
    Event(usize),
    Window {
        window: u32,
        message: u32,
    },
}

impl Reference {
    /// Who holds the registration of a shared socket: process and descriptor, and the mask.
    pub fn registrant(&self, socket: usize) -> Option<(usize, Number, u32)> {
        let registration = self.sockets[socket].as_ref()?.registration?;
        Some((registration.process, registration.number, registration.mask))
    }

    pub fn create_event(&mut self, process: usize, chosen: Option<Number>) -> Answer<Number> {
        self.events.push(Some(Event::default()));
        let event = self.events.len() - 1;
        Ok(self.enter(process, Handle::Event { event, inheritable: false }, chosen))
    }

    /// WSACloseEvent.
    pub fn close_event(&mut self, process: usize, number: Number) -> Answer {
        self.event(process, number).ok_or(ERROR_INVALID_HANDLE)?;
        self.drop_number(process, number);
        Ok(())
    }

    /// WSASetEvent, WSAResetEvent.
    pub fn set_event(&mut self, process: usize, number: Number, signalled: bool) -> Answer {
        let event = self.event(process, number).ok_or(ERROR_INVALID_HANDLE)?;
        self.signal(event, signalled);
        Ok(())
    }

    /// Whether the event behind a number is signalled; `None` if it is no event.
    pub fn is_signalled(&self, process: usize, number: Number) -> Option<bool> {
        self.event(process, number).and_then(|event| self.events[event]).map(|event| event.signalled)
    }

    /// The event handles of a process.
    pub fn events(&self, process: usize) -> impl Iterator<Item = Number> + '_ {
        let handles = self.processes[process].handles.iter();
        handles.filter(|(_, handle)| matches!(handle, Handle::Event { .. })).map(|(&number, _)| number)
    }

    fn event(&self, process: usize, number: Number) -> Option<usize> {
        match self.processes[process].handles.get(&number)? {
            Handle::Event { event, .. } => Some(*event),
            _ => None,
        }
    }

    fn signal(&mut self, event: usize, signalled: bool) {
        if let Some(event) = &mut self.events[event] {
            event.signalled = signalled;
        }
    }

    pub(super) fn end_event_if_unused(&mut self, event: usize) {
        let names = |handle: &Handle| matches!(handle, Handle::Event { event: other, .. } if *other == event);
        if !self.processes.iter().any(|process| process.handles.values().any(names)) {
            self.events[event] = None;
        }
    }

    pub fn create_window(&mut self, process: usize, window: u32) {
        let taken = self.processes[process].windows.insert(window, Vec::new());
        assert!(taken.is_none(), "window {window} of process {process} was given twice");
    }

    pub fn destroy_window(&mut self, process: usize, window: u32) -> Answer {
        self.processes[process].windows.remove(&window).map(|_| ()).ok_or(ERROR_INVALID_HANDLE)
    }

    /// PeekMessage: takes the oldest message.
    pub fn take_message(&mut self, process: usize, window: u32) -> Answer<Option<Message>> {
        let queue = self.processes[process].windows.get_mut(&window).ok_or(ERROR_INVALID_HANDLE)?;
        Ok(if queue.is_empty() { None } else { Some(queue.remove(0)) })
    }

    /// The messages in a window's queue; `None` if there is no such window.
    pub fn messages(&self, process: usize, window: u32) -> Option<&[Message]> {
        self.processes[process].windows.get(&window).map(Vec::as_slice)
    }

    /// WSPEventSelect. With mask 0 the event does not matter (E3).
    pub fn event_select(&mut self, process: usize, number: Number, event: Number, mask: u32) -> Answer {
        let socket = self.called(process, number)?;
        match self.event(process, event) {
            Some(event) => self.register(socket, (process, number), Target::Event(event), mask),
            None if mask == 0 => self.unregister(socket, (process, number)),
            None => return Err(WSAEINVAL),
        }
        Ok(())
    }

    /// WSPAsyncSelect. With mask 0 the window does not matter (E3).
    pub fn async_select(&mut self, process: usize, number: Number, window: u32, message: u32, mask: u32) -> Answer {
        let socket = self.called(process, number)?;
        if mask != 0 && !self.processes[process].windows.contains_key(&window) {
            return Err(WSAEINVAL);
        }
        self.register(socket, (process, number), Target::Window { window, message }, mask);
        Ok(())
    }

    /// R17, E1: a registration ends the one before it, whoever made that. R18: the mode changes with it.
    fn register(&mut self, socket: usize, by: (usize, Number), target: Target, mask: u32) {
        self.unregister(socket, by);
        if mask == 0 {
            return;
        }
        let (process, number) = by;
        let registration = Registration { process, number, target, mask, reported: 0, record: 0 };
        self.shared(socket).registration = Some(registration);
        self.report_due(socket);
    }

    fn unregister(&mut self, socket: usize, (process, number): (usize, Number)) {
        self.put_mode(process, number, socket, true);
        self.shared(socket).registration = None;
    }

    /// A descriptor goes. If it made the registration and others remain, the answer to that question counts.
    pub(super) fn registrant_goes(&mut self, socket: usize, process: usize, number: Number) {
        let cancelled = self.answers.registrant_closes == RegistrantCloses::Cancelled;
        let Some(shared) = &mut self.sockets[socket] else { return };
        if cancelled && shared.registration.is_some_and(|it| (it.process, it.number) == (process, number)) {
            shared.registration = None;
        }
    }

    /// Whether messages may be on their way for a descriptor that is gone: what a layer does with them is open.
    pub fn has_ghosts(&self) -> bool {
        self.sockets.iter().flatten().filter_map(|socket| socket.registration).any(|it| {
            matches!(it.target, Target::Window { .. }) && !self.processes[it.process].handles.contains_key(&it.number)
        })
    }

    /// Reports what holds and is free to be reported (E4, E9): data to be read; room to send, on a bound socket.
    pub(super) fn report_due(&mut self, socket: usize) {
        let shared = self.shared(socket);
        let mut due = 0;
        if shared.datagrams.any() {
            due |= FD_READ;
        }
        if !shared.stream && shared.bound.is_some() {
            due |= FD_WRITE;
        }
        for event in [FD_READ, FD_WRITE] {
            if due & event != 0 {
                self.report(socket, event);
            }
        }
    }

    fn report(&mut self, socket: usize, event: u32) {
        let Some(registration) = &mut self.shared(socket).registration else { return };
        if registration.mask & event == 0 || registration.reported & event != 0 {
            return;
        }
        registration.reported |= event;
        let Registration { process, number, target, .. } = *registration;
        match target {
            Target::Event(object) => {
                registration.record |= event;
                self.signal(object, true);
            }
            Target::Window { window, message } => {
                if let Some(queue) = self.processes[process].windows.get_mut(&window) {
                    queue.push(Message { message, socket: number, event });
                }
            }
        }
    }

    /// A receive was tried: FD_READ may come again, at once if there is still something to read (E5).
    pub(super) fn reenable_read(&mut self, socket: usize) {
        if let Some(registration) = &mut self.shared(socket).registration {
            registration.reported &= !FD_READ;
        }
        self.report_due(socket);
    }

    /// WSPEnumNetworkEvents: through any descriptor, for any event (A24).
    pub fn enumerate(&mut self, process: usize, number: Number, event: Option<Number>) -> Answer<u32> {
        let socket = self.called(process, number)?;
        let event = match event {
            Some(event) => Some(self.event(process, event).ok_or(WSAEINVAL)?),
            None => None,
        };
        let refuses = self.answers.foreign_event == ForeignEvent::Wsaeinval;
        let registration = &mut self.shared(socket).registration;
        let registered = registration.and_then(|registration| match registration.target {
            Target::Event(object) => Some(object),
            Target::Window { .. } => None,
        });
        if event.is_some() && event != registered && refuses {
            return Err(WSAEINVAL);
        }
        let record = registration.as_mut().map_or(0, |registration| std::mem::take(&mut registration.record));
        if let Some(event) = event {
            self.signal(event, false);
        }
        Ok(record)
    }
}
