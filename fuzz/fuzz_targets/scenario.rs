//! Any text is a scenario or is refused with a diagnostic; what is read plays to a verdict, the same one every time.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::{Corpus, fuzz_target};
use wspsim::model::{Library, Source};
use wspsim::scenario::{Logging, Scenario, play};

fuzz_target!(|text: &str| -> Corpus {
    let Ok(source) = Source::new("fuzz.ron", Arc::from(text)) else { return Corpus::Reject };
    let scenario = match Scenario::read(source, None) {
        Ok(scenario) => scenario,
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty(), "refused without a reason");
            for diagnostic in &diagnostics {
                assert!(diagnostic.span.end <= text.len(), "{diagnostic} points beyond the text");
            }
            return Corpus::Keep;
        }
    };
    if scenario.budget().ops > 10_000 && scenario.steps() > 2_000 {
        return Corpus::Reject;
    }
    let mut library = Library::new();
    let models: Vec<String> = scenario.models().map(String::from).collect();
    for model in models.iter().filter(|model| !model.ends_with(".ron")).take(2) {
        let Ok(machine) = scenario.machine(&mut library, model) else { continue };
        let report = play(&scenario, &machine, Logging::Off);
        assert_eq!(report.digest, play(&scenario, &machine, Logging::On).digest, "the log changes what happens");
    }
    Corpus::Keep
});
