//! The questions the documentation leaves open, each with the answers that can be chosen; the first is the default.

macro_rules! questions {
    ($($field:ident: $type:ident { $first:ident $(, $other:ident)+ })+) => {
        $(
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub enum $type { #[default] $first $(, $other)+ }

            impl $type {
                const ALL: &'static [Self] = &[Self::$first $(, Self::$other)+];
            }
        )+

        /// One answer to each question.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Answers { $(pub $field: $type),+ }

        impl Answers {
            /// The names of the questions.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];

            /// How many answers each question has.
            pub const COUNTS: &'static [usize] = &[$($type::ALL.len()),+];

            /// Answers by their positions in the lists; what is missing or too large is the default.
            pub fn at(positions: &[usize]) -> Self {
                let mut positions = positions.iter();
                Self { $($field: positions.next().and_then(|&at| $type::ALL.get(at)).copied().unwrap_or_default()),+ }
            }
        }
    };
}

questions! {
    // When does a block begin to count as a reference on the shared socket?
    reference_taken: ReferenceTaken { AtDuplicate, AtOpen }
    // What does a second open with the same block give?
    block_reuse: BlockReuse { Refuse, SameDescriptor, SecondDescriptor }
    // What happens when a process opens a block made for another?
    wrong_process: WrongProcess { Refuse, RefuseAndConsume, Allow }
    // Does an open that fails spend the block?
    failed_open: FailedOpen { ConsumedOnceBaseOpened, NeverConsumed, AlwaysConsumed }
    // What does duplicating for an unknown or ended process give?
    unknown_process: UnknownProcess { Wsaeinval, Wsaenetdown }
    // What identifies the target of a block?
    target_identity: TargetIdentity { Incarnation, Number }
    // Can children inherit a descriptor that was opened from a block?
    duplicate_inheritable: DuplicateInheritable { Yes, No }
    // Whose is the blocking mode?
    blocking_mode: BlockingMode { Shared, PerDescriptor }
    // What does WSPListen on a listening socket give?
    repeated_listen: RepeatedListen { Success, Wsaeinval }
    // What becomes of a registration when the descriptor that made it goes and others remain?
    registrant_closes: RegistrantCloses { Cancelled, Kept }
    // What if family, type or protocol beside a block contradict it?
    explicit_triple: ExplicitTriple { Refuse, Ignore }
    // Is SO_LINGER on in a new socket?
    linger_default: LingerDefault { Off, On }
    // Which table of bind conflicts holds?
    bind_matrix: BindMatrix { Server2003, WindowsXp }
    // What if WSPEnumNetworkEvents is given an event that is not the registered one?
    foreign_event: ForeignEvent { Reset, Wsaeinval }
    // Does a datagram to a closed port make the sender's next receive fail?
    udp_port_unreachable: UdpPortUnreachable { Reported, Ignored }
}
