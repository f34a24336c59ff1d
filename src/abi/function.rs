//! The entries of a provider and the upcalls it may make.
//!
//! Pages: ws2spi wspproc_table, wspupcalltable, wspstartup, wpucompleteoverlappedrequest.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

macro_rules! functions {
    (
        $(#[$meta:meta])*
        $type:ident
        in table { $($variant:ident $name:literal,)+ }
        beside { $($other:ident $other_name:literal,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum $type {
            $(#[doc = concat!($name, ".")] #[doc(alias = $name)] #[serde(rename = $name)] $variant,)+
            $(
                #[doc = concat!($other_name, ", not in the table.")]
                #[serde(rename = $other_name)]
                $other,
            )+
        }

        impl $type {
            /// All of them: the table in its order, then the rest.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+ $(Self::$other,)+];

            /// How many the table has.
            pub const TABLE_LEN: usize = [$(Self::$variant),+].len();

            /// The Windows name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ $(Self::$other => $other_name,)+ }
            }

            /// The one with a Windows name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ $($other_name => Some(Self::$other),)+ _ => None }
            }

            /// The position in the table.
            #[must_use]
            pub const fn index(self) -> Option<usize> {
                let position = self as usize;
                if position < Self::TABLE_LEN { Some(position) } else { None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

functions! {
    /// An entry of a provider, by its Windows name: WSPPROC_TABLE, WSPStartup, and the extension functions.
    SpiFunction
    in table {
        WspAccept "WSPAccept",
        WspAddressToString "WSPAddressToString",
        WspAsyncSelect "WSPAsyncSelect",
        WspBind "WSPBind",
        WspCancelBlockingCall "WSPCancelBlockingCall",
        WspCleanup "WSPCleanup",
        WspCloseSocket "WSPCloseSocket",
        WspConnect "WSPConnect",
        WspDuplicateSocket "WSPDuplicateSocket",
        WspEnumNetworkEvents "WSPEnumNetworkEvents",
        WspEventSelect "WSPEventSelect",
        WspGetOverlappedResult "WSPGetOverlappedResult",
        WspGetPeerName "WSPGetPeerName",
        WspGetSockName "WSPGetSockName",
        WspGetSockOpt "WSPGetSockOpt",
        WspGetQosByName "WSPGetQOSByName",
        WspIoctl "WSPIoctl",
        WspJoinLeaf "WSPJoinLeaf",
        WspListen "WSPListen",
        WspRecv "WSPRecv",
        WspRecvDisconnect "WSPRecvDisconnect",
        WspRecvFrom "WSPRecvFrom",
        WspSelect "WSPSelect",
        WspSend "WSPSend",
        WspSendDisconnect "WSPSendDisconnect",
        WspSendTo "WSPSendTo",
        WspSetSockOpt "WSPSetSockOpt",
        WspShutdown "WSPShutdown",
        WspSocket "WSPSocket",
        WspStringToAddress "WSPStringToAddress",
    }
    beside {
        WspStartup "WSPStartup",
        AcceptEx "AcceptEx",
        ConnectEx "ConnectEx",
        DisconnectEx "DisconnectEx",
        GetAcceptExSockaddrs "GetAcceptExSockaddrs",
    }
}

functions! {
    /// A service ws2_32 offers to providers, by its Windows name: WSPUPCALLTABLE and WPUCompleteOverlappedRequest.
    Upcall
    in table {
        WpuCloseEvent "WPUCloseEvent",
        WpuCloseSocketHandle "WPUCloseSocketHandle",
        WpuCreateEvent "WPUCreateEvent",
        WpuCreateSocketHandle "WPUCreateSocketHandle",
        WpuFdIsSet "WPUFDIsSet",
        WpuGetProviderPath "WPUGetProviderPath",
        WpuModifyIfsHandle "WPUModifyIFSHandle",
        WpuPostMessage "WPUPostMessage",
        WpuQueryBlockingCallback "WPUQueryBlockingCallback",
        WpuQuerySocketHandleContext "WPUQuerySocketHandleContext",
        WpuQueueApc "WPUQueueApc",
        WpuResetEvent "WPUResetEvent",
        WpuSetEvent "WPUSetEvent",
        WpuOpenCurrentThread "WPUOpenCurrentThread",
        WpuCloseThread "WPUCloseThread",
    }
    beside { WpuCompleteOverlappedRequest "WPUCompleteOverlappedRequest", }
}

/// A set of provider entries. In serde a list of names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EntrySet(u64);

impl SpiFunction {
    /// Whether it is called through a pointer that SIO_GET_EXTENSION_FUNCTION_POINTER has given.
    #[must_use]
    pub const fn is_extension(self) -> bool {
        super::Extension::of(self).is_some()
    }
}

impl EntrySet {
    /// No entry.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// Every entry of the table, and WSPStartup. An extension function belongs to whoever hands out its pointer.
    #[must_use]
    pub const fn all() -> Self {
        Self((1 << (SpiFunction::TABLE_LEN + 1)) - 1)
    }

    /// Adds an entry.
    pub const fn insert(&mut self, entry: SpiFunction) {
        self.0 |= 1 << entry as u64;
    }

    /// Takes an entry out.
    pub const fn remove(&mut self, entry: SpiFunction) {
        self.0 &= !(1 << entry as u64);
    }

    /// Whether an entry is in the set.
    #[must_use]
    pub const fn contains(self, entry: SpiFunction) -> bool {
        self.0 & 1 << entry as u64 != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many entries the set has.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The entries in table order, WSPStartup last.
    pub fn iter(self) -> impl Iterator<Item = SpiFunction> {
        SpiFunction::ALL.iter().copied().filter(move |entry| self.contains(*entry))
    }
}

impl FromIterator<SpiFunction> for EntrySet {
    fn from_iter<I: IntoIterator<Item = SpiFunction>>(entries: I) -> Self {
        let mut set = Self::none();
        entries.into_iter().for_each(|entry| set.insert(entry));
        set
    }
}

impl fmt::Debug for EntrySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for EntrySet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for EntrySet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<SpiFunction>::deserialize(deserializer)?.into_iter().collect())
    }
}
