//! Frames of one call between which nobody comes, as one step: a call that stops further on, or does not stop.

use super::super::expect::Expect;
use super::super::file::HappenStep;
use super::super::program::Action;
use super::super::reader::ThreadRef;
use super::lower::{Expects, Line, Lowered};

/// The same with lines joined where that is possible.
pub(super) fn joined(lowered: &Lowered) -> Lowered {
    let mut lines: Vec<Line> = Vec::with_capacity(lowered.lines.len());
    // By line: the one it is part of now.
    let mut places = Vec::with_capacity(lowered.lines.len());
    let mut rest = lowered.lines.iter().peekable();
    while let Some(line) = rest.next() {
        let next = rest.peek().copied();
        let added = lines.last_mut().map_or(0, |last| added(last, line, next));
        if added == 0 {
            lines.push(line.clone());
        }
        (0..added.max(1)).for_each(|_| places.push(lines.len() - 1));
        if added == 2 {
            rest.next();
        }
    }
    for line in &mut lines {
        line.call = line.call.and_then(|call| places.get(call).copied());
    }
    let pinned = lowered.pinned.iter().filter_map(|&line| places.get(line).copied()).collect();
    Lowered { lines, pinned, ..lowered.clone() }
}

/// Adds a line to the last one, perhaps with the next; how many were added.
fn added(last: &mut Line, line: &Line, next: Option<&Line>) -> usize {
    let Some((on, borders)) = goes_on(line).filter(|(on, _)| line.paused && last.on == Some(*on)) else { return 0 };
    if let Some((_, Some(before))) = goes_on(last) {
        let borders = borders.map(|borders| before + borders);
        last.step.action = Action::Happens(Box::new(HappenStep::Run { on, borders }));
        last.parks = line.parks;
        return 1;
    }
    let Some(before) = last.step.borders else { return 0 };
    if let Some(borders) = borders {
        last.step.borders = Some(before + borders);
        return 1;
    }
    match next {
        Some(next) if matches!(next.step.action, Action::Returns(of) if of == on) => {
            last.step.borders = None;
            last.step.expect = next.step.expect.clone();
            (last.step.gives, last.gives, last.expects) = (next.step.gives, given(last, next), next.expects.clone());
            2
        }
        _ if line.parks => {
            last.step.borders = None;
            (last.step.expect, last.expects) = (Expect::Parked, Expects::Parked);
            1
        }
        _ => 0,
    }
}

/// The labels a call gives, the name of a process it makes among them.
fn given(call: &Line, returns: &Line) -> Vec<super::super::reader::SlotId> {
    call.gives.iter().chain(&returns.gives).copied().collect()
}

/// Who goes on, and to which border.
fn goes_on(line: &Line) -> Option<(ThreadRef, Option<u32>)> {
    match &line.step.action {
        Action::Happens(happens) => match **happens {
            HappenStep::Run { on, borders } => Some((on, borders)),
            _ => None,
        },
        _ => None,
    }
}
