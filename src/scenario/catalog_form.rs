//! Arguments of the calls on the catalogs: how each is written, and how it is built.

use std::sync::Arc;

use super::block::BlockArg;
use super::build::{Builder, Built, room_or};
use super::form::{Argument, RoomArg, TextArg};
use super::reader::{Reader, Shape};
use super::values::Obstacle;
use super::written::{constant, expected, unsigned};
use crate::abi::catalog::{
    ApplicationName, CatalogCall, LayerToInstall, PROVIDER_INFO_AUDIT, PROVIDER_INFO_LSP_CATEGORIES, Pointer,
    ProviderEntries,
};
use crate::abi::client::Call;
use crate::abi::consts::MAX_PATH;
use crate::abi::{Bytes, Guid, Info, LspCategories, ProtocolName, sizes};
use crate::model::Constant;
use crate::model::items::list;
use crate::model::source::Raw;

/// A pointer that can be NULL or wild.
#[derive(Clone, Debug)]
pub(super) struct PointerArg<T>(pub Pointer<T>);

impl<T: Pointed> Argument for PointerArg<T> {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        Some(Self(match Shape::of(raw) {
            Shape::Word("Null") => Pointer::Null,
            Shape::Word("Wild") => Pointer::Wild,
            shape => Pointer::To(T::read(shape, reader)?),
        }))
    }
}

/// What a pointer can point to.
pub(super) trait Pointed: Sized {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self>;
}

/// A provider id, or the name of a provider or of one of its entries.
#[derive(Clone, Debug)]
pub(super) enum ProviderArg {
    Id(Guid),
    Named(Arc<str>),
}

impl Pointed for ProviderArg {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let Shape::Text(literal) = shape else {
            return expected(reader, shape, "a provider's name or id, `Null` or `Wild`");
        };
        let text = reader.text(literal)?;
        Some(text.parse().map_or_else(|_| Self::Named((&*text).into()), Self::Id))
    }
}

impl Pointed for TextArg {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match shape {
            Shape::Text(literal) => reader.text(literal).map(|text| Self((&*text).into())),
            Shape::With { name: "Repeat", .. } => {
                let bytes = super::written::bytes(shape, reader)?;
                Some(Self(String::from_utf8_lossy(&bytes).into()))
            }
            other => expected(reader, other, "text, `Null` or `Wild`"),
        }
    }
}

/// Nothing but whether it is there.
impl Pointed for () {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        expected(reader, shape, "`Null` or `Wild`, or nothing")
    }
}

impl Pointed for LspCategories {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let Shape::Text(literal) = shape else { return expected(reader, shape, "LSP flags, `Null` or `Wild`") };
        match Self::parse(&reader.text(literal)?) {
            Ok(categories) => Some(categories),
            Err(why) => expected(reader, shape, &format!("LSP flags: {why}")),
        }
    }
}

/// A catalog id, or the name of its entry.
#[derive(Clone, Debug)]
pub(super) enum IdArg {
    Number(u32),
    Named(Arc<str>),
}

impl Pointed for IdArg {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match shape {
            Shape::Text(literal) => reader.text(literal).map(|text| Self::Named((&*text).into())),
            shape => unsigned(reader, shape, "a catalog id or the name of an entry").map(Self::Number),
        }
    }
}

impl Pointed for Constant {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        constant(shape, reader)
    }
}

impl Pointed for BlockArg {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        super::block::block(shape, reader)
    }
}

impl<T: Pointed> Pointed for Arc<[T]> {
    fn read<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let text = match shape {
            Shape::Other(text) => text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')),
            _ => None,
        };
        let Some(text) = text else { return expected(reader, shape, "a list, `Null` or `Wild`") };
        let items: Vec<Option<T>> = list(text).map(|item| T::read(Shape::of_text(&text[item]), reader)).collect();
        items.into_iter().collect()
    }
}

/// InfoType.
#[derive(Clone, Copy, Debug)]
pub(super) struct InfoTypeArg(pub u32);

impl Argument for InfoTypeArg {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match Shape::of(raw) {
            Shape::Word("ProviderInfoLspCategories") => Some(Self(PROVIDER_INFO_LSP_CATEGORIES)),
            Shape::Word("ProviderInfoAudit") => Some(Self(PROVIDER_INFO_AUDIT)),
            shape => unsigned(reader, shape, "ProviderInfoLspCategories, ProviderInfoAudit or a number").map(Self),
        }
    }
}

pub(super) type Provider = PointerArg<ProviderArg>;
pub(super) type Path = PointerArg<TextArg>;
pub(super) type Entries = PointerArg<Arc<[BlockArg]>>;
pub(super) type Protocols = PointerArg<Arc<[Constant]>>;
pub(super) type Ids = PointerArg<Arc<[IdArg]>>;
pub(super) type Out = PointerArg<()>;
pub(super) type Categories = PointerArg<LspCategories>;

/// What WSCInstallProviderAndChains is given.
pub(super) struct LayerArgs<'a> {
    pub provider: &'a Provider,
    pub path: Option<&'a Path>,
    pub path32: Option<&'a Path>,
    pub name: &'a Path,
    pub service_flags: u32,
    pub entries: Option<&'a Entries>,
    pub id: Option<&'a Out>,
}

impl Builder<'_> {
    fn provider_guid(&self, arg: &Provider) -> Built<Pointer<Guid>> {
        Ok(match &arg.0 {
            Pointer::Null => Pointer::Null,
            Pointer::Wild => Pointer::Wild,
            Pointer::To(ProviderArg::Id(id)) => Pointer::To(*id),
            Pointer::To(ProviderArg::Named(name)) => {
                let shape = self.machine.shapes.iter().find(|shape| shape.name == *name);
                Pointer::To(match shape {
                    Some(shape) => shape.provider_id,
                    None => self.entry(name)?.fields().provider_id,
                })
            }
        })
    }

    /// The path of a DLL; left out it is that of the provider.
    fn path(&self, arg: Option<&Path>, provider: &Provider) -> Pointer<Arc<str>> {
        match (arg, &provider.0) {
            (Some(arg), _) => text(Some(arg)),
            (None, Pointer::To(ProviderArg::Named(name))) => {
                let shape = self.machine.shapes.iter().find(|shape| shape.name == *name);
                shape.map_or(Pointer::Null, |shape| Pointer::To(Arc::clone(&shape.path)))
            }
            (None, _) => Pointer::Null,
        }
    }

    fn infos(&self, arg: Option<&Entries>) -> Built<Pointer<Arc<[Info]>>> {
        Ok(match arg.map(|arg| &arg.0) {
            None | Some(Pointer::Null) => Pointer::Null,
            Some(Pointer::Wild) => Pointer::Wild,
            Some(Pointer::To(list)) => {
                let infos: Built<Vec<Option<Info>>> = list.iter().map(|block| self.info(Some(block))).collect();
                Pointer::To(infos?.into_iter().flatten().collect())
            }
        })
    }

    fn provider_entries(
        &self,
        provider: &Provider,
        path: Option<&Path>,
        entries: Option<&Entries>,
    ) -> Built<ProviderEntries> {
        let path = self.path(path, provider);
        Ok(ProviderEntries { provider: self.provider_guid(provider)?, path, entries: self.infos(entries)? })
    }

    pub(super) fn install_and_chains(&self, both: bool, args: &LayerArgs<'_>) -> Built<Call> {
        let layer = Box::new(LayerToInstall {
            what: self.provider_entries(args.provider, args.path, args.entries)?,
            path32: text(args.path32),
            name: text(Some(args.name)),
            service_flags: args.service_flags,
            id: out(args.id),
        });
        Ok(call(CatalogCall::InstallAndChains { both, layer }))
    }

    pub(super) fn install(
        &self,
        both: bool,
        provider: &Provider,
        path: Option<&Path>,
        entries: Option<&Entries>,
    ) -> Built<Call> {
        Ok(call(CatalogCall::Install { both, what: self.provider_entries(provider, path, entries)? }))
    }

    pub(super) fn update(
        &self,
        narrow: bool,
        provider: &Provider,
        path: Option<&Path>,
        entries: Option<&Entries>,
    ) -> Built<Call> {
        Ok(call(CatalogCall::Update { narrow, what: self.provider_entries(provider, path, entries)? }))
    }

    pub(super) fn deinstall(&self, narrow: bool, provider: &Provider, errno: bool) -> Built<Call> {
        Ok(call(CatalogCall::Deinstall { narrow, provider: self.provider_guid(provider)?, errno }))
    }

    pub(super) fn write_order(&self, narrow: bool, ids: &Ids) -> Built<Call> {
        Ok(call(CatalogCall::WriteOrder { narrow, ids: self.catalog_ids(ids)? }))
    }

    pub(super) fn provider_path(&self, narrow: bool, provider: &Provider, room: Option<RoomArg>) -> Built<Call> {
        let (provider, room) = (self.provider_guid(provider)?, room_or(room, MAX_PATH as u32));
        Ok(call(CatalogCall::GetPath { narrow, provider, room }))
    }

    pub(super) fn provider_info(
        &self,
        narrow: bool,
        provider: &Provider,
        kind: Option<InfoTypeArg>,
        room: Option<RoomArg>,
    ) -> Built<Call> {
        let (provider, kind) = (self.provider_guid(provider)?, info_type(kind));
        Ok(call(CatalogCall::GetInfo { narrow, provider, kind, room: room_or(room, sizes::DWORD as u32) }))
    }

    pub(super) fn set_provider_info(
        &self,
        narrow: bool,
        provider: &Provider,
        kind: Option<InfoTypeArg>,
        info: Pointer<Bytes>,
    ) -> Built<Call> {
        let (provider, kind) = (self.provider_guid(provider)?, info_type(kind));
        Ok(call(CatalogCall::SetInfo { narrow, provider, kind, info }))
    }

    fn catalog_ids(&self, arg: &Ids) -> Built<Pointer<Arc<[u32]>>> {
        Ok(match &arg.0 {
            Pointer::Null => Pointer::Null,
            Pointer::Wild => Pointer::Wild,
            Pointer::To(list) => {
                let id = |arg: &IdArg| match arg {
                    IdArg::Number(id) => Ok(*id),
                    IdArg::Named(name) => self.entry(name).map(|info| info.catalog_entry_id()),
                };
                Pointer::To(list.iter().map(id).collect::<Built<_>>()?)
            }
        })
    }

    /// The catalog record with a name: in the catalog of the caller's width as it is now, or was at first.
    pub(super) fn entry(&self, name: &Arc<str>) -> Built<Info> {
        let wanted = ProtocolName::from(&**name);
        let own = [self.installed.catalog(self.width), self.machine.catalog_for(self.width)];
        let all = own.into_iter().chain([&self.machine.catalog, &self.machine.catalog32]);
        let mut entries = all.flat_map(|catalog| catalog.entries()).map(|entry| &entry.info);
        let found = entries.find(|info| info.fields().protocol_name == wanted);
        found.cloned().ok_or_else(|| Obstacle::NotInModel(Arc::clone(name)))
    }
}

/// WSCEnumProtocols.
pub(super) fn enum_protocols(narrow: bool, protocols: Option<&Protocols>, room: Option<RoomArg>) -> Call {
    call(CatalogCall::Enum { narrow, protocols: self::protocols(protocols), room: room_or(room, u32::MAX) })
}

/// WSCGetApplicationCategory.
pub(super) fn application_category(path: &Path, extra: Option<&Path>, out: bool) -> Call {
    call(CatalogCall::GetCategory { application: application(path, extra), out })
}

/// WSCSetApplicationCategory.
pub(super) fn set_application_category(
    path: &Path,
    extra: Option<&Path>,
    categories: LspCategories,
    previous: Option<&Out>,
) -> Call {
    let (application, previous) = (application(path, extra), out(previous));
    call(CatalogCall::SetCategory { application, categories, previous })
}

fn call(call: CatalogCall) -> Call {
    Call::Catalog(Box::new(call))
}

fn info_type(kind: Option<InfoTypeArg>) -> u32 {
    kind.map_or(PROVIDER_INFO_LSP_CATEGORIES, |kind| kind.0)
}

/// Text; left out it is NULL.
fn text(arg: Option<&Path>) -> Pointer<Arc<str>> {
    match arg.map(|arg| &arg.0) {
        None | Some(Pointer::Null) => Pointer::Null,
        Some(Pointer::Wild) => Pointer::Wild,
        Some(Pointer::To(text)) => Pointer::To(Arc::clone(&text.0)),
    }
}

/// Room for a result; left out there is some.
fn out(arg: Option<&Out>) -> Pointer<()> {
    arg.map_or(Pointer::To(()), |arg| arg.0)
}

/// The numbers of protocols; left out they are NULL.
pub(super) fn protocols(arg: Option<&Protocols>) -> Pointer<Arc<[i32]>> {
    match arg.map(|arg| &arg.0) {
        None | Some(Pointer::Null) => Pointer::Null,
        Some(Pointer::Wild) => Pointer::Wild,
        Some(Pointer::To(list)) => Pointer::To(list.iter().map(|protocol| protocol.0).collect()),
    }
}

/// The value of ProviderInfoLspCategories.
pub(super) fn info(arg: &Categories, size: Option<u32>) -> Pointer<Bytes> {
    match arg.0 {
        Pointer::Null => Pointer::Null,
        Pointer::Wild => Pointer::Wild,
        Pointer::To(categories) => {
            let word = Bytes::word(categories.bits());
            Pointer::To(size.map_or(word.clone(), |size| word.truncated(size as usize)))
        }
    }
}

/// Path and Extra.
fn application(path: &Path, extra: Option<&Path>) -> ApplicationName {
    ApplicationName { path: text(Some(path)), extra: text(extra) }
}
