//! Colours, or none.

/// What a piece of text is, as far as its colour goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As everything else.
    Plain,
    /// Beside the point.
    Dim,
    /// What a process does, by its lane.
    Lane(usize),
    /// Success.
    Good,
    /// An error.
    Bad,
    /// What a reader looks for.
    Mark,
}

/// The colours of lanes, in turn.
const LANES: [&str; 4] = ["36", "35", "34", "33"];

impl Tone {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Dim => Some("2"),
            Self::Lane(lane) => Some(LANES[lane % LANES.len()]),
            Self::Good => Some("32"),
            Self::Bad => Some("31"),
            Self::Mark => Some("1"),
        }
    }
}

/// Appends text in its colour.
pub(super) fn push(line: &mut String, text: &str, tone: Tone, color: bool) {
    match tone.code() {
        Some(code) if color && !text.is_empty() => {
            line.push_str("\x1b[");
            line.push_str(code);
            line.push('m');
            line.push_str(text);
            line.push_str("\x1b[0m");
        }
        _ => line.push_str(text),
    }
}
