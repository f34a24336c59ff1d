//! What RON's errors mean for somebody who writes models and scenarios.

use ron::Error;

/// The parts of a diagnostic that do not depend on the place.
pub(super) struct Said {
    pub(super) title: String,
    pub(super) label: String,
    pub(super) help: Option<String>,
}

/// Turns an error of the parser into advice.
pub(super) fn explain(error: Error) -> Said {
    match error {
        Error::NoSuchEnumVariant { expected, found, .. } => unknown("name", &found, expected),
        Error::NoSuchStructField { expected, found, outer } => match outer {
            Some(outer) => unknown(&format!("field of `{outer}`"), &found, expected),
            None => unknown("field here", &found, expected),
        },
        Error::MissingStructField { field, outer } => {
            let whose = outer.map_or(String::new(), |outer| format!(" of `{outer}`"));
            said(format!("the field `{field}`{whose} is missing"), format!("no `{field}` up to here"))
        }
        Error::DuplicateStructField { field, .. } => {
            said(format!("the field `{field}` is given twice"), "for the second time".to_owned())
        }
        Error::ExceededRecursionLimit => said("brackets are nested too deeply".to_owned(), String::new()),
        other => {
            let text = other.to_string();
            let mut chars = text.chars();
            let first = chars.next().map(|c| c.to_ascii_lowercase());
            said(first.into_iter().chain(chars).collect(), "here".to_owned())
        }
    }
}

fn said(title: String, label: String) -> Said {
    Said { title, label, help: None }
}

fn unknown(what: &str, found: &str, expected: &[&str]) -> Said {
    let (label, help) = advice(found, expected.iter().copied());
    Said { title: format!("`{}` is no known {what}", shortened(found)), label, help }
}

/// What to say about a name nobody knows: the nearest one, or all of them.
pub fn advice<'n>(found: &str, known: impl Iterator<Item = &'n str> + Clone) -> (String, Option<String>) {
    const LISTED_MAX: usize = 80;
    let label = match nearest(found, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "unknown".to_owned(),
    };
    let mut names: Vec<&str> = known.take(LISTED_MAX + 1).collect();
    let more = names.len() > LISTED_MAX;
    names.truncate(LISTED_MAX);
    let rest = if more { ", ..." } else { "" };
    let help = (!names.is_empty()).then(|| format!("known are {}{rest}", names.join(", ")));
    (label, help)
}

/// The known name that differs least from a word, if it differs little.
pub fn nearest<'n>(word: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    const LENGTH_MAX: usize = 64;
    const TRIED_MAX: usize = 10_000;
    if word.len() > LENGTH_MAX {
        return None;
    }
    let lower = word.to_lowercase();
    let distance = |name: &str| strsim::osa_distance(&lower, &name.to_lowercase());
    let near = known.take(TRIED_MAX).filter(|name| name.len() <= LENGTH_MAX).map(|name| (distance(name), name));
    let (distance, name) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1.max(word.chars().count() / 3)).then_some(name)
}

/// A word from a file as it fits into a message.
pub fn shortened(word: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let mut chars = word.chars();
    let shown: String = chars.by_ref().take(SHOWN_MAX).flat_map(char::escape_debug).collect();
    if chars.next().is_some() { shown + "..." } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["WSPSocket", "WSPSend", "WSPSendTo"];
        assert_eq!(nearest("WSPSokcet", known.into_iter()), Some("WSPSocket"));
        assert_eq!(nearest("wspsend", known.into_iter()), Some("WSPSend"));
        assert_eq!(nearest("bananas", known.into_iter()), None);
    }
}
