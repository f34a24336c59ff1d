//! What a duplication is, and what its socket shares.

macro_rules! sharing {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    reference_taken: ReferenceTaken, "A8", "When does a duplication take its reference on the shared socket?" {
        /// At WSPDuplicateSocket; the pending duplication owns it until it is used or its target dies.
        #[default]
        AtDuplicate,
        /// At the target's WSPSocket: a source that closes first loses the socket.
        AtOpen,
    } windows: AtDuplicate
    block_reuse: BlockReuse, "R3, usage 5e", "What does a second open with the same block give?" {
        /// WSAEINVAL.
        #[default]
        Refuse,
        /// The descriptor of the first open once more.
        SameDescriptor,
        /// A second descriptor of the same shared socket.
        SecondDescriptor,
    } windows: Refuse
    wrong_process: WrongProcess, "R2, A11", "What happens when a process opens a block made for another?" {
        /// WSAEINVAL; the right process can still open it.
        #[default]
        Refuse,
        /// WSAEINVAL, and the block is spent.
        RefuseAndConsume,
        /// The process gets the descriptor.
        Allow,
    } windows: Refuse
    failed_open: FailedOpen, "usage 5d", "Does an open that fails spend the block?" {
        /// Exactly when the base provider's open had succeeded.
        #[default]
        ConsumedOnceBaseOpened,
        /// Never.
        NeverConsumed,
        /// Always, once the block was recognised.
        AlwaysConsumed,
    } windows: ConsumedOnceBaseOpened
    unknown_process: UnknownProcess, "A11, usage 5g 5j", "What does duplicating for an unknown or exited process id give?" {
        /// WSAEINVAL.
        #[default]
        Wsaeinval,
        /// WSAENETDOWN.
        Wsaenetdown,
    } windows: Wsaeinval
    target_identity: TargetIdentity, "usage S14", "What identifies the target of a duplication?" {
        /// The incarnation: a process that gets the same id later is another one.
        #[default]
        Incarnation,
        /// The process id alone.
        Number,
    } windows: Incarnation
    duplicate_inheritable: DuplicateInheritable, "usage 5h, U18", "Is the descriptor opened from a block inheritable?" {
        /// Yes, unless WSA_FLAG_NO_HANDLE_INHERIT is given.
        #[default]
        Yes,
        /// No.
        No,
    } windows: Yes
    explicit_triple: ExplicitTriple, "R23, usage S28, O55", "What if family, type or protocol given at an open contradict the block?" {
        /// WSAEINVAL, and the block is not spent.
        #[default]
        Refuse,
        /// The block wins.
        Ignore,
    } windows: Ignore
    token_place: TokenPlace, "A28, RO-6", "Where does a base provider keep its token in the block?" {
        /// In dwProviderReserved.
        #[default]
        ProviderReserved,
        /// In dwServiceFlags3 and dwServiceFlags4: lost under a layer that follows the documentation.
        ServiceFlags,
    } windows: ProviderReserved
    duplicate_needs_handle: DuplicateNeedsHandle, "WSPDuplicateSocket, A11", "Does the base need a free handle of the source's to make a duplicate?" {
        /// No.
        #[default]
        No,
        /// Yes, to open the target process: WSAEMFILE without one.
        Yes,
    } windows: No
    blocking_mode: BlockingMode, "R12, usage 5a", "Whose is the blocking mode?" {
        /// The shared socket's: common to all descriptors.
        #[default]
        Shared,
        /// Each descriptor's own.
        PerDescriptor,
    } windows: Shared
    repeated_listen: RepeatedListen, "usage 5b", "What does WSPListen on a listening shared socket give?" {
        /// Success, and the new backlog counts.
        #[default]
        Success,
        /// WSAEINVAL.
        Wsaeinval,
    } windows: Success
    } };
}
