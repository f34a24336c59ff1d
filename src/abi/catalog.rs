//! The calls that configure the catalog (WSC): by name, and with their arguments.
//!
//! Pages: ws2spi and sporder, one for each function. A 64-bit ws2_32 has a second form of most of them, with 32 at
//! the end, for the catalog of the machine's 32-bit processes.

use std::fmt;
use std::sync::Arc;

use super::{Bytes, Guid, Info, LspCategories, Room};
use crate::world::program::Width;

macro_rules! catalog_functions {
    ($($variant:ident $name:literal,)+) => {
        /// A function of the catalog, by its Windows name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum CatalogFunction {
            $(#[doc = concat!($name, ".")] #[doc(alias = $name)] $variant,)+
        }

        impl CatalogFunction {
            /// All of them, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The Windows name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

catalog_functions! {
    DeinstallProvider "WSCDeinstallProvider",
    DeinstallProvider32 "WSCDeinstallProvider32",
    EnumProtocols "WSCEnumProtocols",
    EnumProtocols32 "WSCEnumProtocols32",
    GetApplicationCategory "WSCGetApplicationCategory",
    GetProviderInfo "WSCGetProviderInfo",
    GetProviderInfo32 "WSCGetProviderInfo32",
    GetProviderPath "WSCGetProviderPath",
    GetProviderPath32 "WSCGetProviderPath32",
    InstallProvider "WSCInstallProvider",
    InstallProvider6432 "WSCInstallProvider64_32",
    InstallProviderAndChains "WSCInstallProviderAndChains",
    InstallProviderAndChains6432 "WSCInstallProviderAndChains64_32",
    SetApplicationCategory "WSCSetApplicationCategory",
    SetProviderInfo "WSCSetProviderInfo",
    SetProviderInfo32 "WSCSetProviderInfo32",
    UpdateProvider "WSCUpdateProvider",
    UpdateProvider32 "WSCUpdateProvider32",
    WriteProviderOrder "WSCWriteProviderOrder",
    WriteProviderOrder32 "WSCWriteProviderOrder32",
}

impl CatalogFunction {
    /// The width a ws2_32 must have to export the function; `None`: either has it. A 32-bit process reaches the
    /// 32-bit catalog alone, by the plain names.
    #[must_use]
    pub const fn needs(self) -> Option<Width> {
        match self {
            Self::DeinstallProvider32
            | Self::EnumProtocols32
            | Self::GetProviderInfo32
            | Self::GetProviderPath32
            | Self::InstallProvider6432
            | Self::InstallProviderAndChains6432
            | Self::SetProviderInfo32
            | Self::UpdateProvider32
            | Self::WriteProviderOrder32 => Some(Width::Bits64),
            Self::InstallProviderAndChains => Some(Width::Bits32),
            _ => None,
        }
    }
}

impl fmt::Display for CatalogFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A pointer argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pointer<T> {
    /// NULL.
    #[default]
    Null,
    /// Outside user memory.
    Wild,
    /// To something.
    To(T),
}

impl<T> Pointer<T> {
    /// What it points to.
    #[must_use]
    pub const fn get(&self) -> Option<&T> {
        match self {
            Self::To(value) => Some(value),
            Self::Null | Self::Wild => None,
        }
    }

    /// Whether reading it faults.
    #[must_use]
    pub const fn is_wild(&self) -> bool {
        matches!(self, Self::Wild)
    }
}

/// lpProviderId, the path of a DLL, and the entries it provides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProviderEntries {
    /// lpProviderId.
    pub provider: Pointer<Guid>,
    /// lpszProviderDllPath.
    pub path: Pointer<Arc<str>>,
    /// lpProtocolInfoList with dwNumberOfEntries elements.
    pub entries: Pointer<Arc<[Info]>>,
}

/// The arguments of WSCInstallProviderAndChains.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LayerToInstall {
    /// lpProviderId, lpszProviderDllPath, lpProtocolInfoList.
    pub what: ProviderEntries,
    /// lpszProviderDllPath32, of the 64_32 form.
    pub path32: Pointer<Arc<str>>,
    /// lpszLspName.
    pub name: Pointer<Arc<str>>,
    /// dwServiceFlags: XP1_IFS_HANDLES or nothing.
    pub service_flags: u32,
    /// lpdwCatalogEntryId: whether the id is wanted. `Wild` faults.
    pub id: Pointer<()>,
}

/// How an application is named to the catalog: Path and Extra.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApplicationName {
    /// Path, as long as PathLength says.
    pub path: Pointer<Arc<str>>,
    /// Extra, as long as ExtraLength says; NULL is empty.
    pub extra: Pointer<Arc<str>>,
}

/// A call of a client that reads or changes the catalogs. `narrow` is the form in 32.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CatalogCall {
    /// WSCInstallProvider; `both`: WSCInstallProvider64_32.
    Install {
        /// Into both catalogs.
        both: bool,
        /// What.
        what: ProviderEntries,
    },
    /// WSCInstallProviderAndChains; `both`: WSCInstallProviderAndChains64_32.
    InstallAndChains {
        /// Into both catalogs.
        both: bool,
        /// What.
        layer: Box<LayerToInstall>,
    },
    /// WSCDeinstallProvider.
    Deinstall {
        /// From the 32-bit catalog.
        narrow: bool,
        /// lpProviderId.
        provider: Pointer<Guid>,
        /// Whether lpErrno can be written.
        errno: bool,
    },
    /// WSCUpdateProvider.
    Update {
        /// In the 32-bit catalog.
        narrow: bool,
        /// What.
        what: ProviderEntries,
    },
    /// WSCWriteProviderOrder.
    WriteOrder {
        /// In the 32-bit catalog.
        narrow: bool,
        /// lpwdCatalogEntryId with dwNumberOfEntries elements.
        ids: Pointer<Arc<[u32]>>,
    },
    /// WSCEnumProtocols.
    Enum {
        /// The 32-bit catalog.
        narrow: bool,
        /// lpiProtocols; NULL: all.
        protocols: Pointer<Arc<[i32]>>,
        /// lpdwBufferLength, bytes; `None`: NULL.
        room: Room,
    },
    /// WSCGetProviderPath.
    GetPath {
        /// In the 32-bit catalog.
        narrow: bool,
        /// lpProviderId.
        provider: Pointer<Guid>,
        /// lpProviderDllPathLen, characters; `None`: NULL.
        room: Room,
    },
    /// WSCGetProviderInfo.
    GetInfo {
        /// In the 32-bit catalog.
        narrow: bool,
        /// lpProviderId.
        provider: Pointer<Guid>,
        /// InfoType.
        kind: u32,
        /// InfoSize, bytes; `None`: Info is NULL.
        room: Room,
    },
    /// WSCSetProviderInfo.
    SetInfo {
        /// In the 32-bit catalog.
        narrow: bool,
        /// lpProviderId.
        provider: Pointer<Guid>,
        /// InfoType.
        kind: u32,
        /// Info with InfoSize bytes.
        info: Pointer<Bytes>,
    },
    /// WSCGetApplicationCategory.
    GetCategory {
        /// Whose.
        application: ApplicationName,
        /// Whether pPermittedLspCategories can be written.
        out: bool,
    },
    /// WSCSetApplicationCategory.
    SetCategory {
        /// Whose.
        application: ApplicationName,
        /// PermittedLspCategories.
        categories: LspCategories,
        /// pPrevPermLspCat: whether what it was is wanted. `Wild` faults.
        previous: Pointer<()>,
    },
}

/// ProviderInfoLspCategories.
pub const PROVIDER_INFO_LSP_CATEGORIES: u32 = 0;

/// ProviderInfoAudit, which no system has.
pub const PROVIDER_INFO_AUDIT: u32 = 1;

impl CatalogCall {
    /// The function it is a call of.
    #[must_use]
    pub const fn function(&self) -> CatalogFunction {
        use CatalogFunction as F;
        let (second, plain, other) = match self {
            Self::Install { both, .. } => (*both, F::InstallProvider, F::InstallProvider6432),
            Self::InstallAndChains { both, .. } => {
                (*both, F::InstallProviderAndChains, F::InstallProviderAndChains6432)
            }
            Self::Deinstall { narrow, .. } => (*narrow, F::DeinstallProvider, F::DeinstallProvider32),
            Self::Update { narrow, .. } => (*narrow, F::UpdateProvider, F::UpdateProvider32),
            Self::WriteOrder { narrow, .. } => (*narrow, F::WriteProviderOrder, F::WriteProviderOrder32),
            Self::Enum { narrow, .. } => (*narrow, F::EnumProtocols, F::EnumProtocols32),
            Self::GetPath { narrow, .. } => (*narrow, F::GetProviderPath, F::GetProviderPath32),
            Self::GetInfo { narrow, .. } => (*narrow, F::GetProviderInfo, F::GetProviderInfo32),
            Self::SetInfo { narrow, .. } => (*narrow, F::SetProviderInfo, F::SetProviderInfo32),
            Self::GetCategory { .. } => return F::GetApplicationCategory,
            Self::SetCategory { .. } => return F::SetApplicationCategory,
        };
        if second { other } else { plain }
    }

    /// The width of the catalog it is about, for a caller of a width. The forms for both are about the caller's and
    /// the other one.
    #[must_use]
    pub const fn width(&self, caller: Width) -> Width {
        match self {
            Self::Deinstall { narrow: true, .. }
            | Self::Update { narrow: true, .. }
            | Self::WriteOrder { narrow: true, .. }
            | Self::Enum { narrow: true, .. }
            | Self::GetPath { narrow: true, .. }
            | Self::GetInfo { narrow: true, .. }
            | Self::SetInfo { narrow: true, .. } => Width::Bits32,
            _ => caller,
        }
    }
}
