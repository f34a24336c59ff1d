//! Blocks as scenarios write them: labels, catalog records, and records that somebody tampered with.

use std::sync::Arc;

use serde::Deserialize;

use super::form::Argument;
use super::reader::{Kind, Reader, Shape, SlotId, number, single};
use super::written::{expected, named};
use crate::abi::{Guid, Info, ProtocolChain, ProtocolInfoW, ProtocolName, ProviderFlags, ServiceFlags1};
use crate::model::source::{Raw, Text};

/// A protocol info given to a call.
#[derive(Clone, Debug)]
pub(super) enum BlockArg {
    Null,
    Slot(SlotId),
    Entry(Arc<str>),
    Tampered(Box<Tampered>),
}

/// A record that is not as it was.
#[derive(Clone, Debug)]
pub(super) struct Tampered {
    pub of: BlockArg,
    set: Fields,
    zero: bool,
    flip_bit: Option<u64>,
    truncate: Option<u32>,
    extend: Option<u32>,
}

impl Argument for BlockArg {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        block(Shape::of(raw), reader)
    }
}

/// A block in any of its forms.
pub(super) fn block<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<BlockArg> {
    match shape {
        Shape::Word("Null") => Some(BlockArg::Null),
        Shape::Text(_) => named(shape, &[Kind::Block], reader).map(BlockArg::Slot),
        Shape::With { name: "Entry", inner, .. } => match single(inner).map(Shape::of_text) {
            Some(Shape::Text(literal)) => reader.text(literal).map(|name| BlockArg::Entry((&*name).into())),
            _ => expected(reader, shape, "the name of a catalog entry"),
        },
        Shape::With { name: "Record", whole, .. } => {
            let set = Fields::read(reader.parse::<RecordWritten<'_>>(whole)?.into(), reader)?;
            Some(BlockArg::Tampered(Box::new(Tampered::blank(set))))
        }
        Shape::With { name: "Tampered", whole, .. } => {
            let written: TamperedWritten<'_> = reader.parse(whole)?;
            tampered(written, whole, reader)
        }
        other => {
            expected(reader, other, "a label, `Entry(\"...\")`, `Tampered(of: \"...\", ..)`, `Record(..)` or `Null`")
        }
    }
}

#[derive(Deserialize)]
#[serde(rename = "Tampered", deny_unknown_fields)]
struct TamperedWritten<'a> {
    #[serde(borrow)]
    of: Raw<'a>,
    #[serde(borrow, default)]
    set: FieldsWritten<'a>,
    #[serde(default)]
    zero: bool,
    flip_bit: Option<u64>,
    truncate: Option<u32>,
    extend: Option<u32>,
}

/// Bytes by which a block may be longer than it should be.
const EXTEND_MAX: u32 = 65_536;

fn tampered<'a>(written: TamperedWritten<'a>, whole: &'a str, reader: &mut Reader<'a>) -> Option<BlockArg> {
    let of = match block(Shape::of(written.of), reader)? {
        of @ (BlockArg::Slot(_) | BlockArg::Entry(_)) => of,
        _ => return expected(reader, Shape::of(written.of), "a label or `Entry(\"...\")`"),
    };
    if written.flip_bit.is_some_and(|bit| bit >= 8 * ProtocolInfoW::SIZE as u64) {
        reader.wrong(whole, format!("a block has {} bits", 8 * ProtocolInfoW::SIZE), "`flip_bit` is too large");
        return None;
    }
    if written.extend.is_some_and(|bytes| bytes > EXTEND_MAX) {
        reader.wrong(whole, format!("a block is extended by at most {EXTEND_MAX} bytes"), "`extend` is too large");
        return None;
    }
    let TamperedWritten { set, zero, flip_bit, truncate, extend, .. } = written;
    let set = Fields::read(set, reader)?;
    Some(BlockArg::Tampered(Box::new(Tampered { of, set, zero, flip_bit, truncate, extend })))
}

impl Tampered {
    /// A record with these fields and no others.
    fn blank(set: Fields) -> Self {
        Self { of: BlockArg::Null, set, zero: false, flip_bit: None, truncate: None, extend: None }
    }

    /// The bytes a client passes instead of a record; `size` is that of the record's width.
    pub(super) fn bytes(&self, info: &Info, encode: impl Fn(&ProtocolInfoW) -> Vec<u8>) -> Vec<u8> {
        let mut record = info.record();
        self.set.apply(&mut record);
        let mut bytes = encode(&record);
        if self.zero {
            bytes.fill(0);
        }
        let flipped = self.flip_bit.and_then(|bit| Some((bytes.get_mut((bit / 8) as usize)?, bit % 8)));
        if let Some((byte, bit)) = flipped {
            *byte ^= 1 << bit;
        }
        if let Some(kept) = self.truncate {
            bytes.truncate(kept as usize);
        }
        bytes.resize(bytes.len() + self.extend.unwrap_or(0) as usize, 0);
        bytes
    }
}

/// A number that replaces another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    To(i64),
    Incremented,
}

impl Change {
    fn of(self, old: i64) -> i64 {
        match self {
            Self::To(new) => new,
            Self::Incremented => old.wrapping_add(1),
        }
    }
}

impl Argument for Change {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match Shape::of(raw) {
            Shape::Word("Incremented") => Some(Self::Incremented),
            shape => {
                let fits = |number: &i64| i32::try_from(*number).is_ok() || u32::try_from(*number).is_ok();
                match number(shape.source()).filter(fits) {
                    Some(number) => Some(Self::To(number)),
                    None => expected(reader, shape, "a number of 32 bits or `Incremented`"),
                }
            }
        }
    }
}

/// The fields of a protocol info, by the rows below: what can be set, and what can be expected.
macro_rules! fields {
    ($($field:ident: $type:ident,)+) => {
        /// Some fields of a protocol info.
        #[derive(Clone, Debug, Default)]
        pub(super) struct Fields {
            chain: Option<ProtocolChain>,
            provider_id: Option<Guid>,
            service_flags1: Option<ServiceFlags1>,
            provider_flags: Option<ProviderFlags>,
            name: Option<ProtocolName>,
            $($field: Option<Change>,)+
        }

        /// The same as serde reads them.
        #[derive(Default, Deserialize)]
        #[serde(default, rename = "Block", deny_unknown_fields)]
        pub(super) struct FieldsWritten<'a> {
            chain: Option<Vec<u32>>,
            provider_id: Option<Guid>,
            service_flags1: Option<ServiceFlags1>,
            provider_flags: Option<ProviderFlags>,
            #[serde(borrow)]
            name: Option<Text<'a>>,
            $(#[serde(borrow)] $field: Option<Raw<'a>>,)+
        }

        /// The same under the name `Record`.
        #[derive(Default, Deserialize)]
        #[serde(default, rename = "Record", deny_unknown_fields)]
        struct RecordWritten<'a> {
            chain: Option<Vec<u32>>,
            provider_id: Option<Guid>,
            service_flags1: Option<ServiceFlags1>,
            provider_flags: Option<ProviderFlags>,
            #[serde(borrow)]
            name: Option<Text<'a>>,
            $(#[serde(borrow)] $field: Option<Raw<'a>>,)+
        }

        impl<'a> From<RecordWritten<'a>> for FieldsWritten<'a> {
            fn from(written: RecordWritten<'a>) -> Self {
                let RecordWritten { chain, provider_id, service_flags1, provider_flags, name, $($field),+ } = written;
                Self { chain, provider_id, service_flags1, provider_flags, name, $($field),+ }
            }
        }

        impl Fields {
            /// Reads the fields.
            pub(super) fn read<'a>(written: FieldsWritten<'a>, reader: &mut Reader<'a>) -> Option<Self> {
                let chain = match written.chain {
                    None => None,
                    Some(ids) => Some(chain(&ids, reader)?),
                };
                Some(Self {
                    chain,
                    provider_id: written.provider_id,
                    service_flags1: written.service_flags1,
                    provider_flags: written.provider_flags,
                    name: written.name.map(|name| ProtocolName::from(&*name.0)),
                    $($field: <Option<Change>>::read(written.$field, reader)?,)+
                })
            }

            fn apply_numbers(&self, record: &mut ProtocolInfoW) {
                $(if let Some(change) = self.$field {
                    record.$field = change.of(i64::from(record.$field)) as $type;
                })+
            }

            fn numbers_hold(&self, record: &ProtocolInfoW) -> bool {
                $((match self.$field {
                    Some(Change::To(wanted)) => record.$field == wanted as $type,
                    _ => true,
                }))&&+
            }
        }
    };
}

fields! {
    service_flags2: u32,
    service_flags3: u32,
    service_flags4: u32,
    catalog_entry_id: u32,
    version: i32,
    address_family: i32,
    max_sock_addr: i32,
    min_sock_addr: i32,
    socket_type: i32,
    protocol: i32,
    protocol_max_offset: i32,
    network_byte_order: i32,
    security_scheme: i32,
    message_size: u32,
    provider_reserved: u32,
}

impl Fields {
    fn apply(&self, record: &mut ProtocolInfoW) {
        self.apply_numbers(record);
        record.chain = self.chain.unwrap_or(record.chain);
        record.provider_id = self.provider_id.unwrap_or(record.provider_id);
        record.service_flags1 = self.service_flags1.unwrap_or(record.service_flags1);
        record.provider_flags = self.provider_flags.unwrap_or(record.provider_flags);
        record.protocol_name = self.name.unwrap_or(record.protocol_name);
    }

    /// Whether a record has these fields.
    pub(super) fn hold_for(&self, record: &ProtocolInfoW) -> bool {
        self.numbers_hold(record)
            && self.chain.is_none_or(|chain| chain == record.chain)
            && self.provider_id.is_none_or(|id| id == record.provider_id)
            && self.service_flags1.is_none_or(|flags| flags == record.service_flags1)
            && self.provider_flags.is_none_or(|flags| flags == record.provider_flags)
            && self.name.is_none_or(|name| name == record.protocol_name)
    }
}

fn chain(ids: &[u32], reader: &mut Reader<'_>) -> Option<ProtocolChain> {
    match ProtocolChain::new(ids) {
        Ok(chain) => Some(chain),
        Err(why) => {
            reader.wrong("", why.to_string(), "in this step");
            None
        }
    }
}
