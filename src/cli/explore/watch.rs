//! Looks on while a search runs: the clock, the memory, Ctrl-C, and a line about it on a terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wspsim::explore::{Progress, Spent, Watch};

pub(crate) struct Watcher {
    time_max: Option<Duration>,
    bytes_max: Option<u64>,
    stop: Arc<AtomicBool>,
    started: Instant,
    bar: ProgressBar,
    /// Runs to sample, if that is what is done.
    runs: Option<u64>,
}

impl Watcher {
    pub(crate) fn new(seconds: Option<u64>, mebibytes: Option<u64>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        // The second time it ends at once: what was found is on disk already.
        let handler = move || {
            if told.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        };
        let _without_it_a_search_just_ends = ctrlc::set_handler(handler);
        Self {
            time_max: seconds.map(Duration::from_secs),
            bytes_max: mebibytes.map(|mebibytes| mebibytes.saturating_mul(1 << 20)),
            stop,
            started: Instant::now(),
            bar: ProgressBar::hidden(),
            runs: None,
        }
    }

    /// A search begins.
    pub(crate) fn begin(&mut self, file: &str, model: &str, runs: Option<u64>) {
        self.started = Instant::now();
        self.runs = runs;
        if !std::io::stderr().is_terminal() {
            return;
        }
        let (bar, template) = match runs {
            Some(runs) => (ProgressBar::new(runs), "{prefix} {bar:20} {pos}/{len} runs {msg} {eta}"),
            None => (ProgressBar::new_spinner(), "{spinner} {prefix} {msg} {elapsed}"),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(format!("{} on {model}", super::super::output::printable(file)));
        self.bar = bar;
    }

    /// A search is over; the seconds it took.
    pub(crate) fn end(&mut self) -> f64 {
        self.bar.finish_and_clear();
        self.bar = ProgressBar::hidden();
        self.started.elapsed().as_secs_f64()
    }

    pub(crate) fn interrupted(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

impl Watch for Watcher {
    fn look(&mut self, progress: &Progress) -> Option<Spent> {
        let elapsed = self.started.elapsed();
        if !self.bar.is_hidden() {
            self.bar.set_position(if self.runs.is_some() { progress.runs } else { progress.states });
            self.bar.set_message(words(progress, elapsed));
        }
        match () {
            () if self.interrupted() => Some(Spent::Interrupted),
            () if self.time_max.is_some_and(|max| elapsed >= max) => Some(Spent::Time),
            () if self.bytes_max.is_some_and(|max| progress.bytes >= max) => Some(Spent::Memory),
            () => None,
        }
    }
}

/// `1,024 states, 52,000/s, depth 12, 3 MiB`
fn words(progress: &Progress, elapsed: Duration) -> String {
    let rate = progress.states as f64 / elapsed.as_secs_f64().max(0.001);
    let mebibytes = progress.bytes >> 20;
    let Progress { states, waiting, depth, .. } = progress;
    format!("{states} states ({waiting} waiting), {rate:.0}/s, depth {depth}, {mebibytes} MiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_in_words() {
        let progress = Progress { states: 1000, waiting: 10, depth: 3, bytes: 5 << 20, ..Progress::default() };
        let words = words(&progress, Duration::from_secs(2));
        assert_eq!(words, "1000 states (10 waiting), 500/s, depth 3, 5 MiB");
    }
}
