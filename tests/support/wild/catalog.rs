//! Wild calls on the catalogs.

use std::sync::Arc;

use wspsim::abi::catalog::{ApplicationName, CatalogCall, LayerToInstall, Pointer, ProviderEntries};
use wspsim::abi::{Bytes, Guid, Info, LspCategories, ProtocolChain};
use wspsim::world::program::Width;

use super::Wild;

impl Wild<'_> {
    /// Any call, with arguments that make sense more often than not.
    pub(super) fn catalog(&mut self) -> CatalogCall {
        let (narrow, both) = (self.input.rarely(4), self.input.rarely(2));
        match self.input.byte() {
            0..=59 => CatalogCall::Install { both, what: self.entries() },
            60..=119 => CatalogCall::InstallAndChains { both: !self.input.rarely(8), layer: Box::new(self.layer()) },
            120..=149 => CatalogCall::Deinstall { narrow, provider: self.provider(), errno: !self.input.rarely(16) },
            150..=169 => CatalogCall::Update { narrow, what: self.entries() },
            170..=189 => CatalogCall::WriteOrder { narrow, ids: self.order(narrow) },
            190..=199 => {
                let protocols = if self.input.rarely(2) { Pointer::Null } else { Pointer::To(Arc::from([6, 17])) };
                CatalogCall::Enum { narrow, protocols, room: self.input.pick(&[None, Some(0), Some(u32::MAX)]) }
            }
            200..=209 => {
                CatalogCall::GetPath { narrow, provider: self.provider(), room: self.input.pick(&[Some(260), Some(3)]) }
            }
            210..=219 => {
                let kind = self.input.pick(&[0, 0, 0, 1, 7]);
                CatalogCall::GetInfo {
                    narrow,
                    provider: self.provider(),
                    kind,
                    room: self.input.pick(&[None, Some(4)]),
                }
            }
            220..=234 => {
                let info = Pointer::To(Bytes::word(self.input.byte().into()));
                CatalogCall::SetInfo { narrow, provider: self.provider(), kind: 0, info }
            }
            235..=239 => CatalogCall::GetCategory { application: application(), out: true },
            _ => {
                let categories = LspCategories::from_bits_retain(self.input.byte().into());
                CatalogCall::SetCategory { application: application(), categories, previous: Pointer::To(()) }
            }
        }
    }

    fn provider(&mut self) -> Pointer<Guid> {
        if self.input.rarely(32) {
            return self.input.pick(&[Pointer::Null, Pointer::Wild]);
        }
        if self.input.rarely(2) {
            return Pointer::To(Guid::from_u128(u128::from(self.input.byte() % 8)));
        }
        let entries = self.installed();
        match entries.len() {
            0 => Pointer::Null,
            len => Pointer::To(entries[usize::from(self.input.byte()) % len].fields().provider_id),
        }
    }

    fn installed(&self) -> Vec<Info> {
        let catalog = self.world.installed().catalog(Width::Bits64);
        catalog.entries().iter().map(|entry| entry.info.clone()).collect()
    }

    fn path(&mut self) -> Pointer<Arc<str>> {
        let (at, gone) = (usize::from(self.input.byte()), self.input.rarely(4));
        let shapes = &self.world.machine().shapes;
        let path = shapes.get(at % shapes.len().max(1)).filter(|_| !gone).map(|shape| Arc::clone(&shape.path));
        Pointer::To(path.unwrap_or_else(|| "gone.dll".into()))
    }

    fn entries(&mut self) -> ProviderEntries {
        let known = self.installed();
        let mut entries = Vec::new();
        for _ in 0..=self.input.byte() % 3 {
            let at = usize::from(self.input.byte());
            let mut info =
                known.get(at % known.len().max(1)).cloned().unwrap_or_else(|| self.world.machine().blank.clone());
            let id = |input: u8| known.get(usize::from(input) % known.len().max(1)).map_or(7, Info::catalog_entry_id);
            let (upper, lower) = (id(self.input.byte()), id(self.input.byte()));
            match self.input.byte() % 4 {
                0 => {}
                1 => info.edit(|record| record.chain = ProtocolChain::LAYER),
                2 => {
                    info.edit(|record| record.chain = ProtocolChain { len: 2, entries: [upper, lower, 0, 0, 0, 0, 0] })
                }
                _ => info.edit(|record| record.chain.len = i32::from(upper as u8) - 8),
            }
            entries.push(info);
        }
        let entries = if self.input.rarely(32) { Pointer::Wild } else { Pointer::To(entries.into()) };
        ProviderEntries { provider: self.provider(), path: self.path(), entries }
    }

    fn layer(&mut self) -> LayerToInstall {
        let mut what = self.entries();
        if self.input.rarely(2) {
            what.entries = Pointer::Null;
        }
        let name: Arc<str> = format!("Layer {}", self.input.byte() % 8).into();
        let path32 = if self.input.rarely(2) { Pointer::Null } else { self.path() };
        let service_flags = self.input.pick(&[0, 0x20000, 0x20000, 1]);
        LayerToInstall { what, path32, name: Pointer::To(name), service_flags, id: Pointer::To(()) }
    }

    /// The ids of a catalog turned round, and now and then one too many.
    fn order(&mut self, narrow: bool) -> Pointer<Arc<[u32]>> {
        let width = if narrow { Width::Bits32 } else { Width::Bits64 };
        let entries = self.world.installed().catalog(width).entries();
        let mut ids: Vec<u32> = entries.iter().map(|entry| entry.id()).collect();
        if !ids.is_empty() {
            let by = usize::from(self.input.byte()) % ids.len();
            ids.rotate_left(by);
        }
        if self.input.rarely(8) {
            ids.push(7);
        }
        Pointer::To(ids.into())
    }
}

fn application() -> ApplicationName {
    ApplicationName { path: Pointer::To("app.exe".into()), extra: Pointer::Null }
}
