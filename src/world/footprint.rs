//! What an op may read and change: its footprint.
//!
//! Two ops of different threads whose footprints do not conflict can happen in either order: what they give and the
//! world they leave is the same, numbers apart (see [`canonical`](super::canonical)). Whoever explores orders needs
//! only one of the two. A footprint is computed from the op and the world before it, and is rather too large than too
//! small: what is not worked out here conflicts with everything.
//!
//! A shared socket never comes alone. Its peer, the listener it queues at, the requests in its own queue, and whoever
//! hears of its events and completions come with it.

use super::World;
use super::afd::{Io, SharedSocket, Target};
use super::border::{Border, Paused, Reach};
use super::frame::{Frame, Until};
use super::handles::Object;
use super::ids::{EventId, Handle, Incarnation, PortId, ProcessId, SocketId, ThreadId};
use super::op::Op;
use super::policy::{FailedOpen, TokenPlace, WakeOrder};
use crate::abi::client::{ApiCall, Call, OsCall};
use crate::abi::{Block, FdSet, Ioctl, SockOpt, SpiCall};

/// Something that ops have in common. The number means nothing outside of one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId(u64);

impl ObjectId {
    /// What it is, as far as two objects of one kind are told apart by their numbers alone.
    #[must_use]
    pub const fn kind(self) -> ObjectKind {
        match self.0 >> 32 {
            PROCESS => ObjectKind::Process,
            SOCKET => ObjectKind::Socket,
            EVENT => ObjectKind::Event,
            PORT => ObjectKind::Port,
            TOKEN => ObjectKind::Duplication,
            _ => ObjectKind::Machine,
        }
    }

    /// Its number among its kind.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A process with its threads, handles and providers.
    Process,
    /// A shared socket.
    Socket,
    /// An event object.
    Event,
    /// A completion port.
    Port,
    /// A pending duplication.
    Duplication,
    /// Something there is one of.
    Machine,
}

/// What an op does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Looks at it.
    Read,
    /// Changes it, or looks at it and may change it.
    Write,
}

/// The objects an op may touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    objects: Vec<(ObjectId, Access)>,
    /// Any shared socket.
    all_sockets: bool,
    /// Anything at all.
    everything: bool,
}

const PROCESS: u64 = 1;
const SOCKET: u64 = 2;
const EVENT: u64 = 3;
const PORT: u64 = 4;
const TOKEN: u64 = 5;
const SINGLE: u64 = 6;

/// Who is bound where.
const NAMES: ObjectId = ObjectId(SINGLE << 32);
/// How many processes use Winsock.
const CLIENTS: ObjectId = ObjectId(SINGLE << 32 | 1);

/// Sockets that must still fit into the machine for creating one to concern nobody else.
const ROOM_FOR_ALL: usize = 64;

impl Footprint {
    /// What conflicts with every other footprint.
    #[must_use]
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Whether the order of two ops may matter.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        if self.everything || other.everything {
            return true;
        }
        if (self.all_sockets && other.names_sockets()) || (other.all_sockets && self.names_sockets()) {
            return true;
        }
        self.objects.iter().any(|&(object, access)| {
            let both = other.objects.iter().find(|&&(theirs, _)| theirs == object);
            both.is_some_and(|&(_, theirs)| access == Access::Write || theirs == Access::Write)
        })
    }

    /// The objects it names, each once.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectId, Access)> + '_ {
        self.objects.iter().copied()
    }

    /// Whether it may touch any shared socket, beside the objects it names.
    #[must_use]
    pub fn touches_all_sockets(&self) -> bool {
        self.all_sockets
    }

    /// Whether it may touch anything at all.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    fn names_sockets(&self) -> bool {
        self.all_sockets || self.objects.iter().any(|(object, _)| object.0 >> 32 == SOCKET)
    }

    fn add(&mut self, object: ObjectId, access: Access) {
        match self.objects.iter_mut().find(|(known, _)| *known == object) {
            Some((_, known)) if access == Access::Write => *known = access,
            Some(_) => {}
            None => self.objects.push((object, access)),
        }
    }

    fn write(&mut self, kind: u64, number: u32) {
        self.add(ObjectId(kind << 32 | u64::from(number)), Access::Write);
    }

    fn process(&mut self, process: Incarnation) {
        self.write(PROCESS, process.0);
    }

    fn event(&mut self, event: EventId) {
        self.write(EVENT, event.0);
    }

    fn port(&mut self, port: PortId) {
        self.write(PORT, port.0);
    }

    /// Whether it was not there before.
    fn socket(&mut self, socket: SocketId) -> bool {
        let before = self.objects.len();
        self.write(SOCKET, socket.0);
        self.objects.len() > before
    }
}

/// Whether a call looks at more than its own descriptor on its way: what it waits for, or what it will tell of its end.
fn is_of_many(call: &SpiCall) -> bool {
    call.overlapped().is_some() || matches!(call, SpiCall::Select { .. } | SpiCall::CancelBlockingCall)
}

impl World {
    /// What an op may read and change now.
    #[must_use]
    pub fn footprint(&self, op: &Op) -> Footprint {
        let mut print = Footprint::default();
        let known = !self.order_is_counted()
            && match op {
                Op::Call { thread, call } => self.of_call(*thread, call, &mut print).is_some(),
                Op::Run { thread } => self.of_run(*thread, &mut print).is_some(),
                Op::ToBorder(op) => self.of_frame(op, &mut print).is_some(),
                _ => false,
            };
        if known { print } else { Footprint::everything() }
    }

    /// Whether something on this machine counts calls of all threads together, or a provider does what nobody works out.
    fn order_is_counted(&self) -> bool {
        !self.machine.is_faithful()
            || self.machine.keeps_tokens()
            || self.machine.policies().wake_order != WakeOrder::Any
            || self.faults.counts_calls()
            || self.afd.has_links()
            || self.afd.len() + ROOM_FOR_ALL > self.machine.platform.limits.sockets as usize
    }

    fn of_call(&self, thread: ThreadId, call: &Call, print: &mut Footprint) -> Option<()> {
        let process = thread.process;
        print.process(process);
        if !self.thread(thread)?.frames.is_empty() {
            return None;
        }
        match call {
            Call::Spi(call) => self.of_spi(process, call, print),
            Call::Api(call) => self.of_api(process, call, print),
            // Everybody who starts Winsock or waits for a change sees it.
            Call::Catalog(_) => None,
            Call::Os(call) => self.of_os(process, call, print),
        }
    }

    /// One frame of a call.
    fn of_frame(&self, op: &Op, print: &mut Footprint) -> Option<()> {
        match op {
            // ws2_32 looks the provider up, and in its own process only.
            Op::Call { thread, call: Call::Spi(call) } if !is_of_many(call) && self.has_started(thread.process) => {
                print.process(thread.process);
                self.thread(*thread)?.frames.is_empty().then_some(())
            }
            Op::Call { thread, call } => self.of_call(*thread, call, print),
            Op::Run { thread } => match &self.thread(*thread)?.paused {
                Some(paused) => {
                    print.process(thread.process);
                    self.of_paused(thread.process, paused, Reach::Border, print)
                }
                None => self.of_run(*thread, print),
            },
            _ => None,
        }
    }

    /// A paused call goes on.
    fn of_paused(&self, process: Incarnation, paused: &Paused, reach: Reach, print: &mut Footprint) -> Option<()> {
        let whole = reach == Reach::Whole || self.machine.policies().failed_open == FailedOpen::NeverConsumed;
        match paused.at {
            Border::Over(_) => Some(()),
            // Who gets the answer keeps books of its own process.
            Border::Answer | Border::AnswerAtOnce(..) if !whole && !is_of_many(&paused.call) => Some(()),
            _ => self.of_spi(process, &paused.call, print),
        }
    }

    /// Whether a provider has been started in a process: the first start looks at all processes.
    fn has_started(&self, process: Incarnation) -> bool {
        self.process(process).is_some_and(|process| !process.client.started.is_empty())
    }

    fn of_spi(&self, process: Incarnation, call: &SpiCall, print: &mut Footprint) -> Option<()> {
        if !self.has_started(process) {
            print.add(CLIENTS, Access::Write);
        }
        match call {
            SpiCall::Socket { info, .. } => self.of_open(info.as_ref(), print),
            SpiCall::DuplicateSocket { s, process: target, .. } => {
                self.read_process(*target, print);
                self.of_handle(process, *s, print)
            }
            SpiCall::Send { s, .. } => {
                if self.is_datagram(process, *s) {
                    print.all_sockets = true;
                    print.add(NAMES, Access::Write);
                }
                self.of_handle(process, *s, print)
            }
            SpiCall::Bind { s, .. } | SpiCall::Listen { s, .. } => {
                print.add(NAMES, Access::Write);
                self.of_handle(process, *s, print)
            }
            // The value names another socket.
            SpiCall::SetSockOpt { option, .. } if *option == SockOpt::UpdateAcceptContext.row().number => None,
            SpiCall::Connect { s, .. } | SpiCall::SendTo { s, .. } => {
                print.add(NAMES, Access::Write);
                print.all_sockets = true;
                self.of_handle(process, *s, print)
            }
            SpiCall::EventSelect { s, event, .. } | SpiCall::EnumNetworkEvents { s, event, .. } => {
                self.of_event(process, *event, print);
                self.of_handle(process, *s, print)
            }
            SpiCall::CloseSocket { s }
            | SpiCall::Accept { s, condition: None, .. }
            | SpiCall::Recv { s, .. }
            | SpiCall::RecvFrom { s, .. }
            | SpiCall::Shutdown { s, .. }
            | SpiCall::GetSockOpt { s, .. }
            | SpiCall::SetSockOpt { s, .. }
            | SpiCall::GetSockName { s, .. }
            | SpiCall::GetPeerName { s, .. }
            | SpiCall::AsyncSelect { s, .. } => self.of_handle(process, *s, print),
            SpiCall::Ioctl { s, code, .. } => {
                let own = matches!(Ioctl::lookup(*code), Some(Ioctl::Fionbio | Ioctl::Fionread | Ioctl::SiocAtMark));
                own.then(|| self.of_handle(process, *s, print))?
            }
            SpiCall::Select { sets, .. } => {
                for set in sets.iter() {
                    let FdSet::Of(sockets) = set else { continue };
                    for &s in sockets.iter() {
                        self.of_handle(process, s, print)?;
                    }
                }
                Some(())
            }
            SpiCall::AddressToString { .. } | SpiCall::StringToAddress { .. } => Some(()),
            _ => None,
        }
    }

    fn of_api(&self, process: Incarnation, call: &ApiCall, print: &mut Footprint) -> Option<()> {
        match call {
            ApiCall::Startup { .. } => print.add(CLIENTS, Access::Write),
            ApiCall::GetLastError
            | ApiCall::SetLastError { .. }
            | ApiCall::EnumProtocols { .. }
            | ApiCall::CreateEvent => {}
            ApiCall::SetEvent { event } | ApiCall::ResetEvent { event } => self.of_event(process, *event, print),
            ApiCall::WaitForMultipleEvents { events, alertable: false, .. } => {
                events.iter().for_each(|&event| self.of_event(process, event, print));
            }
            ApiCall::DuplicateSocketA { s, process: target, .. } => {
                self.read_process(*target, print);
                self.of_handle(process, *s, print)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn of_os(&self, process: Incarnation, call: &OsCall, print: &mut Footprint) -> Option<()> {
        match call {
            OsCall::GetCurrentProcessId
            | OsCall::CreateWindow
            | OsCall::GetMessage { .. }
            | OsCall::SetHandleInformation { .. }
            | OsCall::GetHandleInformation { .. }
            | OsCall::ReceiveMessage
            | OsCall::SleepEx { alertable: false, .. } => {}
            OsCall::SendMessage { to, .. } => {
                if let Some(to) = self.directory.living(*to) {
                    print.process(to);
                }
            }
            OsCall::GetQueuedCompletionStatus { port, .. } | OsCall::PostQueuedCompletionStatus { port, .. } => {
                if let Some(Object::Port(port)) = self.object(process, *port) {
                    print.port(port);
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// A parked call goes on.
    fn of_run(&self, thread: ThreadId, print: &mut Footprint) -> Option<()> {
        print.process(thread.process);
        let state = self.thread(thread)?;
        if let Some(paused) = &state.paused {
            return self.of_paused(thread.process, paused, Reach::Whole, print);
        }
        let one_wait = state.waits() == 1 && state.apcs.is_empty();
        let Frame { wait: Some(wait), .. } = state.frames.last().filter(|_| one_wait)? else { return None };
        match &wait.until {
            Until::Socket(socket, _) => {
                self.of_socket(*socket, print);
                let known = self.afd.socket(*socket);
                known.is_some_and(SharedSocket::has_connections).then_some(())?;
            }
            Until::Sockets(watched) => {
                watched.iter().filter_map(|watched| watched.socket).for_each(|socket| self.of_socket(socket, print));
            }
            Until::Message(_) | Until::Ipc | Until::Time => {}
            Until::Events { events, .. } => events.iter().for_each(|&event| print.event(event)),
            Until::Packet(port) => print.port(*port),
            Until::Callback | Until::CatalogChange(_) | Until::Alertable(_) | Until::Routine => return None,
        }
        Some(())
    }

    /// WSPSocket: a fresh one concerns nobody else, the opening of a block its socket.
    fn of_open(&self, info: Option<&Block>, print: &mut Footprint) -> Option<()> {
        let Some(Block::Info(info)) = info else { return Some(()) };
        if self.machine.policies().token_place != TokenPlace::ProviderReserved {
            return None;
        }
        if info.reserved() == 0 {
            return Some(());
        }
        let duplication = self.duplications.get(info.reserved())?;
        print.write(TOKEN, duplication.token);
        self.of_socket(duplication.socket, print);
        Some(())
    }

    /// A call on a handle. A number the process does not know concerns nobody else, unless providers have to be asked.
    fn of_handle(&self, process: Incarnation, handle: Handle, print: &mut Footprint) -> Option<()> {
        let entry = self.process(process)?.handles.get(handle);
        let Some(entry) = entry else { return Some(()) };
        entry.binding?;
        let socket = self.shared_socket(process, handle)?;
        self.of_socket(socket, print);
        Some(())
    }

    /// A shared socket with all that hangs on it. Each is entered once, so this ends.
    fn of_socket(&self, socket: SocketId, print: &mut Footprint) {
        if !print.socket(socket) {
            return;
        }
        let Some(state) = self.afd.socket(socket) else { return };
        if state.local().is_some() {
            print.add(NAMES, Access::Write);
        }
        for duplication in self.duplications.iter().filter(|duplication| duplication.socket == socket) {
            print.write(TOKEN, duplication.token);
        }
        match state.registration().map(|registration| registration.target) {
            Some(Target::Event(event)) => print.event(event),
            Some(Target::Window { process, .. }) => print.process(process),
            None => {}
        }
        for operation in state.io().into_iter().flat_map(Io::operations) {
            let process = operation.issuer.thread.process;
            print.process(process);
            self.of_event(process, operation.overlapped.event, print);
        }
        if let Some((port, _)) = self.afd.completion_port(socket) {
            print.port(port);
        }
        state.neighbours().for_each(|socket| self.of_socket(socket, print));
    }

    fn of_event(&self, process: Incarnation, event: Handle, print: &mut Footprint) {
        if let Some(Object::Event(event)) = self.object(process, event) {
            print.event(event);
        }
    }

    fn read_process(&self, id: ProcessId, print: &mut Footprint) {
        if let Some(process) = self.directory.living(id) {
            print.add(ObjectId(PROCESS << 32 | u64::from(process.0)), Access::Read);
        }
    }

    fn object(&self, process: Incarnation, handle: Handle) -> Option<Object> {
        Some(self.process(process)?.handles.get(handle)?.object)
    }

    fn is_datagram(&self, process: Incarnation, handle: Handle) -> bool {
        let socket = self.shared_socket(process, handle).and_then(|socket| self.afd.socket(socket));
        socket.is_some_and(|socket| !socket.has_connections())
    }
}
