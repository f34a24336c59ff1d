//! Starting and cleaning up: Duty17 to Duty21.

use super::Checker;
use super::breach::{Fact, Findings, find};
use super::crossing::{Crossing, Scene};
use crate::abi::consts::SOL_SOCKET;
use crate::abi::{SockOpt, SpiCall, SpiFunction, SpiResult, SpiReturn};
use crate::rules::RuleId;
use crate::world::ids::InstanceId;
use crate::world::ws2_32::comparable;

impl Checker {
    /// A provider calls another one: has it started it, and does it leave alone what is not its own?
    pub(super) fn check_life_below(
        &mut self,
        scene: Scene<'_>,
        caller: InstanceId,
        callee: InstanceId,
        call: &SpiCall,
        found: &mut Findings,
    ) {
        let (Some(by), Some(below)) = (scene.shape(caller), scene.instance(callee)) else { return };
        let started = self.started.get(&(scene.thread.process, caller, callee)).is_some_and(|&count| count > 0);
        match call {
            SpiCall::Startup { .. } => return,
            SpiCall::SetSockOpt { s, level: SOL_SOCKET, option, .. } if is_linger(*option) => {
                let cleaning = |crossing: &Crossing| {
                    crossing.runs == caller && crossing.call.function() == SpiFunction::WspCleanup
                };
                let shared = scene.world.shared_socket(scene.thread.process, *s);
                let references = shared.and_then(|id| scene.world.afd().socket(id)).map_or(0, |it| it.references());
                let stack = self.stacks.get(&scene.thread).into_iter().flatten();
                if references > 1 && stack.into_iter().any(cleaning) {
                    let matters =
                        vec![("s", Fact::Handle(scene.thread.process, *s)), ("references", Fact::Number(references))];
                    let actual = Fact::Function(SpiFunction::WspSetSockOpt);
                    find(found, RuleId::Duty21, by, matters, Fact::Words("no change of SO_LINGER"), actual);
                }
            }
            _ => {}
        }
        // An extension function goes to whoever has handed its pointer out, who need not be the next link.
        if !started && !call.function().is_extension() {
            let matters = vec![("next", Fact::Provider(below.shape))];
            let (expected, actual) = (Fact::Function(SpiFunction::WspStartup), Fact::Function(call.function()));
            find(found, RuleId::Duty18, by, matters, expected, actual);
        }
    }

    /// A WSPStartup has succeeded.
    pub(super) fn note_startup(
        &mut self,
        scene: Scene<'_>,
        ended: &Crossing,
        result: &SpiResult,
        found: &mut Findings,
    ) {
        *self.served.entry((scene.thread.process, ended.runs)).or_default() += 1;
        if let Some(caller) = ended.caller {
            *self.started.entry((scene.thread.process, caller, ended.callee)).or_default() += 1;
        }
        let (SpiCall::Startup { version: asked, .. }, Ok(SpiReturn::Started { version, .. })) = (&ended.call, result)
        else {
            return;
        };
        let highest = scene.world.machine.shape(ended.shape).versions.1;
        let expected = if comparable(*asked) < comparable(highest) { *asked } else { highest };
        if *version != expected {
            let matters = vec![("wVersionRequested", Fact::Version(*asked))];
            find(found, RuleId::Duty17, ended.shape, matters, Fact::Version(expected), Fact::Version(*version));
        }
    }

    /// A WSPCleanup of a provider below has succeeded; one that fails may be tried again.
    pub(super) fn note_cleanup(&mut self, scene: Scene<'_>, ended: &Crossing) {
        let count = ended.caller.and_then(|caller| self.started.get_mut(&(scene.thread.process, caller, ended.callee)));
        if let Some(count) = count {
            *count = count.saturating_sub(1);
        }
    }

    /// A WSPCleanup has succeeded. If it was the last one, nothing may be left.
    pub(super) fn check_cleaned(&mut self, scene: Scene<'_>, ended: &Crossing, found: &mut Findings) {
        let (process, by) = (scene.thread.process, ended.shape);
        let Some(instance) = scene.instance(ended.runs) else { return };
        let left = self.served.get(&(process, ended.runs)).map_or(0, |served| served.saturating_sub(1));
        if left > 0 {
            self.served.insert((process, ended.runs), left);
            return;
        }
        self.served.remove(&(process, ended.runs));
        let started = self.started.iter().filter(|((owner, who, _), _)| (*owner, *who) == (process, ended.runs));
        if let Some((&(_, _, next), &left)) = started.into_iter().find(|(_, left)| **left > 0) {
            let matters = scene.shape(next).map(|shape| ("next", Fact::Provider(shape))).into_iter().collect();
            let expected = Fact::Function(SpiFunction::WspCleanup);
            let actual = if left == 1 { Fact::Words("one call is missing") } else { Fact::Words("calls are missing") };
            find(found, RuleId::Duty19, by, matters, expected, actual);
        }
        self.started.retain(|(owner, who, _), _| (*owner, *who) != (process, ended.runs));
        if instance.contexts() > 0 {
            let actual = Fact::Number(instance.contexts() as u64);
            find(found, RuleId::Duty20, by, vec![("of", Fact::Words("contexts"))], Fact::Number(0), actual);
        }
        let made = self.made.iter().find(|((owner, handle), who)| {
            (*owner, **who) == (process, ended.runs)
                && scene.binding(*handle).is_some_and(|binding| binding.instance == ended.runs)
        });
        if let Some((&(_, handle), _)) = made {
            let actual = Fact::HandleThat(process, handle, "still there");
            find(found, RuleId::Duty20, by, Vec::new(), Fact::Words("all handles given back"), actual);
        }
    }
}

fn is_linger(option: i32) -> bool {
    [SockOpt::Linger, SockOpt::DontLinger].iter().any(|linger| linger.row().number == option)
}
