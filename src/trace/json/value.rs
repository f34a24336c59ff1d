//! Values as JSON.

use serde_json::{Map, Value as Json, json};

use super::object;
use crate::abi::Info;
use crate::scenario::report::Named;
use crate::trace::Trace;
use crate::trace::value::{Fields, Value};
use crate::trace::words::{Place, Style, Words};
use crate::world::catalog::ShapeId;
use crate::world::ids::{Handle, Incarnation, ProcessId, SocketId, Window};

/// How much of the user's bytes is written.
const BYTES_MAX: usize = 256;

/// Turns values of one trace into JSON.
pub(super) struct Values<'t, 'a> {
    pub(super) trace: &'t Trace<'a>,
}

impl Values<'_, '_> {
    pub(super) fn fields(&self, place: Place, fields: &Fields) -> Map<String, Json> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), self.value(place, value))).collect()
    }

    pub(super) fn value(&self, place: Place, value: &Value) -> Json {
        match value {
            Value::Success => json!(0),
            Value::Null => Json::Null,
            Value::Wild => json!({"pointer": "bad"}),
            Value::Bool(value) => json!(value),
            Value::Number(number) => json!(number),
            Value::Size(bytes) | Value::Room(bytes) => json!(bytes),
            Value::Word(word) => json!(word),
            Value::Text(text) => json!(&**text),
            Value::Data(bytes) => data(bytes),
            Value::Handle(handle) => self.handle(place, *handle),
            Value::HandleOf(process, handle) => self.handle_of(place.event, *process, *handle),
            Value::Window(window) => self.window(place, *window),
            Value::Process(id) => self.process(place, *id),
            Value::Owner(process) => self.owner(*process),
            Value::Entry(id) => Json::Object(self.entry(*id)),
            Value::Function(pointer) => {
                let provider = Words::new(self.trace, Style::Full).shape(ShapeId(pointer.provider));
                json!({"function": pointer.function.name(), "provider": provider})
            }
            Value::Socket(socket) => self.socket(*socket),
            Value::Info(info) => self.info(info),
            Value::Error(error) => json!(error.name()),
            Value::List(values) => values.iter().map(|value| self.value(place, value)).collect(),
            Value::Fields(fields) => Json::Object(self.fields(place, fields)),
        }
    }

    pub(super) fn owner(&self, process: Incarnation) -> Json {
        json!(Words::new(self.trace, Style::Full).process(process))
    }

    pub(super) fn socket(&self, socket: SocketId) -> Json {
        let label = self.trace.names.sockets.get(&socket);
        Json::Object(labelled("socket", json!(socket.0), "label", label.map(|label| &**label)))
    }

    pub(super) fn block_label(&self, token: u32) -> Option<&str> {
        self.trace.names.blocks.get(&token).map(|label| &**label)
    }

    fn handle(&self, place: Place, handle: Handle) -> Json {
        if handle == Handle::NULL {
            return Json::Null;
        }
        let label = place.process.and_then(|process| self.trace.label(process, Named::Handle(handle), place.event));
        let number = if handle == Handle::INVALID { "INVALID_SOCKET".to_owned() } else { format!("{:#x}", handle.0) };
        Json::Object(labelled("handle", json!(number), "label", label))
    }

    fn handle_of(&self, event: usize, process: Incarnation, handle: Handle) -> Json {
        let mut json = self.handle(Place { event, process: Some(process) }, handle);
        if let Some(object) = json.as_object_mut() {
            object.insert("process".to_owned(), self.owner(process));
        }
        json
    }

    fn window(&self, place: Place, window: Window) -> Json {
        let label = place.process.and_then(|process| self.trace.label(process, Named::Window(window), usize::MAX));
        Json::Object(labelled("window", json!(window.0), "label", label))
    }

    fn process(&self, place: Place, id: ProcessId) -> Json {
        let name = self.trace.incarnation(id, place.event).and_then(|process| self.trace.names.process(process));
        Json::Object(labelled("process", json!(id.0), "name", name))
    }

    fn entry(&self, id: u32) -> Map<String, Json> {
        labelled("entry", json!(id), "name", self.trace.names.entries.get(&id).map(|name| &**name))
    }

    fn info(&self, info: &Info) -> Json {
        let name = info.fields().protocol_name.to_string();
        let mut object = match &*name {
            "" => self.entry(info.catalog_entry_id()),
            name => labelled("entry", json!(info.catalog_entry_id()), "name", Some(name)),
        };
        if info.reserved() != 0 {
            object.append(&mut labelled("block", json!(info.reserved()), "label", self.block_label(info.reserved())));
        }
        Json::Object(object)
    }
}

fn labelled(name: &str, number: Json, label_name: &str, label: Option<&str>) -> Map<String, Json> {
    let mut object = object([(name, number)]);
    if let Some(label) = label {
        object.insert(label_name.to_owned(), json!(label));
    }
    object
}

fn data(bytes: &[u8]) -> Json {
    let shown = &bytes[..bytes.len().min(BYTES_MAX)];
    match as_text(bytes, shown) {
        Some(text) => json!({"bytes": bytes.len(), "text": text}),
        None => {
            let hex: String = shown.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"bytes": bytes.len(), "hex": hex})
        }
    }
}

/// The shown bytes as text. A character cut in two at the end is left out.
fn as_text<'b>(all: &[u8], shown: &'b [u8]) -> Option<&'b str> {
    match std::str::from_utf8(shown) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && shown.len() < all.len() => {
            std::str::from_utf8(&shown[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_or_hexadecimal() {
        assert_eq!(data(b"hello").to_string(), r#"{"bytes":5,"text":"hello"}"#);
        assert_eq!(data(b"\x00\xff").to_string(), r#"{"bytes":2,"hex":"00ff"}"#);
    }

    #[test]
    fn many_bytes_are_cut_between_characters() {
        let bytes = format!("x{}", "ä".repeat(200));
        let json = data(bytes.as_bytes());
        assert_eq!(json["bytes"], 401);
        assert_eq!(json["text"].as_str().map(str::len), Some(255));
    }
}
