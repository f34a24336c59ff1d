//! One act on both sides.

use wspsim::abi::client::{ApiCall, BlockA, OsCall, Value, WindowMessage};
use wspsim::abi::{Block, Info, SpiCall, SpiReturn};
use wspsim::world::ids::{Handle, ProcessId, Window};
use wspsim::world::op::{Op, Outcome, Rejection};
use wspsim::world::program::{Program, ProgramChange};

use super::calls;
use super::{Act, Mismatch, PROCESSES, Pair, Travelling, What, agree, done, first_thread, incarnation, note, number};
use crate::reference::{Message, Number, Opening, Receipt, Running, SocketOption};
use crate::support::V2_2;

/// Masks that acts register for: nothing, what can come here, what cannot.
const MASKS: [u32; 6] = [0, 0x01, 0x21, 0x03, 0x02, 0x08];

/// Ports that acts bind to and send to.
const PORTS: [u16; 2] = [7000, 7001];

/// A number that is no handle anywhere.
const JUNK: Number = 0x2;

type Played = Result<(), Mismatch>;

impl Pair {
    /// Plays an act. What cannot be meant (no block yet, say) does nothing.
    pub(super) fn act(&mut self, act: Act) -> Played {
        let by = self.process_of(act);
        match act.what {
            What::Start => self.start_act(act),
            What::End => self.end(by, act.how),
            _ if !self.can_act(by)? => Ok(()),
            What::Startup => self.startup(by),
            What::Cleanup => self.cleanup(by),
            What::CreateProcess => self.create_process(by, act.how),
            What::Resume => self.resume(by, act.with),
            What::OpenProcess => self.open_process(by, act.with),
            What::Socket => self.socket(by, act.how),
            What::Duplicate => self.duplicate(by, act),
            What::Open => self.open(by, act),
            What::Tamper => self.open_altered(by, act),
            What::Close => self.close(by, act.on),
            What::SetOption => self.set_option(by, act),
            What::GetOption => self.get_option(by, act),
            What::SetMode => self.set_mode(by, act),
            What::Bind => self.bind(by, act),
            What::Listen => self.listen(by, act.on),
            What::SendTo => self.send_to(by, act),
            What::Receive => self.receive(by, act.on),
            What::CreateEvent => self.create_event(by),
            What::CloseEvent => self.close_event(by, act.on),
            What::SetEvent => self.set_event(by, act),
            What::EventSelect => self.event_select(by, act),
            What::Enumerate => self.enumerate(by, act),
            What::CreateWindow => self.create_window(by),
            What::DestroyWindow => self.destroy_window(by, act.on),
            What::AsyncSelect => self.async_select(by, act),
            What::TakeMessage => self.take_message(by, act.on),
            What::CopyHandle => self.copy_handle(by, act),
            What::SetInheritable => self.set_inheritable(by, act),
            What::CloseHandle => self.close_handle(by, act.on),
        }
    }
}

/// Which things acts mean.
impl Pair {
    /// A number from a list of a process; now and then one that stands for nothing. `None` if the machine has given
    /// the number to a provider's own handle since its client lost it: no client could tell what it does then.
    fn pick(&self, process: usize, list: &[Number], index: u8) -> Option<Number> {
        let picked = match index {
            255 => JUNK,
            _ if list.is_empty() => JUNK,
            _ => list[usize::from(index) % list.len()],
        };
        let handles = &self.world.process(incarnation(process))?.handles;
        let internal = handles.get(Handle(picked)).is_some() && !self.reference.knows(process, picked);
        (!internal).then_some(picked)
    }

    fn socket_of(&self, process: usize, index: u8) -> Option<Number> {
        self.pick(process, &self.clients[process].sockets, index)
    }

    fn event_of(&self, process: usize, index: u8) -> Option<Number> {
        self.pick(process, &self.clients[process].events, index)
    }

    fn handle_of(&self, process: usize, index: u8) -> Option<Number> {
        let all: Vec<Number> = self.clients[process].handles().collect();
        self.pick(process, &all, index)
    }

    fn window_of(&self, process: usize, index: u8) -> u32 {
        let windows = &self.clients[process].windows;
        if windows.is_empty() { 9 } else { windows[usize::from(index) % windows.len()] }
    }

    /// A process id: of a process, dead or alive, or of nobody.
    fn id_of(&self, index: u8) -> ProcessId {
        match index {
            255 => ProcessId(123_412_341),
            254 => ProcessId(0),
            _ => self.id(usize::from(index) % self.clients.len()),
        }
    }

    /// Who acts: one of those that can, or, by a larger index, anybody. Every other block is opened by the process it
    /// was made for.
    fn process_of(&self, act: Act) -> usize {
        let by = usize::from(act.by);
        let running = |&process: &usize| self.reference.state(process) == Running::Yes;
        let able: Vec<usize> = (0..self.clients.len()).filter(running).collect();
        let target = match self.block(act.on) {
            Some(block) if act.what == What::Open && act.how % 2 == 0 => self.reference.position(block.target.0),
            _ => None,
        };
        match target {
            Some(target) => target,
            None if able.is_empty() || by >= PROCESSES => by % self.clients.len(),
            None => able[by % able.len()],
        }
    }

    fn block(&self, index: u8) -> Option<&Travelling> {
        if self.blocks.is_empty() { None } else { self.blocks.get(usize::from(index) % self.blocks.len()) }
    }

    /// How many handle numbers an open finds: as many as it likes, or none, or one.
    fn room_for_open(&mut self, process: usize, how: u8) -> Option<u32> {
        let room = match how % 8 {
            6 => 0,
            7 => 1,
            _ => return None,
        };
        let held = self.world.process(incarnation(process)).map_or(0, |process| process.handles.len());
        let handles = Some(held as u32 + room);
        let _ = self.step(Op::LimitHandles { process: incarnation(process), handles });
        Some(room)
    }

    fn give_room(&mut self, process: usize) {
        let _ = self.step(Op::LimitHandles { process: incarnation(process), handles: None });
    }
}

/// Processes.
impl Pair {
    fn start_act(&mut self, act: Act) -> Played {
        if self.clients.len() == PROCESSES {
            return Ok(());
        }
        let (reuse, suspended, with_winsock) = (act.how % 2 == 1, act.how % 8 >= 6, act.how % 16 < 8);
        self.start(reuse.then(|| self.reused_id(act.with)), suspended)?;
        let process = self.clients.len() - 1;
        if with_winsock && self.reference.state(process) == Running::Yes { self.startup(process) } else { Ok(()) }
    }

    /// The id of an ended process, if there is one.
    fn reused_id(&self, index: u8) -> ProcessId {
        let ended = |&process: &usize| self.reference.state(process) == Running::Ended;
        let ended: Vec<usize> = (0..self.clients.len()).filter(ended).collect();
        if ended.is_empty() { self.id_of(index) } else { self.id(ended[usize::from(index) % ended.len()]) }
    }

    pub(super) fn start(&mut self, id: Option<ProcessId>, suspended: bool) -> Played {
        match self.step(Op::StartProcess { id, suspended, program: Program::default() }) {
            Ok(Outcome::Started(process, id)) => {
                agree("the incarnation", process, incarnation(self.clients.len()))?;
                if !self.reference.id_is_free(id.0) {
                    return Err(format!("process id {} is in use", id.0));
                }
                self.reference.start(id.0, suspended);
                self.clients.push(super::Client::default());
                Ok(())
            }
            other => {
                let free = id.is_none_or(|id| self.reference.id_is_free(id.0));
                agree("the start of a process", (other, free), (Err(Rejection::IdInUse), false))
            }
        }
    }

    fn end(&mut self, process: usize, how: u8) -> Played {
        if how % 3 == 0 {
            let expected = match self.reference.state(process) {
                Running::Ended => Err(Rejection::NoProcess),
                _ => Ok(Outcome::Done),
            };
            let outcome = self.step(Op::Kill { process: incarnation(process) });
            agree("the end of a process", outcome, expected)?;
        } else if self.can_act(process)? {
            let id = self.id(process);
            let call = if how % 3 == 1 { OsCall::ExitProcess } else { OsCall::TerminateProcess { process: id } };
            agree("the end of a process", self.os(process, call)?.is_ok(), true)?;
        } else {
            return Ok(());
        }
        if self.reference.state(process) != Running::Ended {
            self.reference.end(process);
        }
        Ok(())
    }

    fn create_process(&mut self, by: usize, how: u8) -> Played {
        if self.clients.len() == PROCESSES {
            return Ok(());
        }
        let (inherit, suspended) = (how % 2 == 0, how % 8 >= 6);
        match self.os(by, OsCall::CreateProcess { suspended, inherit, id: None, program: ProgramChange::default() })? {
            Ok(Value::Process { id, .. }) => {
                self.reference.create_process(by, id.0, inherit, suspended);
                self.compare_inherited(by)?;
                // A child is told the numbers its parent knows.
                let parent = self.clients[by].clone();
                self.clients.push(super::Client { windows: Vec::new(), ..parent });
                Ok(())
            }
            other => Err(format!("CreateProcess gave {other:?}")),
        }
    }

    /// The newest process has got its parent's numbers, those that are inheritable and no others.
    fn compare_inherited(&self, parent: usize) -> Played {
        let child = self.clients.len();
        let handles = &self.world.process(incarnation(child)).ok_or("no child")?.handles;
        for (number, _) in self.reference.numbers(parent) {
            let inherited = handles.get(Handle(number)).is_some();
            agree("whether a handle was inherited", inherited, self.reference.knows(child, number))?;
        }
        Ok(())
    }

    fn resume(&mut self, by: usize, with: u8) -> Played {
        let process = self.id_of(with);
        let answer = self.os(by, OsCall::ResumeProcess { process })?;
        agree("ResumeThread", done(answer), self.reference.resume(process.0))
    }

    fn open_process(&mut self, by: usize, with: u8) -> Played {
        let process = self.id_of(with);
        let answer = self.os(by, OsCall::OpenProcess { process })?;
        let chosen = number(&answer);
        self.clients[by].others.extend(chosen);
        agree("OpenProcess", done(answer), self.reference.open_process(by, process.0, chosen).map(|_| ()))
    }

    pub(super) fn startup(&mut self, by: usize) -> Played {
        let answer = self.api(by, ApiCall::Startup { version: V2_2 })?;
        agree("WSAStartup", done(answer), self.reference.startup(by))
    }

    fn cleanup(&mut self, by: usize) -> Played {
        let answer = self.api(by, ApiCall::Cleanup)?;
        agree("WSACleanup", done(answer), self.reference.cleanup(by))
    }
}

/// Sockets and blocks.
impl Pair {
    fn socket(&mut self, by: usize, how: u8) -> Played {
        let (stream, no_inherit) = (how % 2 == 0, how / 2 % 4 == 3);
        let room = self.room_for_open(by, how / 8);
        let answer = self.spi(by, calls::socket(stream, no_inherit))?;
        self.give_room(by);
        let chosen = number(&answer);
        chosen.iter().for_each(|&number| note(&mut self.clients[by].sockets, number));
        agree("WSPSocket", done(answer), self.reference.socket(by, stream, !no_inherit, room, chosen).map(|_| ()))
    }

    fn duplicate(&mut self, by: usize, act: Act) -> Played {
        let Some(s) = self.socket_of(by, act.on) else { return Ok(()) };
        let (process, out, ansi) = (self.id_of(act.with), act.how != 255, act.how % 4 == 3);
        let answer = if ansi {
            self.api(by, ApiCall::DuplicateSocketA { s: Handle(s), process, out })?
        } else {
            let info = out.then(|| self.world.machine().blank.clone());
            self.spi(by, SpiCall::DuplicateSocket { s: Handle(s), process, info })?
        };
        let expected = self.reference.duplicate(by, s, process.0, out);
        let block = match &answer {
            Ok(Value::Spi(SpiReturn::Info(info))) => Some(info.clone()),
            Ok(Value::InfoA(info)) => Some(Info::new((&**info).into())),
            _ => None,
        };
        if let (Some(block), Ok(position)) = (block, expected) {
            self.blocks.push(Travelling { info: block, position, target: process });
        }
        agree("WSPDuplicateSocket", done(answer), expected.map(|_| ()))
    }

    fn open(&mut self, by: usize, act: Act) -> Played {
        let Some(Travelling { info, position, .. }) = self.block(act.on).cloned() else { return Ok(()) };
        let (no_inherit, contradicts, ansi) = (act.with % 4 == 3, act.with % 16 == 8, act.with % 32 >= 24);
        let room = self.room_for_open(by, act.how / 2);
        let (af, kind, protocol) = calls::triple(contradicts);
        let flags = calls::flags(no_inherit);
        let answer = if ansi {
            let info = Some(BlockA::Info(Box::new(info.ansi())));
            self.api(by, ApiCall::SocketA { af, kind, protocol, info, group: 0, flags })?
        } else {
            self.spi(by, SpiCall::Socket { af, kind, protocol, info: Some(Block::Info(info)), group: 0, flags })?
        };
        self.give_room(by);
        let chosen = number(&answer);
        let expected = self.reference.open(by, position, Opening { no_inherit, contradicts, room }, chosen);
        chosen.iter().for_each(|&number| note(&mut self.clients[by].sockets, number));
        agree("WSPSocket with a block", answer.map(|_| chosen.unwrap_or(0)), expected)
    }

    /// What has been altered is refused, and the block itself is as good as before.
    fn open_altered(&mut self, by: usize, act: Act) -> Played {
        let Some(block) = self.block(act.on) else { return Ok(()) };
        let info = calls::altered(&block.info, act.how);
        let (af, kind, protocol) = calls::triple(false);
        let flags = calls::flags(false);
        let answer =
            self.spi(by, SpiCall::Socket { af, kind, protocol, info: Some(Block::Info(info)), group: 0, flags })?;
        agree(
            "WSPSocket with an altered block",
            done(answer),
            self.reference.open_altered(by, matches!(act.how % 4, 0 | 3)),
        )
    }

    fn close(&mut self, by: usize, on: u8) -> Played {
        let Some(s) = self.socket_of(by, on) else { return Ok(()) };
        let answer = self.spi(by, SpiCall::CloseSocket { s: Handle(s) })?;
        agree("WSPCloseSocket", done(answer), self.reference.close(by, s))
    }

    fn set_option(&mut self, by: usize, act: Act) -> Played {
        let Some(s) = self.socket_of(by, act.on) else { return Ok(()) };
        let option = SocketOption::ALL[usize::from(act.with) % SocketOption::ALL.len()];
        let value = match option.name {
            "SO_RCVBUF" => [4096 * (1 + u32::from(act.how % 8)), 0],
            "SO_LINGER" => [u32::from(act.how % 2), u32::from(act.how)],
            _ => [u32::from(act.how % 3), 0],
        };
        let answer = self.spi(by, calls::set_option(s, option, value))?;
        agree(option.name, done(answer), self.reference.set_option(by, s, option, value))
    }

    fn get_option(&mut self, by: usize, act: Act) -> Played {
        let Some(s) = self.socket_of(by, act.on) else { return Ok(()) };
        let option = SocketOption::ALL[usize::from(act.with) % SocketOption::ALL.len()];
        let answer = self.spi(by, calls::get_option(s, option))?;
        let value = answer.map(|value| match value {
            Value::Spi(SpiReturn::Bytes(bytes)) => calls::option_value(option, &bytes),
            _ => [u32::MAX; 2],
        });
        agree(option.name, value, self.reference.get_option(by, s, option))
    }

    fn set_mode(&mut self, by: usize, act: Act) -> Played {
        let Some(s) = self.socket_of(by, act.on) else { return Ok(()) };
        let nonblocking = act.how % 2 == 1;
        let answer = self.spi(by, calls::fionbio(s, nonblocking))?;
        agree("FIONBIO", done(answer), self.reference.set_mode(by, s, nonblocking))
    }

    fn bind(&mut self, by: usize, act: Act) -> Played {
        let Some(s) = self.socket_of(by, act.on) else { return Ok(()) };
        let (wildcard, port) = (act.how % 2 == 1, PORTS[usize::from(act.how / 2 % 2)]);
        let answer = done(self.spi(by, calls::bind(s, wildcard, port))?);
        match (answer, self.reference.bind(by, s, wildcard, port)) {
            (Ok(()), Ok(())) => Ok(()),
            (Err(error), Err(errors)) if errors.contains(&error) => Ok(()),
            (machine, reference) => Err(format!("WSPBind: the machine says {machine:?}, the reference {reference:?}")),
        }
    }

    fn listen(&mut self, by: usize, on: u8) -> Played {
        let Some(s) = self.socket_of(by, on) else { return Ok(()) };
        let answer = self.spi(by, SpiCall::Listen { s: Handle(s), backlog: 5 })?;
        agree("WSPListen", done(answer), self.reference.listen(by, s))
    }

    fn send_to(&mut self, by: usize, act: Act) -> Played {
        let Some(s) = self.socket_of(by, act.on) else { return Ok(()) };
        let port = PORTS[usize::from(act.with) % PORTS.len()];
        if self.reference.receivers(port) > 1 {
            return Ok(());
        }
        let answer = self.spi(by, calls::send_to(s, port, act.how))?;
        agree("WSPSendTo", done(answer), self.reference.send_to(by, s, port, act.how))
    }

    /// A receive that waits is tried on a copy of the machine: its thread would be lost to the comparison.
    fn receive(&mut self, by: usize, on: u8) -> Played {
        let Some(s) = self.socket_of(by, on) else { return Ok(()) };
        let op = Op::Call { thread: first_thread(by), call: wspsim::abi::client::Call::Spi(calls::receive(s)) };
        let expected = self.reference.receive(by, s);
        if expected == Ok(Receipt::Waits) {
            let outcome = self.world.clone().step(op, &mut wspsim::world::log::Log::off());
            return agree("a receive that waits", outcome, Ok(Outcome::Parked));
        }
        let answer = self.spi(by, calls::receive(s))?.map(|value| match value {
            Value::Spi(SpiReturn::Received(received)) if received.data.len() == 1 => Receipt::Byte(received.data[0]),
            _ => Receipt::Waits,
        });
        agree("WSPRecv", answer, expected)
    }
}

/// Events, windows, handles.
impl Pair {
    fn create_event(&mut self, by: usize) -> Played {
        let answer = self.api(by, ApiCall::CreateEvent)?;
        let chosen = number(&answer);
        chosen.iter().for_each(|&number| note(&mut self.clients[by].events, number));
        agree("WSACreateEvent", done(answer), self.reference.create_event(by, chosen).map(|_| ()))
    }

    fn close_event(&mut self, by: usize, on: u8) -> Played {
        let Some(event) = self.event_of(by, on) else { return Ok(()) };
        let answer = self.api(by, ApiCall::CloseEvent { event: Handle(event) })?;
        agree("WSACloseEvent", done(answer), self.reference.close_event(by, event))
    }

    fn set_event(&mut self, by: usize, act: Act) -> Played {
        let Some(event) = self.event_of(by, act.on) else { return Ok(()) };
        let signalled = act.how % 4 == 0;
        let handle = Handle(event);
        let call = if signalled { ApiCall::SetEvent { event: handle } } else { ApiCall::ResetEvent { event: handle } };
        let answer = self.api(by, call)?;
        agree("WSASetEvent, WSAResetEvent", done(answer), self.reference.set_event(by, event, signalled))
    }

    fn event_select(&mut self, by: usize, act: Act) -> Played {
        let (Some(s), Some(event)) = (self.socket_of(by, act.on), self.event_of(by, act.with)) else { return Ok(()) };
        let mask = MASKS[usize::from(act.how) % MASKS.len()];
        let answer = self.spi(by, calls::event_select(s, event, mask))?;
        agree("WSPEventSelect", done(answer), self.reference.event_select(by, s, event, mask))
    }

    fn enumerate(&mut self, by: usize, act: Act) -> Played {
        let (Some(s), Some(event)) = (self.socket_of(by, act.on), self.event_of(by, act.with)) else { return Ok(()) };
        let event = (act.how % 4 != 0).then_some(event);
        let handle = event.map_or(Handle::NULL, Handle);
        let answer = self.spi(by, SpiCall::EnumNetworkEvents { s: Handle(s), event: handle, out: Some(0) })?;
        let record = answer.map(|value| match value {
            Value::Spi(SpiReturn::Events(record)) => record.events.bits(),
            _ => u32::MAX,
        });
        agree("WSPEnumNetworkEvents", record, self.reference.enumerate(by, s, event))
    }

    fn create_window(&mut self, by: usize) -> Played {
        match self.os(by, OsCall::CreateWindow)? {
            Ok(Value::Window(Window(window))) => {
                self.reference.create_window(by, window);
                self.clients[by].windows.push(window);
                Ok(())
            }
            other => Err(format!("CreateWindow gave {other:?}")),
        }
    }

    fn destroy_window(&mut self, by: usize, on: u8) -> Played {
        let window = self.window_of(by, on);
        let answer = self.os(by, OsCall::DestroyWindow { window: Window(window) })?;
        agree("DestroyWindow", done(answer), self.reference.destroy_window(by, window))
    }

    fn async_select(&mut self, by: usize, act: Act) -> Played {
        let Some(s) = self.socket_of(by, act.on) else { return Ok(()) };
        let (window, message) = (self.window_of(by, act.with), 0x400 + u32::from(act.how));
        let mask = MASKS[usize::from(act.how) % MASKS.len()];
        let answer = self.spi(by, calls::async_select(s, window, message, mask))?;
        agree("WSPAsyncSelect", done(answer), self.reference.async_select(by, s, window, message, mask))
    }

    fn take_message(&mut self, by: usize, on: u8) -> Played {
        let window = self.window_of(by, on);
        let answer = self.os(by, OsCall::GetMessage { window: Window(window), wait: false })?;
        let message = answer.map(|value| match value {
            Value::WindowMessage(message) => message.map(|message| plain(&message)),
            _ => None,
        });
        let expected = self.reference.take_message(by, window);
        if self.windows_blurred { Ok(()) } else { agree("PeekMessage", message, expected) }
    }

    fn copy_handle(&mut self, by: usize, act: Act) -> Played {
        let Some(handle) = self.handle_of(by, act.on) else { return Ok(()) };
        let (target, inheritable) = (self.id_of(act.with), act.how % 2 == 1);
        let answer = self.os(by, OsCall::DuplicateHandle { handle: Handle(handle), target, inheritable })?;
        let chosen = number(&answer);
        let to = self.reference.position(target.0);
        let expected = self.reference.copy_handle(by, handle, target.0, inheritable, chosen);
        if let (Some(number), Some(to)) = (chosen, to) {
            let is_event = self.clients[by].events.contains(&handle);
            let client = &mut self.clients[to];
            note(if is_event { &mut client.events } else { &mut client.sockets }, number);
        }
        agree("DuplicateHandle", done(answer), expected.map(|_| ()))
    }

    fn set_inheritable(&mut self, by: usize, act: Act) -> Played {
        let Some(handle) = self.handle_of(by, act.on) else { return Ok(()) };
        let inheritable = act.how % 2 == 1;
        let answer = self.os(by, OsCall::SetHandleInformation { handle: Handle(handle), inheritable })?;
        agree("SetHandleInformation", done(answer), self.reference.set_inheritable(by, handle, inheritable))
    }

    fn close_handle(&mut self, by: usize, on: u8) -> Played {
        let Some(handle) = self.handle_of(by, on) else { return Ok(()) };
        if !self.reference.may_close_as_handle(by, handle) {
            return Ok(());
        }
        let answer = self.os(by, OsCall::CloseHandle { handle: Handle(handle) })?;
        agree("CloseHandle", done(answer), self.reference.close_handle(by, handle))
    }
}

pub(super) fn plain(message: &WindowMessage) -> Message {
    Message { message: message.message, socket: message.socket.0, event: message.event.bits() }
}
