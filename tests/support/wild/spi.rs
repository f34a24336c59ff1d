//! Calls into a provider.

use std::sync::Arc;

use wspsim::abi::consts::{AF_INET, AF_INET6, FROM_PROTOCOL_INFO, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM};
use wspsim::abi::{Block, Condition, ConnectExtras, FdSet, Info, Ioctl, NetworkEvents, SelectTimeout, SpiCall};
use wspsim::world::ids::Handle;

use super::Wild;
use super::input::Input;

impl Wild<'_> {
    /// A call that goes down into a provider.
    pub(super) fn spi(&mut self) -> SpiCall {
        let which = self.input.byte();
        match which {
            0..=31 => return self.socket(),
            56..=89 => return self.open(),
            _ => {}
        }
        let s = self.descriptor();
        match which {
            32..=55 => self.duplicate(s),
            90..=139 => connecting(which, s, &mut self.input),
            140..=189 => moving(which, s, &mut self.input),
            190..=219 => setting(which, s, &mut self.input),
            220..=243 => self.notifying(which, s),
            _ => self.rare(which, s),
        }
    }

    fn socket(&mut self) -> SpiCall {
        let input = &mut self.input;
        let (af, kind) = match input.byte() {
            0..=99 => (AF_INET, SOCK_STREAM),
            100..=119 => (AF_INET, SOCK_SEQPACKET),
            120..=199 => (AF_INET, SOCK_DGRAM),
            200..=219 => (AF_INET6, SOCK_STREAM),
            220..=239 => (AF_INET6, SOCK_DGRAM),
            other => (i32::from(other % 4) - 1, i32::from(other / 4 % 4) - 1),
        };
        let protocol = input.pick(&[0, 0, 0, 0, 0, 6, 17, -1]);
        let flags = input.socket_flags();
        let (info, group) = match input.byte() {
            240..=247 => (self.known_block(), 0),
            248..=255 => (None, 1),
            _ => (None, 0),
        };
        SpiCall::Socket { af, kind, protocol, info, group, flags }
    }

    fn duplicate(&mut self, s: Handle) -> SpiCall {
        let process = self.input.process_id();
        let info = match self.input.byte() {
            255 => None,
            250..=254 => self.blocks.first().cloned(),
            _ => Some(self.world.machine().blank.clone()),
        };
        SpiCall::DuplicateSocket { s, process, info }
    }

    /// A block as it came, mostly; with family and type from it, mostly.
    fn open(&mut self) -> SpiCall {
        let info = self.known_block();
        let flags = self.input.socket_flags();
        let (af, kind) = match self.input.byte() {
            255 => (AF_INET, SOCK_DGRAM),
            254 => (AF_INET6, SOCK_STREAM),
            253 => (0, 0),
            _ => (FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO),
        };
        SpiCall::Socket { af, kind, protocol: FROM_PROTOCOL_INFO, info, group: 0, flags }
    }

    pub(super) fn known_block(&mut self) -> Option<Block> {
        let which = self.input.byte();
        if which == 255 {
            return Some(Block::WrongLength(u32::from(self.input.byte())));
        }
        let block = self.blocks.get(usize::from(which) % self.blocks.len().max(1)).cloned()?;
        Some(Block::Info(if which >= 240 { self.altered(block) } else { block }))
    }

    fn altered(&mut self, mut block: Info) -> Info {
        let value = u32::from(self.input.byte());
        match value % 5 {
            0 => return block.with_reserved(self.input.word()),
            1 => return block.with_reserved(block.reserved() ^ 1 << (value / 5 % 32)),
            2 => block.edit(|fields| fields.catalog_entry_id = value),
            3 => block.edit(|fields| fields.socket_type ^= 3),
            _ => block.edit(|fields| fields.service_flags3 ^= value),
        }
        block
    }

    fn notifying(&mut self, which: u8, s: Handle) -> SpiCall {
        let events = match self.input.byte() {
            0..=99 => NetworkEvents::ALL_EVENTS,
            bits @ 100..=249 => NetworkEvents::from_bits_retain(u32::from(bits) & 0x3f),
            bits => NetworkEvents::from_bits_retain(u32::from(bits) << 4),
        };
        match which % 5 {
            0 | 1 => SpiCall::EventSelect { s, event: self.event(), events },
            2 => SpiCall::AsyncSelect { s, window: self.input.window(), message: 0x401, events },
            3 => SpiCall::EnumNetworkEvents { s, event: self.event(), out: (!self.input.rarely(64)).then_some(0) },
            _ => SpiCall::CloseSocket { s },
        }
    }

    /// What the machine may not model at all, and what hardly matters.
    fn rare(&mut self, which: u8, s: Handle) -> SpiCall {
        let input = &mut self.input;
        match which {
            248 => SpiCall::AddressToString { address: input.name(), info: None, room: input.room() },
            249 => {
                let text = Arc::from(input.pick(&["127.0.0.1:80", "[::1]:80", "1.2.3", "", "fe80::1%4"]));
                SpiCall::StringToAddress { text, family: input.pick(&[2, 23, 0, 7]), info: None, room: input.room() }
            }
            244..=247 => self.select(s),
            250 => match input.byte() % 3 {
                0 => SpiCall::JoinLeaf { s, name: input.name(), extras: extras(input), flags: 4 },
                1 => SpiCall::SendDisconnect { s, data: input.rarely(2).then_some(wspsim::abi::Gather::Wild) },
                _ => SpiCall::RecvDisconnect { s, room: input.room() },
            },
            251 => SpiCall::GetOverlappedResult { s, overlapped: u32::from(input.byte() % 8), wait: input.rarely(2) },
            252 => SpiCall::GetQosByName { s, name: "G711".into(), room: 100, out: true },
            253 => SpiCall::Startup { version: 0x0202, info: self.world.machine().blank.clone(), out: true },
            254 => SpiCall::Cleanup,
            _ => SpiCall::CancelBlockingCall,
        }
    }
}

impl Wild<'_> {
    fn select(&mut self, s: Handle) -> SpiCall {
        let other = self.descriptor();
        let input = &mut self.input;
        let sets = [(); 3].map(|()| match input.byte() {
            255 => FdSet::Wild,
            254 => FdSet::Of(Arc::from([])),
            100..=253 => FdSet::of(&[s, other]),
            _ => FdSet::Null,
        });
        let timeouts = [SelectTimeout::ZERO, SelectTimeout::of_ms(10), SelectTimeout::Forever, SelectTimeout::Wild];
        SpiCall::Select { sets: Box::new(sets), timeout: input.pick(&timeouts) }
    }
}

fn connecting(which: u8, s: Handle, input: &mut Input<'_>) -> SpiCall {
    match which % 10 {
        0 | 1 => SpiCall::Bind { s, name: input.name() },
        2 => SpiCall::Listen { s, backlog: input.pick(&[5, 1, 0, -1, i32::MAX]) },
        3..=5 => SpiCall::Connect { s, name: input.name(), extras: extras(input) },
        6 | 7 => SpiCall::Accept { s, addr: input.room(), condition: condition(input) },
        8 => SpiCall::GetSockName { s, room: input.room() },
        _ => SpiCall::GetPeerName { s, room: input.room() },
    }
}

fn extras(input: &mut Input<'_>) -> Option<Box<ConnectExtras>> {
    match input.byte() {
        255 => Some(Box::new(ConnectExtras { quality_of_service: true, ..ConnectExtras::default() })),
        254 => Some(Box::new(ConnectExtras {
            caller_data: Some(Arc::from([1, 2])),
            callee_room: Some(4),
            ..Default::default()
        })),
        _ => None,
    }
}

fn condition(input: &mut Input<'_>) -> Option<Condition> {
    match input.byte() {
        255 => Some(Condition::Wild),
        200..=229 => Some(Condition::Asks),
        value @ 230..=254 => Some(Condition::Returns(i32::from(value % 5) - 1)),
        _ => None,
    }
}

fn moving(which: u8, s: Handle, input: &mut Input<'_>) -> SpiCall {
    match which % 10 {
        0..=2 => {
            let (data, (flags, overlapped)) = (input.data(), input.manner());
            SpiCall::Send { s, data, flags, returned: !input.rarely(64), overlapped }
        }
        3 | 4 => {
            let (data, (flags, overlapped)) = (input.data(), input.manner());
            SpiCall::SendTo { s, data, flags, to: input.name(), returned: true, overlapped }
        }
        5..=7 => {
            let (room, (flags, overlapped)) = (input.scatter(), input.manner());
            SpiCall::Recv { s, room, flags, returned: !input.rarely(64), overlapped }
        }
        8 => {
            let (room, (flags, overlapped)) = (input.scatter(), input.manner());
            SpiCall::RecvFrom { s, room, flags, from: input.room(), returned: true, overlapped }
        }
        _ => SpiCall::Shutdown { s, how: input.pick(&[1, 0, 2, 7]) },
    }
}

fn setting(which: u8, s: Handle, input: &mut Input<'_>) -> SpiCall {
    if which % 8 > 3 {
        return ioctl(s, input);
    }
    let (level, option) = input.option();
    match which % 8 {
        3 => SpiCall::GetSockOpt { s, level, option, room: input.room() },
        _ => SpiCall::SetSockOpt { s, level, option, value: input.bytes(), negative: input.rarely(64) },
    }
}

fn ioctl(s: Handle, input: &mut Input<'_>) -> SpiCall {
    let code = match input.byte() {
        0..=149 => Ioctl::Fionbio.code(),
        150..=169 => Ioctl::Fionread.code(),
        255 => input.word(),
        _ => input.pick(Ioctl::ALL).code(),
    };
    let (bytes, room, returned) = (input.bytes(), input.room(), !input.rarely(64));
    SpiCall::Ioctl { s, code, input: bytes, room, returned, overlapped: None }
}
