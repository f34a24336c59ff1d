//! WSPSocket: a fresh shared socket, or a further descriptor of one that was duplicated for this process.

use super::{Answer, Base};
use crate::abi::consts::{
    AF_INET, AF_INET6, FROM_PROTOCOL_INFO, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET,
    SOCK_STREAM,
};
use crate::abi::{Block, Info, ProviderFlags, ServiceFlags1, SocketFlags, SpiReturn, WsaError};
use crate::provider::{Context, Duplicating, ShapeFault, ShapeKind};
use crate::rules::RuleId;
use crate::world::afd::{Family, Kind, Transport};
use crate::world::duplication::{Duplication, Opened};
use crate::world::event::Event;
use crate::world::ids::SocketId;
use crate::world::policy::{
    BlockReuse, DuplicateInheritable, ExplicitTriple, FailedOpen, PolicyId, RawSockets, ReferenceTaken, TargetIdentity,
    TokenPlace, WrongProcess,
};
use crate::world::ws2_32::{token_of, type_of_other_protocol};

/// The arguments of WSPSocket beside the protocol info.
pub(super) struct Opening {
    pub(super) af: i32,
    pub(super) kind: i32,
    pub(super) protocol: i32,
    pub(super) group: u32,
    pub(super) flags: SocketFlags,
}

impl Opening {
    /// Whether any of the three is FROM_PROTOCOL_INFO.
    fn takes_from_info(&self) -> bool {
        [self.af, self.kind, self.protocol].contains(&FROM_PROTOCOL_INFO)
    }
}

/// Why an entry cannot be served: reliable datagrams are not carried out.
fn no_transport(cx: &mut Context<'_>, entry: &Info) -> WsaError {
    if entry.fields().socket_type != SOCK_RDM {
        return WsaError::ProtoNoSupport;
    }
    cx.log.rule(RuleId::Socket19);
    WsaError::SockTNoSupport
}

/// Whether the process may have a raw socket.
fn admit_raw(cx: &mut Context<'_>) -> Result<(), WsaError> {
    cx.log.rule(RuleId::Socket19);
    cx.log.policy(PolicyId::raw_sockets);
    match cx.machine.policies().raw_sockets {
        RawSockets::Wsaesocktnosupport => Err(WsaError::SockTNoSupport),
        RawSockets::Wsaeacces if !cx.administrator => Err(WsaError::Acces),
        RawSockets::Wsaeacces => Ok(()),
    }
}

/// The IP protocol of a raw socket.
fn protocol_of(opening: &Opening, entry: &Info) -> u8 {
    let given = given_or(opening.protocol, entry.fields().protocol);
    u8::try_from(given).unwrap_or(0)
}

/// The multipoint roles.
const ROLES: SocketFlags = SocketFlags::MULTIPOINT_C_ROOT
    .union(SocketFlags::MULTIPOINT_C_LEAF)
    .union(SocketFlags::MULTIPOINT_D_ROOT)
    .union(SocketFlags::MULTIPOINT_D_LEAF);

/// The transport a base entry can stand for.
pub(super) fn transport_of(info: &Info) -> Option<Transport> {
    let fields = info.fields();
    let family = match fields.address_family {
        AF_INET => Family::V4,
        AF_INET6 => Family::V6,
        _ => return None,
    };
    let kind = match fields.socket_type {
        SOCK_STREAM => Kind::Stream,
        SOCK_DGRAM => Kind::Datagram,
        SOCK_SEQPACKET => Kind::Messages,
        SOCK_RAW => Kind::Raw,
        _ => return None,
    };
    Some(Transport { family, kind })
}

impl Base {
    /// WSPSocket.
    pub(super) fn socket(&mut self, cx: &mut Context<'_>, opening: &Opening, info: Option<&Block>) -> Answer {
        let Some(Block::Info(info)) = info else { return Err(WsaError::Inval) };
        if !cx.is_genuine(info) {
            return Err(WsaError::Inval);
        }
        if opening.group != 0 {
            cx.log.rule(RuleId::Socket7);
            return Err(WsaError::Inval);
        }
        if !multipoint_fits(opening.flags, info.fields().service_flags1) {
            cx.log.rule(RuleId::Socket8);
            return Err(WsaError::Inval);
        }
        match token_of(info, cx.token_place()) {
            0 => self.fresh(cx, opening, info),
            token => self.open_block(cx, opening, info, token),
        }
    }

    fn fresh(&mut self, cx: &mut Context<'_>, opening: &Opening, info: &Info) -> Answer {
        cx.log.rule(RuleId::Socket1);
        cx.log.rule(RuleId::Socket10);
        if opening.takes_from_info() && cx.faulty(ShapeFault::RefuseFromProtocolInfo) {
            return Err(WsaError::AfNoSupport);
        }
        let entry = chosen_entry(cx, opening, info)?;
        let transport = transport_of(&entry).ok_or_else(|| no_transport(cx, &entry))?;
        if transport.kind == Kind::Raw {
            admit_raw(cx)?;
        }
        if cx.is_full() {
            cx.log.rule(RuleId::Socket9);
            return Err(WsaError::MFile);
        }
        let maker = cx.shape_id;
        let (afd, mut afd_cx) = cx.afd();
        let socket = afd.create(&mut afd_cx, transport, opening.flags.contains(SocketFlags::OVERLAPPED))?;
        afd.add_descriptor(&mut afd_cx, socket);
        afd.set_maker(socket, maker);
        match transport.kind {
            Kind::Messages => afd.set_service(socket, entry.fields().service_flags1),
            Kind::Raw => afd.set_protocol(socket, protocol_of(opening, &entry)),
            Kind::Stream | Kind::Datagram => {}
        }
        let roles = opening.flags & ROLES;
        if !roles.is_empty() {
            afd.set_roles(socket, roles);
        }
        let inheritable = !opening.flags.contains(SocketFlags::NO_HANDLE_INHERIT);
        self.describe(cx, entry.catalog_entry_id(), socket, inheritable)
    }

    /// Registers a descriptor whose reference is counted already; gives the reference up if that fails.
    pub(super) fn describe(&mut self, cx: &mut Context<'_>, entry: u32, socket: SocketId, inheritable: bool) -> Answer {
        match self.register(cx, entry, socket, inheritable) {
            Ok(socket) => Ok(SpiReturn::Socket { socket, peer: None }),
            Err(error) => {
                let (afd, mut afd_cx) = cx.afd();
                afd.release(&mut afd_cx, socket, crate::world::afd::Release::Close);
                Err(error)
            }
        }
    }

    /// Opens a block (R3, R5). What it costs when it fails is policy `failed_open`.
    fn open_block(&mut self, cx: &mut Context<'_>, opening: &Opening, info: &Info, token: u32) -> Answer {
        let duplication = recognise(cx, info, token)?;
        match self.open_duplication(cx, opening, info, &duplication) {
            Err(error) => {
                if cx.machine.policies().failed_open == FailedOpen::AlwaysConsumed {
                    cx.log.policy(PolicyId::failed_open);
                    cx.drop_pending(token);
                }
                Err(error)
            }
            opened => opened,
        }
    }

    fn open_duplication(
        &mut self,
        cx: &mut Context<'_>,
        opening: &Opening,
        info: &Info,
        duplication: &Duplication,
    ) -> Answer {
        check_opener(cx, duplication)?;
        check_triple(cx, opening, info)?;
        if let Some(first) = duplication.opened {
            return self.reopen(cx, opening, info, duplication, first);
        }
        let alive = cx.afd.socket(duplication.socket).is_some_and(|s| s.descriptors() + s.duplications() > 0);
        if !alive {
            cx.log.policy(PolicyId::reference_taken);
            return Err(WsaError::Inval);
        }
        if cx.is_full() {
            cx.log.rule(RuleId::Socket9);
            return Err(WsaError::MFile);
        }
        cx.log.rule(RuleId::R5);
        let opened = self.attach(cx, opening, info, duplication.socket)?;
        cx.log.rule(RuleId::Socket12);
        cx.log.note(|| Event::DuplicationOpened(*duplication));
        if cx.moves_connections() {
            cx.log.rule(RuleId::Move1);
            cx.afd.set_mover(duplication.socket, cx.thread.process);
        }
        cx.settle_opened(duplication.token, &opened);
        Ok(opened)
    }

    /// One more descriptor of a shared socket for this process.
    fn attach(&mut self, cx: &mut Context<'_>, opening: &Opening, info: &Info, socket: SocketId) -> Answer {
        let (afd, mut afd_cx) = cx.afd();
        afd.add_descriptor(&mut afd_cx, socket);
        let inheritable = !opening.flags.contains(SocketFlags::NO_HANDLE_INHERIT)
            && cx.machine.policies().duplicate_inheritable == DuplicateInheritable::Yes;
        cx.log.rule(RuleId::Socket16);
        cx.log.rule(RuleId::Inherit2);
        cx.log.policy(PolicyId::duplicate_inheritable);
        self.describe(cx, info.catalog_entry_id(), socket, inheritable)
    }

    /// A second open of a spent block, under the policies that allow it.
    fn reopen(
        &mut self,
        cx: &mut Context<'_>,
        opening: &Opening,
        info: &Info,
        duplication: &Duplication,
        first: Opened,
    ) -> Answer {
        if cx.faulty(ShapeFault::OpenAgain) {
            return self.attach(cx, opening, info, duplication.socket);
        }
        cx.log.policy(PolicyId::block_reuse);
        match cx.machine.policies().block_reuse {
            BlockReuse::SameDescriptor if self.still_names(cx, first, duplication.socket) => {
                Ok(SpiReturn::Socket { socket: first.handle, peer: None })
            }
            // The block would have been forgotten with its socket.
            BlockReuse::SecondDescriptor => self.attach(cx, opening, info, duplication.socket),
            _ => Err(WsaError::Inval),
        }
    }

    /// Whether the descriptor of a first open is this process's and still leads to the socket.
    fn still_names(&self, cx: &mut Context<'_>, first: Opened, socket: SocketId) -> bool {
        first.process == cx.thread.process && self.at(cx, first.handle).is_ok_and(|at| at.socket == socket)
    }
}

/// Socket8: exactly one C flag and one D flag, or none; roots need rooted planes, leaves a multipoint protocol.
fn multipoint_fits(flags: SocketFlags, service: ServiceFlags1) -> bool {
    let planes = [
        (SocketFlags::MULTIPOINT_C_ROOT, SocketFlags::MULTIPOINT_C_LEAF, ServiceFlags1::MULTIPOINT_CONTROL_PLANE),
        (SocketFlags::MULTIPOINT_D_ROOT, SocketFlags::MULTIPOINT_D_LEAF, ServiceFlags1::MULTIPOINT_DATA_PLANE),
    ];
    let used = planes.iter().filter(|(root, leaf, _)| flags.intersects(*root | *leaf)).count();
    let plane_fits = |&(root, leaf, rooted): &(SocketFlags, SocketFlags, ServiceFlags1)| {
        !flags.contains(root | leaf) && (!flags.contains(root) || service.contains(rooted))
    };
    used == 0 || used == 2 && service.contains(ServiceFlags1::SUPPORT_MULTIPOINT) && planes.iter().all(plane_fits)
}

/// The pending duplication a block stands for. A block whose contents do not fit it was altered (Socket11).
fn recognise(cx: &mut Context<'_>, info: &Info, token: u32) -> Result<Duplication, WsaError> {
    let known = cx.duplications.get(token).copied();
    let Some(duplication) = known else {
        cx.log.rule(RuleId::R3);
        if cx.machine.policies().block_reuse == BlockReuse::Refuse {
            cx.log.policy(PolicyId::block_reuse);
        }
        return Err(WsaError::Inval);
    };
    let transport = cx.afd.socket(duplication.socket).map(|socket| socket.transport());
    let proof = match cx.token_place() {
        TokenPlace::ProviderReserved => true,
        TokenPlace::ServiceFlags => info.fields().service_flags4 == !token,
    };
    let foreign = duplication.maker != cx.shape_id;
    if foreign || transport.is_some() && transport != transport_of(info) || !proof {
        cx.log.rule(RuleId::Socket11);
        return Err(WsaError::Inval);
    }
    Ok(duplication)
}

/// R2: only the process the block was made for.
fn check_opener(cx: &mut Context<'_>, duplication: &Duplication) -> Result<(), WsaError> {
    let opener = cx.thread.process;
    if cx.machine.policies().target_identity != TargetIdentity::default() {
        cx.log.policy(PolicyId::target_identity);
    }
    let right = match cx.machine.policies().target_identity {
        TargetIdentity::Incarnation => duplication.target == opener,
        TargetIdentity::Number => cx.directory.id(opener) == Some(duplication.target_id),
    };
    if right || cx.faulty(ShapeFault::OpenForAnyone) {
        return Ok(());
    }
    cx.log.rule(RuleId::R2);
    cx.log.policy(PolicyId::wrong_process);
    match cx.machine.policies().wrong_process {
        WrongProcess::Allow => Ok(()),
        WrongProcess::Refuse => Err(WsaError::Inval),
        WrongProcess::RefuseAndConsume => {
            cx.drop_pending(duplication.token);
            Err(WsaError::Inval)
        }
    }
}

/// R23: family, type and protocol beside a block are 0, FROM_PROTOCOL_INFO, or what the block says.
fn check_triple(cx: &mut Context<'_>, opening: &Opening, info: &Info) -> Result<(), WsaError> {
    let fields = info.fields();
    let agrees = |given: i32, said: i32| given == 0 || given == FROM_PROTOCOL_INFO || given == said;
    if agrees(opening.af, fields.address_family)
        && agrees(opening.kind, fields.socket_type)
        && agrees(opening.protocol, fields.protocol)
    {
        return Ok(());
    }
    cx.log.policy(PolicyId::explicit_triple);
    match cx.machine.policies().explicit_triple {
        ExplicitTriple::Refuse => Err(WsaError::Inval),
        ExplicitTriple::Ignore => Ok(()),
    }
}

/// The entry of this provider that serves a fresh socket: explicit arguments first, the info where they are
/// wildcards (Socket3..Socket6).
fn chosen_entry(cx: &mut Context<'_>, opening: &Opening, info: &Info) -> Result<Info, WsaError> {
    let fields = info.fields();
    if [opening.af, opening.kind, opening.protocol].iter().any(|&given| given == 0 || given == FROM_PROTOCOL_INFO) {
        cx.log.rule(RuleId::Socket3);
    }
    let family = given_or(opening.af, fields.address_family);
    let kind = given_or(opening.kind, fields.socket_type);
    let protocol = match opening.protocol {
        FROM_PROTOCOL_INFO => fields.protocol,
        0 if kind == fields.socket_type => fields.protocol,
        given => given,
    };
    let own = || cx.own_base_entries().map(|entry| &entry.info);
    let exact = own().find(|entry| {
        let entry = entry.fields();
        let any = protocol == 0 && entry.provider_flags.contains(ProviderFlags::MATCHES_PROTOCOL_ZERO);
        entry.address_family == family && entry.socket_type == kind && (any || entry.serves_protocol(protocol))
    });
    if let Some(entry) = exact {
        return Ok(entry.clone());
    }
    if !own().any(|entry| entry.fields().address_family == family) {
        cx.log.rule(RuleId::Socket4);
        return Err(WsaError::AfNoSupport);
    }
    if !own().any(|entry| entry.fields().address_family == family && entry.fields().socket_type == kind) {
        cx.log.rule(RuleId::Socket5);
        return Err(WsaError::SockTNoSupport);
    }
    cx.log.rule(RuleId::Socket6);
    let known = [IPPROTO_TCP, IPPROTO_UDP].contains(&protocol);
    Err(if known { type_of_other_protocol(cx.machine.policies(), cx.log) } else { WsaError::ProtoNoSupport })
}

fn given_or(given: i32, said: i32) -> i32 {
    if given == 0 || given == FROM_PROTOCOL_INFO { said } else { given }
}

impl Context<'_> {
    /// Whether this base gives a connection away with its block.
    #[inline]
    pub(super) fn moves_connections(&self) -> bool {
        matches!(self.shape().kind, ShapeKind::Base { duplicating: Duplicating::MovesConnection, .. })
    }

    /// A block is spent unopened.
    fn drop_pending(&mut self, token: u32) {
        let Some(duplication) = self.duplications.remove(token) else { return };
        let (afd, mut cx) = self.afd();
        duplication.drop_unopened(afd, &mut cx);
    }

    /// The base's open has succeeded: the block is spent now, or remembered where a policy says so.
    fn settle_opened(&mut self, token: u32, opened: &SpiReturn) {
        let policies = self.machine.policies();
        if let (Some(duplication), SpiReturn::Socket { socket, .. }) = (self.duplications.get_mut(token), opened) {
            duplication.opened = Some(Opened { process: self.thread.process, handle: *socket, settled: false });
        }
        if policies.failed_open == FailedOpen::NeverConsumed {
            // The end of the whole open decides.
            return;
        }
        if policies.reference_taken == ReferenceTaken::AtOpen {
            self.log.policy(PolicyId::reference_taken);
        }
        let again = self.shape().faults.contains(ShapeFault::OpenAgain);
        let remembered = again || policies.block_reuse != BlockReuse::Refuse;
        if let Some(Duplication { holds_reference: true, socket, .. }) = self.duplications.spend(token, remembered) {
            let (afd, mut cx) = self.afd();
            afd.drop_duplication(&mut cx, socket);
        }
    }
}
