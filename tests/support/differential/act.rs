//! What can happen in a comparison: acts, made from five small numbers each.
//!
//! Processes, descriptors, events, windows and blocks are meant by small indexes into what exists when the act comes
//! up, so that a sequence stays meaningful when acts are dropped from it.

use std::fmt;

/// One act: what, and up to four indexes or choices.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Act {
    pub what: What,
    /// Who: a process.
    pub by: u8,
    /// On what: a descriptor, a block, an event, a window.
    pub on: u8,
    /// With what: a target process, an option, an event, a port.
    pub with: u8,
    /// How: a value, flags.
    pub how: u8,
}

macro_rules! acts {
    ($($what:ident $weight:literal $meaning:literal;)+) => {
        /// The kinds of acts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum What { $($what),+ }

        /// Each kind as often as it should come up.
        const WEIGHTED: &[What] = &{
            const TOTAL: usize = 0 $(+ $weight)+;
            let mut all = [What::Startup; TOTAL];
            let mut at = 0;
            $(
                let mut copies = 0;
                while copies < $weight {
                    all[at] = What::$what;
                    at += 1;
                    copies += 1;
                }
            )+
            all
        };

        impl What {
            /// What an act of this kind does, with its indexes as `{by}`, `{on}`, `{with}`, `{how}`.
            fn meaning(self) -> &'static str {
                match self { $(Self::$what => $meaning),+ }
            }
        }
    };
}

acts! {
    Startup 3 "process {by}: WSAStartup";
    Cleanup 2 "process {by}: WSACleanup";
    Start 3 "a process appears (of {with}'s id, {how})";
    End 3 "process {by} ends ({how})";
    CreateProcess 2 "process {by}: CreateProcess ({how})";
    Resume 1 "process {by}: resumes {with}";
    OpenProcess 1 "process {by}: OpenProcess {with}";
    Socket 8 "process {by}: WSPSocket ({how})";
    Duplicate 14 "process {by}: WSPDuplicateSocket of descriptor {on} for process {with} ({how})";
    Open 18 "process {by}: WSPSocket with block {on} ({with}, {how})";
    Tamper 1 "process {by}: WSPSocket with block {on} altered ({how})";
    Close 9 "process {by}: WSPCloseSocket of descriptor {on}";
    SetOption 5 "process {by}: option {with} of descriptor {on} set to {how}";
    GetOption 1 "process {by}: option {with} of descriptor {on} read";
    SetMode 4 "process {by}: FIONBIO {how} on descriptor {on}";
    Bind 4 "process {by}: WSPBind of descriptor {on} ({how})";
    Listen 2 "process {by}: WSPListen on descriptor {on}";
    SendTo 3 "process {by}: WSPSendTo port {with} from descriptor {on}";
    Receive 3 "process {by}: WSPRecv from descriptor {on}";
    CreateEvent 2 "process {by}: WSACreateEvent";
    CloseEvent 1 "process {by}: WSACloseEvent of event {on}";
    SetEvent 1 "process {by}: event {on} set or reset ({how})";
    EventSelect 5 "process {by}: WSPEventSelect on descriptor {on} with event {with} (mask {how})";
    Enumerate 3 "process {by}: WSPEnumNetworkEvents on descriptor {on} with event {with}";
    CreateWindow 1 "process {by}: CreateWindow";
    DestroyWindow 1 "process {by}: DestroyWindow {on}";
    AsyncSelect 3 "process {by}: WSPAsyncSelect on descriptor {on} with window {with} (mask {how})";
    TakeMessage 1 "process {by}: PeekMessage of window {on}";
    CopyHandle 2 "process {by}: DuplicateHandle of handle {on} for process {with} ({how})";
    SetInheritable 1 "process {by}: SetHandleInformation of handle {on} ({how})";
    CloseHandle 2 "process {by}: CloseHandle of handle {on}";
}

impl Act {
    /// Numbers below this make every kind of act, each as often as it should come up.
    pub const KINDS: u8 = WEIGHTED.len() as u8;

    /// An act from any five numbers.
    pub fn new([what, by, on, with, how]: [u8; 5]) -> Self {
        Self { what: WEIGHTED[usize::from(what) % WEIGHTED.len()], by, on, with, how }
    }

    /// Acts from bytes, five each; what is left over is ignored.
    pub fn sequence(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        bytes.as_chunks().0.iter().copied().map(Self::new)
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.what.meaning();
        let text = text.replace("{by}", &self.by.to_string()).replace("{on}", &self.on.to_string());
        f.write_str(&text.replace("{with}", &self.with.to_string()).replace("{how}", &self.how.to_string()))
    }
}
