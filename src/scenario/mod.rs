//! Scenarios: a script of calls on a simulated machine, and what each of them must give.

pub mod report;

pub use report::{Diagnostic, Failure, FailureKind, Labelled, Named, Names, Report, StepMark, Verdict};
