//! What is wrong with a file, shown where it is wrong.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use wspsim::model::Diagnostic;

use super::output::{Look, printable};
use super::wrap::wrapped;

/// All diagnostics, each with its excerpt.
pub(crate) fn rendered(diagnostics: &[Diagnostic], look: &Look) -> String {
    let renderer = renderer(look);
    let rendered = |diagnostic: &Diagnostic| {
        let help = diagnostic.help.as_ref().map(|help| wrapped(help, "", look.width.saturating_sub(MARGIN)));
        let file = printable(&diagnostic.file);
        format!("{}\n\n", renderer.render(&[group(diagnostic, &file, help.as_deref().map(str::trim_end))]))
    };
    diagnostics.iter().map(rendered).collect()
}

/// What stands left of a help text.
const MARGIN: usize = 12;

/// The renderer of everything that points into a file.
pub(crate) fn renderer(look: &Look) -> Renderer {
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    let decor = if look.unicode { DecorStyle::Unicode } else { DecorStyle::Ascii };
    renderer.decor_style(decor).term_width(look.width)
}

fn group<'d>(diagnostic: &'d Diagnostic, file: &'d str, help: Option<&'d str>) -> Group<'d> {
    let title = Level::ERROR.primary_title(diagnostic.title.as_str());
    let group = match located(diagnostic, file) {
        Some(snippet) => title.element(snippet),
        None => title.element(Origin::path(file)),
    };
    match help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}

fn located<'d>(diagnostic: &'d Diagnostic, file: &'d str) -> Option<Snippet<'d, Annotation<'d>>> {
    let label = Some(diagnostic.label.as_str()).filter(|label| !label.is_empty());
    let marked = AnnotationKind::Primary.span(diagnostic.span.clone()).label(label);
    let whole = !diagnostic.source.is_empty();
    whole.then(|| Snippet::source(&*diagnostic.source).path(file).annotation(marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(source: &str, span: std::ops::Range<usize>) -> Diagnostic {
        let (title, label) = ("`WSPSokcet` is no known name".to_owned(), "did you mean `WSPSocket`?".to_owned());
        Diagnostic {
            file: "s.ron".into(),
            source: source.into(),
            span,
            title,
            label,
            help: Some("known are ...".into()),
        }
    }

    #[test]
    fn the_bytes_are_marked_and_advice_is_given() {
        let text = rendered(&[diagnostic("(\n    call: WSPSokcet,\n)\n", 12..21)], &Look::PLAIN);
        let expected = "\
error: `WSPSokcet` is no known name
 --> s.ron:2:11
  |
2 |     call: WSPSokcet,
  |           ^^^^^^^^^ did you mean `WSPSocket`?
  |
  = help: known are ...

";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_file_without_text_is_named() {
        let text = rendered(&[diagnostic("", 0..0)], &Look::PLAIN);
        assert!(text.starts_with("error: `WSPSokcet` is no known name\n--> s.ron\n"), "{text}");
    }

    #[test]
    fn the_end_of_a_file_can_be_marked() {
        let text = rendered(&[diagnostic("(", 1..1)], &Look::PLAIN);
        assert!(text.contains("s.ron:1:2"), "{text}");
    }
}
