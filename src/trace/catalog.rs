//! The arguments of the calls on the catalogs, by their documented names.

use std::sync::Arc;

use super::value::{Fields, Value};
use crate::abi::catalog::{
    ApplicationName, CatalogCall, PROVIDER_INFO_AUDIT, PROVIDER_INFO_LSP_CATEGORIES, Pointer, ProviderEntries,
};
use crate::abi::{Bytes, Guid, Info, LspCategories, ServiceFlags1};

/// The arguments of a call.
pub(super) fn of_call(call: &CatalogCall) -> Fields {
    match call {
        CatalogCall::Install { what, .. } | CatalogCall::Update { what, .. } => of_entries(what),
        CatalogCall::InstallAndChains { both, layer } => {
            let ProviderEntries { provider, path, entries } = &layer.what;
            let mut fields = vec![("lpProviderId", guid(*provider)), ("lpszProviderDllPath", text(path))];
            if *both {
                fields.push(("lpszProviderDllPath32", text(&layer.path32)));
            }
            fields.push(("lpszLspName", text(&layer.name)));
            let flags = ServiceFlags1::from_bits_retain(layer.service_flags);
            fields.extend([("dwServiceFlags", Value::flags(flags)), ("lpProtocolInfoList", infos(entries))]);
            fields.push(("lpdwCatalogEntryId", out(layer.id)));
            fields
        }
        CatalogCall::Deinstall { provider, errno, .. } => {
            vec![("lpProviderId", guid(*provider)), ("lpErrno", Value::pointer(*errno))]
        }
        CatalogCall::WriteOrder { ids, .. } => {
            vec![("lpwdCatalogEntryId", pointer(ids, |ids| numbers(ids.iter())))]
        }
        CatalogCall::Enum { protocols, room, .. } => vec![
            ("lpiProtocols", pointer(protocols, |protocols| numbers(protocols.iter()))),
            ("lpdwBufferLength", room.into()),
        ],
        CatalogCall::GetPath { provider, room, .. } => {
            vec![("lpProviderId", guid(*provider)), ("lpProviderDllPathLen", room.into())]
        }
        CatalogCall::GetInfo { provider, kind, room, .. } => {
            vec![("lpProviderId", guid(*provider)), ("InfoType", info_type(*kind)), ("InfoSize", room.into())]
        }
        CatalogCall::SetInfo { provider, kind, info, .. } => {
            vec![("lpProviderId", guid(*provider)), ("InfoType", info_type(*kind)), ("Info", pointer(info, categories))]
        }
        CatalogCall::GetCategory { application, out } => {
            let mut fields = of_application(application);
            fields.push(("pPermittedLspCategories", Value::pointer(*out)));
            fields
        }
        CatalogCall::SetCategory { application, categories, previous } => {
            let mut fields = of_application(application);
            fields.push(("PermittedLspCategories", Value::flags(categories)));
            fields.push(("pPrevPermLspCat", out(*previous)));
            fields
        }
    }
}

fn of_entries(what: &ProviderEntries) -> Fields {
    vec![
        ("lpProviderId", guid(what.provider)),
        ("lpszProviderDllPath", text(&what.path)),
        ("lpProtocolInfoList", infos(&what.entries)),
    ]
}

fn of_application(application: &ApplicationName) -> Fields {
    vec![("Path", text(&application.path)), ("Extra", text(&application.extra))]
}

fn pointer<T>(pointer: &Pointer<T>, value: impl FnOnce(&T) -> Value) -> Value {
    match pointer {
        Pointer::Null => Value::Null,
        Pointer::Wild => Value::Wild,
        Pointer::To(target) => value(target),
    }
}

fn out(at: Pointer<()>) -> Value {
    pointer(&at, |()| Value::pointer(true))
}

fn guid(id: Pointer<Guid>) -> Value {
    pointer(&id, |id| Value::Word(id.to_string().into()))
}

fn text(text: &Pointer<Arc<str>>) -> Value {
    pointer(text, |text| Value::Text(Arc::clone(text)))
}

fn infos(list: &Pointer<Arc<[Info]>>) -> Value {
    pointer(list, |list| Value::List(list.iter().map(|info| Value::Info(info.clone())).collect()))
}

fn categories(info: &Bytes) -> Value {
    match info.as_word() {
        Some(word) => Value::flags(LspCategories::from_bits_retain(word)),
        None => super::args::word_or_bytes(info),
    }
}

fn info_type(kind: u32) -> Value {
    match kind {
        PROVIDER_INFO_LSP_CATEGORIES => Value::word("ProviderInfoLspCategories"),
        PROVIDER_INFO_AUDIT => Value::word("ProviderInfoAudit"),
        other => other.into(),
    }
}

/// A list of numbers.
pub(super) fn numbers<'a, T: Copy + Into<i64> + 'a>(list: impl Iterator<Item = &'a T>) -> Value {
    Value::List(list.map(|&number| Value::Number(number.into())).collect())
}
