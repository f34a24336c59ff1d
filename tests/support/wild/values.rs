//! Arguments: mostly sensible, sometimes at the edge, sometimes wrong.

use std::sync::Arc;

use wspsim::abi::{
    Bytes, Gather, Linger, MessageFlags, Name, Overlapped, Room, Routine, Scatter, SockAddr, SockOpt, SocketFlags,
    WsaError,
};
use wspsim::world::handles::Object;
use wspsim::world::ids::{Handle, ProcessId, Window};

use super::Wild;
use super::input::Input;

impl Wild<'_> {
    /// A descriptor of the calling process, mostly.
    pub fn descriptor(&mut self) -> Handle {
        self.handle(|object| matches!(object, Object::Socket(_) | Object::NonIfs))
    }

    /// An event of the calling process, mostly.
    pub fn event(&mut self) -> Handle {
        self.handle(|object| matches!(object, Object::Event(_)))
    }

    /// A completion port of the calling process, mostly.
    pub fn port(&mut self) -> Handle {
        self.handle(|object| matches!(object, Object::Port(_)))
    }

    /// Any handle of the calling process, mostly.
    pub fn any_handle(&mut self) -> Handle {
        self.handle(|_| true)
    }

    fn handle(&mut self, wanted: impl Fn(&Object) -> bool) -> Handle {
        let place = self.input.byte();
        match place {
            255 => return Handle::INVALID,
            254 => return Handle::NULL,
            253 => return Handle(0x101),
            240..=252 => return Handle(0x100 + 4 * u64::from(place - 240)),
            _ => {}
        }
        let Some(process) = self.world.process(self.who) else { return Handle::NULL };
        let fitting = || process.handles.iter().filter(|(_, entry)| wanted(&entry.object)).map(|(handle, _)| handle);
        match fitting().count() {
            0 => Handle(0x100),
            count => fitting().nth(usize::from(place) % count).unwrap_or(Handle::NULL),
        }
    }
}

impl Input<'_> {
    /// A process id: those given automatically, and others.
    pub fn process_id(&mut self) -> ProcessId {
        match self.byte() {
            255 => ProcessId(u32::MAX),
            254 => ProcessId(0),
            place => ProcessId(1000 + 4 * u32::from(place % 8)),
        }
    }

    pub fn window(&mut self) -> Window {
        match self.byte() {
            255 => Window(u32::MAX),
            254 => Window(0x8000_0000),
            place => Window(u32::from(place % 4)),
        }
    }

    pub fn error(&mut self) -> WsaError {
        self.pick(WsaError::ALL)
    }

    pub fn address(&mut self) -> SockAddr {
        let which = self.byte();
        let port = 7000 + u16::from(which >> 5 & 3) - u16::from(which >= 0xf0) * 7000;
        let v6 = |text: &str| SockAddr::v6(text.parse().expect("an address"), port);
        match which % 12 {
            0..=3 => SockAddr::v4([127, 0, 0, 1].into(), port),
            4 => SockAddr::v4([0, 0, 0, 0].into(), port),
            5 => SockAddr::v4([10, 0, 0, 1].into(), port),
            6 => SockAddr::v4([10, 0, 0, 9].into(), port),
            7 => SockAddr::v4([255, 255, 255, 255].into(), port),
            8 => SockAddr::v4([99, 9, 9, 9].into(), port),
            9 => v6("::1"),
            10 => v6(if which & 0x10 == 0 { "::" } else { "::ffff:127.0.0.1" }),
            _ => SockAddr::Other(u16::from(which >> 4)),
        }
    }

    pub fn name(&mut self) -> Name {
        let address = self.address();
        match self.byte() {
            255 => Name::Null,
            254 => Name::At { address, len: -1 },
            253 => Name::At { address, len: 15 },
            252 => Name::At { address, len: i32::MAX },
            _ => Name::of(address),
        }
    }

    pub fn room(&mut self) -> Room {
        match self.byte() {
            255 => None,
            254 => Some(0),
            253 => Some(15),
            252 => Some(u32::MAX),
            _ => Some(1024),
        }
    }

    pub fn data(&mut self) -> Gather {
        const TEXT: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
        match self.byte() {
            255 => Gather::Wild,
            254 => Gather::One(vec![b'x'; 70_000].into()),
            253 => Gather::Many([Arc::from(&TEXT[..3]), Arc::from(&TEXT[..0]), Arc::from(&TEXT[3..8])].into()),
            len => Gather::One(TEXT[..usize::from(len % 24)].into()),
        }
    }

    pub fn scatter(&mut self) -> Scatter {
        match self.byte() {
            255 => Scatter::Wild,
            254 => Scatter::One(u32::MAX),
            253 => Scatter::Many([1, 0, 5].into()),
            252 => Scatter::Many([u32::MAX, u32::MAX].into()),
            len => Scatter::One(u32::from(len % 24)),
        }
    }

    /// Flags of a send or receive, and whether it is overlapped.
    pub fn manner(&mut self) -> (MessageFlags, Option<Box<Overlapped>>) {
        let which = self.byte();
        match which {
            0..=119 => (MessageFlags::empty(), None),
            bits @ 120..=149 => {
                (MessageFlags::from_bits_retain(u32::from(bits & 0xf) | u32::from(bits & 0x10) << 11), None)
            }
            _ => (MessageFlags::empty(), Some(Box::new(self.overlapped(which)))),
        }
    }

    /// An overlapped structure: one of a few, so that they meet.
    fn overlapped(&mut self, which: u8) -> Overlapped {
        let (id, event) = (u32::from(which % 8), Handle(0x100 + 4 * u64::from(which / 8 % 4)));
        let routine = match self.byte() % 4 {
            0 => Some(Routine::Returns),
            1 => Some(Routine::Asks),
            _ => None,
        };
        Overlapped { id, event, routine, layer: None }
    }

    pub fn socket_flags(&mut self) -> SocketFlags {
        match self.byte() {
            0..=99 => SocketFlags::empty(),
            100..=199 => SocketFlags::OVERLAPPED,
            200..=229 => SocketFlags::OVERLAPPED | SocketFlags::NO_HANDLE_INHERIT,
            bits => SocketFlags::from_bits_retain(u32::from(bits) << 1),
        }
    }

    /// Level and number of an option, now and then of none.
    pub fn option(&mut self) -> (i32, i32) {
        const USUAL: &[SockOpt] = &[
            SockOpt::ReuseAddr,
            SockOpt::ExclusiveAddrUse,
            SockOpt::Linger,
            SockOpt::DontLinger,
            SockOpt::RcvBuf,
            SockOpt::SndBuf,
            SockOpt::RcvTimeo,
            SockOpt::SndTimeo,
            SockOpt::Error,
            SockOpt::ConditionalAccept,
            SockOpt::KeepAlive,
            SockOpt::ProtocolInfoW,
            SockOpt::Ipv6V6Only,
            SockOpt::Broadcast,
        ];
        let option = match self.byte() {
            255 => return (self.word() as i32, self.word() as i32),
            place @ 0..=199 => USUAL[usize::from(place) % USUAL.len()],
            place => SockOpt::ALL[(usize::from(place) + usize::from(self.byte())) % SockOpt::ALL.len()],
        };
        (option.row().level, option.row().number)
    }

    pub fn bytes(&mut self) -> Option<Bytes> {
        Some(match self.byte() {
            255 => return None,
            254 => Bytes::EMPTY,
            253 => Bytes::of(&[1, 2]),
            252 => Bytes::of(&[0xff; 40]),
            251 => Bytes::word(self.word()),
            value @ 200..=250 => Bytes::of(&Linger { onoff: 1, seconds: u16::from(value - 200) }.encode()),
            value => Bytes::word(u32::from(value % 64)),
        })
    }
}
