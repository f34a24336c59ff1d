//! Everything that can be explained, by name.

use std::collections::BTreeSet;

use wspsim::abi::{Ioctl, NetworkEvents, SockOpt, SpiFunction, Upcall, WsaError};
use wspsim::contract;
use wspsim::provider::ShapeFault;
use wspsim::provider::shape_fault::NOT_A_SHAPE;
use wspsim::rules::{OpenPoint, RuleId};
use wspsim::world::policy::{PolicyId, Profile};

/// Something that can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Rule(RuleId),
    /// All rules whose ids begin so.
    Group(&'static str),
    Error(WsaError),
    /// A function of the interface, by its Windows name.
    Function(&'static str),
    Policy(PolicyId),
    Profile(Profile),
    Open(OpenPoint),
    /// What a faulty provider does.
    Fault(ShapeFault),
    /// A defect real providers were seen to have, by its number.
    Defect(&'static str),
    Option(SockOpt),
    Ioctl(Ioctl),
    Event(NetworkEvents),
    /// A situation of programs that share sockets, by its number: S1 and on.
    Situation(u32),
    /// Something real systems were seen to do, by its number: O1 and on.
    Observation(u32),
}

/// The situations that scenarios may name.
pub(super) const SITUATIONS: u32 = 96;

/// The highest number of an observation; not every number below has one.
pub(super) const OBSERVATIONS: u32 = 271;

/// What a word means. Capitals do not matter.
pub(super) fn find(word: &str) -> Option<Subject> {
    let is = |name: &str| name.eq_ignore_ascii_case(word);
    let rule = || RuleId::ALL.iter().find(|rule| is(rule.name())).map(|&rule| Subject::Rule(rule));
    let open = || OpenPoint::ALL.iter().find(|point| is(point.name())).map(|&point| Subject::Open(point));
    let error = || error(word).map(Subject::Error);
    let function = || functions().into_iter().find(|name| is(name)).map(Subject::Function);
    let policy = || PolicyId::ALL.iter().find(|policy| is(policy.name())).map(|&policy| Subject::Policy(policy));
    let profile = || Profile::ALL.iter().find(|profile| is(profile.name())).map(|&profile| Subject::Profile(profile));
    let group = || groups().into_iter().find(|group| is(group)).map(Subject::Group);
    let fault = || ShapeFault::ALL.iter().find(|fault| is(fault.name())).map(|&fault| Subject::Fault(fault));
    let defect = || defects().into_iter().find(|name| is(name)).map(Subject::Defect);
    let faulty = || fault().or_else(defect);
    let capitals = word.to_ascii_uppercase();
    let option = || SockOpt::from_name(&capitals).map(Subject::Option);
    let ioctl = || Ioctl::from_name(&capitals).map(Subject::Ioctl);
    let event = || events().find(|(name, _)| is(name)).map(|(_, event)| Subject::Event(event));
    let situation = || numbered(&capitals, 'S', SITUATIONS).map(Subject::Situation);
    let observation = || numbered(&capitals, 'O', OBSERVATIONS).map(Subject::Observation);
    rule()
        .or_else(open)
        .or_else(error)
        .or_else(function)
        .or_else(policy)
        .or_else(profile)
        .or_else(group)
        .or_else(faulty)
        .or_else(option)
        .or_else(ioctl)
        .or_else(event)
        .or_else(situation)
        .or_else(observation)
}

/// The network events by name.
pub(super) fn events() -> impl Iterator<Item = (&'static str, NetworkEvents)> {
    NetworkEvents::windows_names().iter().copied()
}

fn numbered(word: &str, letter: char, most: u32) -> Option<u32> {
    word.strip_prefix(letter)?.parse().ok().filter(|number| (1..=most).contains(number))
}

/// Every name that [`find`] knows, but for numbers.
pub(super) fn names() -> Vec<&'static str> {
    let rules = RuleId::ALL.iter().map(|rule| rule.name());
    let open = OpenPoint::ALL.iter().map(|point| point.name());
    let errors = WsaError::ALL.iter().map(|error| error.name());
    let policies = PolicyId::ALL.iter().map(|policy| policy.name());
    let profiles = Profile::ALL.iter().map(|profile| profile.name());
    let faults = ShapeFault::ALL.iter().map(|fault| fault.name());
    let named = policies.chain(profiles).chain(groups()).chain(faults).chain(defects());
    let options = SockOpt::ALL.iter().map(|option| option.name());
    let ioctls = Ioctl::ALL.iter().map(|ioctl| ioctl.name());
    let socket = options.chain(ioctls).chain(events().map(|(name, _)| name));
    rules.chain(open).chain(errors).chain(functions()).chain(named).chain(socket).collect()
}

/// The numbered defects that faults of providers show, or that have a reason why none does.
pub(super) fn defects() -> Vec<&'static str> {
    let shown = ShapeFault::ALL.iter().flat_map(|fault| fault.source().split(", "));
    let shown = shown.filter(|id| id.starts_with("RO-") || id.starts_with("MS-"));
    let all: BTreeSet<&str> = shown.chain(NOT_A_SHAPE.iter().map(|&(id, _)| id)).collect();
    all.into_iter().collect()
}

/// The groups of rules in the order of the table.
pub(super) fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&str> = RuleId::ALL.iter().map(|rule| rule.group()).collect();
    groups.dedup();
    groups
}

/// What a group of rules is about.
pub(super) fn topic(group: &str) -> &'static str {
    TOPICS.iter().find(|(known, _)| *known == group).map_or("", |(_, topic)| topic)
}

const TOPICS: &[(&str, &str)] = &[
    ("R", "duplicating and sharing a socket"),
    ("G", "results and errors of all functions"),
    ("Handle", "new descriptors"),
    ("Chain", "protocol info on its way down a chain"),
    ("B", "blocking calls"),
    ("O", "overlapped operations"),
    ("E", "network events"),
    ("L", "layers"),
    ("Startup", "WSPStartup"),
    ("Cleanup", "WSPCleanup"),
    ("Socket", "WSPSocket"),
    ("Dup", "WSPDuplicateSocket"),
    ("Close", "WSPCloseSocket"),
    ("Shutdown", "WSPShutdown"),
    ("Bind", "WSPBind"),
    ("Connect", "WSPConnect"),
    ("Listen", "WSPListen"),
    ("Accept", "WSPAccept"),
    ("Name", "WSPGetSockName, WSPGetPeerName"),
    ("AddrText", "WSPAddressToString, WSPStringToAddress"),
    ("Send", "WSPSend"),
    ("SendTo", "WSPSendTo"),
    ("Recv", "WSPRecv"),
    ("RecvFrom", "WSPRecvFrom"),
    ("Result", "WSPGetOverlappedResult"),
    ("SendDisc", "WSPSendDisconnect"),
    ("RecvDisc", "WSPRecvDisconnect"),
    ("Join", "WSPJoinLeaf"),
    ("Multicast", "groups of datagram sockets"),
    ("Raw", "raw sockets"),
    ("Qos", "WSPGetQOSByName"),
    ("Async", "WSPAsyncSelect"),
    ("EventSel", "WSPEventSelect"),
    ("Enum", "WSPEnumNetworkEvents"),
    ("GetOpt", "WSPGetSockOpt"),
    ("SetOpt", "WSPSetSockOpt"),
    ("Ioctl", "WSPIoctl"),
    ("Cancel", "WSPCancelBlockingCall"),
    ("Select", "WSPSelect, WPUFDIsSet"),
    ("Poll", "WSAPoll"),
    ("Wait", "WSAWaitForMultipleEvents"),
    ("Ext", "SIO_GET_EXTENSION_FUNCTION_POINTER, SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT"),
    ("AcceptEx", "AcceptEx, GetAcceptExSockaddrs"),
    ("ConnectEx", "ConnectEx"),
    ("DisconnectEx", "DisconnectEx"),
    ("WpuModify", "WPUModifyIFSHandle"),
    ("WpuCreate", "WPUCreateSocketHandle"),
    ("WpuClose", "WPUCloseSocketHandle"),
    ("WpuQuery", "WPUQuerySocketHandleContext"),
    ("WpuEvent", "WPUCreateEvent, WPUCloseEvent, WPUSetEvent, WPUResetEvent"),
    ("WpuPost", "WPUPostMessage"),
    ("WpuBlock", "WPUQueryBlockingCallback"),
    ("WpuPath", "WPUGetProviderPath"),
    ("Choose", "which catalog entry serves a request"),
    ("BindMatrix", "which bindings conflict"),
    ("EventRead", "when FD_READ is due"),
    ("EventWrite", "when FD_WRITE is due"),
    ("EventOob", "when FD_OOB is due"),
    ("EventAccept", "when FD_ACCEPT is due"),
    ("EventConnect", "when FD_CONNECT is due"),
    ("EventClose", "when FD_CLOSE is due"),
    ("EventQos", "when FD_QOS is due"),
    ("EventDown", "events when the network fails"),
    ("Inherit", "inheritance of descriptors"),
    ("Wsc", "all calls on the catalogs"),
    ("WscInstall", "WSCInstallProvider"),
    ("WscChains", "WSCInstallProviderAndChains"),
    ("WscRemove", "WSCDeinstallProvider"),
    ("WscUpdate", "WSCUpdateProvider"),
    ("WscOrder", "WSCWriteProviderOrder"),
    ("WscEnum", "WSCEnumProtocols"),
    ("WscPath", "WSCGetProviderPath"),
    ("WscInfo", "WSCGetProviderInfo, WSCSetProviderInfo"),
    ("WscApp", "WSCGetApplicationCategory, WSCSetApplicationCategory"),
    ("WscNotice", "WSAProviderConfigChange"),
    ("Category", "which layers an application loads"),
    ("Layer", "what layers do beyond passing calls on"),
    ("Move", "bases that move connections"),
    ("Duty", "what the contract checker holds providers to"),
];

/// The group of rules that is about one function.
pub(super) fn group_of(function: &str) -> Option<&'static str> {
    let about = |topic: &str| topic.split(", ").any(|name| name == function);
    TOPICS.iter().find(|(_, topic)| about(topic)).map(|&(group, _)| group)
}

/// The functions: entries of a provider, upcalls, and those of the catalog.
pub(super) fn functions() -> Vec<&'static str> {
    let entries = SpiFunction::ALL.iter().map(|entry| entry.name());
    let upcalls = Upcall::ALL.iter().map(|upcall| upcall.name());
    let known: Vec<&str> = entries.chain(upcalls).collect();
    let others: BTreeSet<&str> =
        contract::rows().map(|row| row.function).filter(|name| !known.contains(name)).collect();
    known.into_iter().chain(others).collect()
}

fn error(word: &str) -> Option<WsaError> {
    let by_number = || word.parse().ok().and_then(WsaError::from_number);
    WsaError::from_name(&word.to_ascii_uppercase()).or_else(by_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_observation_is_known() {
        let lines = include_str!("../../../tests/observed/lines.tsv").lines().skip(1);
        let numbers = lines.filter_map(|line| line.split('\t').next()?.strip_prefix('O')?.parse::<u32>().ok());
        assert_eq!(numbers.max(), Some(OBSERVATIONS));
    }

    #[test]
    fn every_group_has_a_topic_and_every_topic_a_group() {
        let topics: Vec<&str> = TOPICS.iter().map(|&(group, _)| group).collect();
        assert_eq!(topics, groups());
    }
}
