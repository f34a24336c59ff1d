//! Faults of providers: one row for each defect that real providers were seen to have and this machine can show.
//!
//! A model gives them to a provider: `Layer(handles: NonIfs, faults: [LoseReserved, CloseLowerTwice])`. Each changes
//! one thing the faithful provider does, where it does it; all others stay as they are, so any two can stand together.
//! The machine stays total whatever a faulty provider does. What [`NOT_A_SHAPE`] lists are defects of other code.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{HandleKind, ShapeKind};

/// Which providers a fault can be given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultOf {
    /// Base providers.
    Base,
    /// Layers.
    Layer,
    /// Layers whose handles are the OS's.
    IfsLayer,
    /// Layers with handles of their own.
    NonIfsLayer,
    /// All.
    Any,
}

impl FaultOf {
    /// Whose, in words.
    #[must_use]
    pub fn whose(self) -> &'static str {
        match self {
            Self::Base => "base providers",
            Self::Layer => "layers",
            Self::IfsLayer => "IFS layers",
            Self::NonIfsLayer => "non-IFS layers",
            Self::Any => "all providers",
        }
    }

    /// Whether a provider of this kind can have it.
    #[must_use]
    pub fn fits(self, kind: &ShapeKind, handles: HandleKind) -> bool {
        let layer = matches!(kind, ShapeKind::Layer { .. });
        match self {
            Self::Base => !layer,
            Self::Layer => layer,
            Self::IfsLayer => layer && handles == HandleKind::Ifs,
            Self::NonIfsLayer => layer && handles == HandleKind::NonIfs,
            Self::Any => true,
        }
    }
}

macro_rules! shape_faults {
    ($($name:ident of $whose:ident ($source:literal): $sentence:literal;)+) => {
        /// Something a provider does wrong, by its name in models.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum ShapeFault {
            $(#[doc = $sentence] $name),+
        }

        impl ShapeFault {
            /// All faults, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name that models use.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// What the provider does, and what it should have done.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence),+ }
            }

            /// Where it was seen: RO and MS are defects of public implementations, S usage scenarios, A open points, the others rules.
            #[must_use]
            pub fn source(self) -> &'static str {
                match self { $(Self::$name => $source),+ }
            }

            /// Which providers can have it.
            #[must_use]
            pub fn of(self) -> FaultOf {
                match self { $(Self::$name => FaultOf::$whose),+ }
            }
        }
    };
}

shape_faults! {
    // Protocol info on its way down and up.
    LoseReserved of Layer ("S64"): "WSPDuplicateSocket returns the layer's entry without the dwProviderReserved of \
        the provider below, so the block opens a fresh socket.";
    OverwriteReserved of Layer ("S64"): "WSPDuplicateSocket returns a word of the layer's own in dwProviderReserved; \
        the word of the provider below is kept nowhere.";
    LoseReservedBelow of Layer ("S64, S65"): "WSPSocket exchanges the entry for the base's without carrying \
        dwProviderReserved over, so the base makes a fresh socket.";
    AnswerForNextLink of Layer ("S62, MS-11"): "WSPDuplicateSocket leaves the entry of the provider below in the \
        block, so the target's open goes past the layer.";
    ModifyChainInfo of Layer ("S63"): "Protocol info goes down to the next layer with changed contents.";
    KeepChainEntry of Layer ("S62"): "Protocol info goes down to the base as it came, without the base's entry in its \
        place.";
    PassNullBuffer of Layer ("RO-4"): "WSPDuplicateSocket goes down with NULL for lpProtocolInfo.";
    ChooseByTriple of Layer ("MS-1"): "WSPSocket goes down the first chain of equal family, type and protocol, \
        whatever catalog id it was called with.";
    FallBackToFirstChain of Layer ("MS-7"): "A chain that was not started yet is taken for the first one that was.";

    // Descriptors.
    LeakLowerOnFailedOpen of Layer ("MS-2"): "When WSPSocket fails above the provider below, that one's socket stays \
        open.";
    LeakContextOnFailedOpen of NonIfsLayer ("MS-2"): "When WSPSocket fails above the provider below, the layer's \
        record stays.";
    SkipRegistration of IfsLayer ("U7"): "A descriptor is let out without WPUModifyIFSHandle, so later calls go past \
        the layer.";
    RegisterUnderNext of Layer ("A3"): "Handles are registered under the catalog id of the provider below, so ws2_32 \
        sends their calls there.";
    ReturnLowerHandle of NonIfsLayer ("U7"): "A handle is made with WPUCreateSocketHandle, and the handle of the \
        provider below is returned.";
    CloseLowerTwice of Layer ("MS-3"): "WSPCloseSocket closes the handle below twice; the number may be another's by \
        then.";
    KeepLowerOpen of NonIfsLayer ("S57, R13"): "WSPCloseSocket gives the layer's handle back and leaves the socket \
        below open.";
    KeepContextOnClose of NonIfsLayer ("MS-4"): "WSPCloseSocket closes the socket below and keeps the layer's handle \
        and record.";
    GiveBackTwice of NonIfsLayer ("R27"): "WSPCloseSocket gives the layer's handle back twice; the number may be \
        another's by then.";

    // Startup and cleanup.
    SkipLowerStartup of Layer ("G8"): "A provider below that runs in the process already is called without a \
        WSPStartup of the layer's own.";
    FreeOnFailedStartup of Layer ("MS-9"): "When a further chain cannot be started, what the layer keeps for the \
        earlier ones is freed.";
    SkipLowerCleanup of Layer ("RO-19"): "The last WSPCleanup does not reach the providers below.";
    AbortAtCleanup of Layer ("MS-6"): "The last WSPCleanup sets an abortive linger on every socket that is left, \
        sockets of other processes included.";

    // Results.
    FailWithoutError of Any ("MS-4"): "A call fails without an error code; ws2_32 takes it for WSASYSCALLFAILURE.";
    InventError of Layer ("S75"): "An error of the provider below goes up as another one, WSAEACCES.";
    FillNothing of Base ("S74"): "WSPDuplicateSocket succeeds, having done nothing: the buffer is as it came.";
    ReturnNoSocket of Any ("S74"): "WSPSocket succeeds and returns INVALID_SOCKET.";
    RefuseBaseHandle of Layer ("B7"): "SIO_BASE_HANDLE is refused, though a layer has to let it through.";
    LoopBaseHandle of Layer ("B7"): "SIO_BASE_HANDLE is answered with the layer's own handle, so who peels layers \
        never gets to the base.";

    // Overlapped operations.
    PinOnFailedAcceptEx of NonIfsLayer ("MS-5, S58"): "An AcceptEx that fails at once counts as outstanding for ever, so a \
        close never gives the layer's handle back.";
    CompleteNever of Any ("S55"): "The end of an overlapped operation is announced to nobody.";
    CompleteTwice of Any ("S55"): "The end of an overlapped operation is announced twice.";
    RoutineInsideCall of Base ("RO-18"): "The completion routine of an operation runs as soon as it is over, not in \
        an alertable wait.";
    QueueToFirstThread of Any ("O7"): "A completion routine is queued for the first thread of the process, whichever \
        thread has started the operation.";
    CompleteOnLowerHandle of NonIfsLayer ("L4"): "The end of an overlapped operation is announced on the handle of the \
        provider below.";

    // Notification.
    KeepRegistration of Base ("RO-9"): "WSPAsyncSelect and WSPEventSelect do not end a registration that the other \
        one made, or that came from another process.";
    PostForeignHandle of Base ("RO-10"): "Messages about a shared socket name the descriptor of another process.";
    PostLowerHandle of NonIfsLayer ("RO-10"): "Messages are posted on to the client with the handle of the provider \
        below.";

    // Sharing.
    TakeReferenceLate of Base ("RO-1"): "A duplication takes no reference before it is opened, so a source that \
        closes first takes the socket with it.";
    OpenForAnyone of Base ("RO-2"): "WSPSocket opens a block for any process that has it.";
    OpenAgain of Base ("RO-3"): "WSPSocket opens a block as often as it is asked.";
    StrandOnNullOutput of Base ("RO-4"): "WSPDuplicateSocket looks at lpProtocolInfo last: with NULL it fails, and \
        the duplication it has made stays.";
    StrandOnFailure of Base ("RO-5"): "WSPDuplicateSocket fails for lack of handles or buffers, and the duplication \
        it has made stays.";
    TokenInServiceFlags of Base ("RO-6, S65"): "The token of a block is in dwServiceFlags3 and dwServiceFlags4, where \
        layers do not keep it.";
    RefuseFromProtocolInfo of Base ("RO-7"): "WSPSocket understands FROM_PROTOCOL_INFO with the block of a \
        duplicate only; with an ordinary entry it gives WSAEAFNOSUPPORT.";
    KeepReferenceAtDeath of Base ("RO-8"): "A process that dies keeps counting as one that shares its sockets.";
    RegisterInSource of Base ("S80"): "WSPDuplicateSocket calls WPUModifyIFSHandle for a handle of the target, in \
        the source.";
}

/// Defects of the lists that are no matter of a provider's shape, with the reason.
pub const NOT_A_SHAPE: &[(&str, &str)] = &[
    ("RO-11", "ws2_32: a lookup reference; this one counts none"),
    ("RO-12", "ws2_32: handles of its helper; this one has none"),
    ("RO-13", "ws2_32: it checks whether a provider could be loaded"),
    ("RO-14", "ws2_32: it checks a provider's version and table"),
    ("RO-15", "ws2_32: how it reads the catalog again"),
    ("RO-16", "ws2_32: it checks the output of WSADuplicateSocketA before it calls a provider"),
    ("RO-17", "ws2_32: the fault FailUpcall makes WPUGetProviderPath fail"),
    ("MS-8", "an access violation: ws2_32 never leaves lpProtocolInfo out"),
    ("MS-10", "a lookup that relies on ws2_32, which never gives a foreign context out"),
    ("MS-12", "an application: the demonstration of WSADuplicateSocket"),
    ("MS-13", "a line of debug output"),
];

impl fmt::Display for ShapeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The faults of one provider.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ShapeFaults(u64);

const _: () = assert!(ShapeFault::ALL.len() <= 64, "a fault is a bit");

impl ShapeFaults {
    /// A faithful provider's.
    pub const NONE: Self = Self(0);

    /// Whether the provider has this fault.
    #[inline]
    #[must_use]
    pub const fn contains(self, fault: ShapeFault) -> bool {
        self.0 & (1 << fault as u32) != 0
    }

    /// Whether the provider is faithful.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a fault.
    pub fn insert(&mut self, fault: ShapeFault) {
        self.0 |= 1 << fault as u32;
    }

    /// The faults in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = ShapeFault> {
        ShapeFault::ALL.iter().copied().filter(move |&fault| self.contains(fault))
    }
}

impl FromIterator<ShapeFault> for ShapeFaults {
    fn from_iter<I: IntoIterator<Item = ShapeFault>>(faults: I) -> Self {
        let mut set = Self::NONE;
        faults.into_iter().for_each(|fault| set.insert(fault));
        set
    }
}

impl std::ops::BitOr for ShapeFaults {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for ShapeFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defects a shape or a reason must answer for.
    fn defects() -> Vec<String> {
        let listed = |group: &'static str, count| (1..=count).map(move |n| format!("{group}-{n}"));
        let scenarios = ["S64", "S65", "S74", "S80"].map(str::to_owned);
        listed("RO", 19).chain(listed("MS", 13)).chain(scenarios).collect()
    }

    #[test]
    fn every_listed_defect_is_a_fault_or_has_a_reason_and_not_both() {
        for defect in defects() {
            let of_shapes = ShapeFault::ALL.iter().any(|fault| fault.source().split(", ").any(|id| id == defect));
            let elsewhere = NOT_A_SHAPE.iter().any(|(id, _)| *id == defect);
            assert!(of_shapes != elsewhere, "{defect}");
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        for &fault in ShapeFault::ALL {
            let set: ShapeFaults = [fault].into_iter().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), [fault]);
            assert!(!set.is_empty());
        }
        assert!(ShapeFaults::NONE.is_empty());
    }

    #[test]
    fn a_sentence_is_one_readable_sentence() {
        for fault in ShapeFault::ALL {
            let sentence = fault.sentence();
            assert!(sentence.ends_with('.') && sentence.len() > 20 && sentence.len() < 240, "{fault}");
        }
    }
}
