//! How tables look.

use comfy_table::{ContentArrangement, Table, presets};

use super::output::Look;

/// An empty table.
pub(crate) fn table(look: &Look, headings: &[&str]) -> Table {
    let mut table = Table::new();
    let style = if look.unicode { presets::UTF8_FULL_CONDENSED } else { presets::ASCII_BORDERS_ONLY_CONDENSED };
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic).set_header(headings);
    table.set_width(u16::try_from(look.width).unwrap_or(u16::MAX));
    table
}
