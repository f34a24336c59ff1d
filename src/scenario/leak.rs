//! What is left when everybody has cleaned up and gone: nothing may be. Faulty providers leak; that is theirs to tell.

use crate::abi::client::{ApiCall, Call};
use crate::world::World;
use crate::world::duplication::Duplication;
use crate::world::ids::{Incarnation, SocketId, ThreadId};
use crate::world::log::Log;
use crate::world::op::{Op, Outcome};
use crate::world::policy::TargetIdentity;
use crate::world::process::ProcessState;

/// On a copy of the world: every process calls WSACleanup as often as needed and is killed. What should be there
/// then, and what is.
pub(super) fn leaks(world: &World) -> Vec<(String, String)> {
    if world.machine().is_faithful() { leaks_of(&mut world.clone()) } else { Vec::new() }
}

/// Looks for leaks at the ends of many runs, which mostly end in a few worlds. Worlds with one digest are one, as they are
/// in any exploration.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Worlds that leave nothing behind, by digest; of two that want the same place the later one stays.
    clean: Vec<u64>,
    /// The one found last.
    last: Option<World>,
    /// Where it is tried out.
    scratch: Option<World>,
}

impl Ends {
    const PLACES: usize = 1 << 10;

    /// As [`leaks`].
    pub(super) fn leaks(&mut self, world: &World) -> Vec<(String, String)> {
        if !world.machine().is_faithful() {
            return Vec::new();
        }
        if self.last.as_ref() == Some(world) {
            return Vec::new();
        }
        let digest = world.digest();
        if self.clean.is_empty() {
            self.clean.resize(Self::PLACES, 0);
        }
        let place = &mut self.clean[digest as usize % Self::PLACES];
        if *place == digest && digest != 0 {
            return Vec::new();
        }
        let scratch = self.scratch.get_or_insert_with(|| world.clone());
        scratch.clone_from(world);
        let found = leaks_of(scratch);
        if found.is_empty() {
            *place = digest;
            self.last = Some(world.clone());
        }
        found
    }
}

fn leaks_of(world: &mut World) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let living: Vec<Incarnation> = world
        .processes()
        .filter(|(_, process)| process.state != ProcessState::Exited)
        .map(|(process, _)| process)
        .collect();
    for &process in &living {
        if clean_up(world, process) {
            found.extend(contexts(world, process));
        }
    }
    for process in living {
        // It was alive a moment ago.
        let _ = world.step(Op::Kill { process }, &mut Log::off());
    }
    found.extend(rest(world));
    found
}

/// Calls WSACleanup until no startup is left; `false` when no thread can.
fn clean_up(world: &mut World, process: Incarnation) -> bool {
    let Some(state) = world.process(process).filter(|process| process.state == ProcessState::Running) else {
        return false;
    };
    let Some(index) = state.threads.iter().position(|thread| thread.frames.is_empty()) else { return false };
    let thread = ThreadId { process, index: index as u32 };
    for _ in 0..state.client.startups {
        let call = Call::Api(ApiCall::Cleanup);
        let Ok(Outcome::Returned(Ok(_))) = world.step(Op::Call { thread, call }, &mut Log::off()) else { return false };
    }
    true
}

/// Socket contexts that providers kept after their last cleanup.
fn contexts(world: &World, process: Incarnation) -> Vec<(String, String)> {
    let Some(state) = world.process(process) else { return Vec::new() };
    let kept = state.instances.iter().filter(|(_, instance)| instance.contexts() > 0);
    kept.map(|(_, instance)| {
        let provider = &world.machine().shape(instance.shape).name;
        let id = state.id.0;
        let what = format!("no socket context of provider `{provider}` after the last WSPCleanup in process {id}");
        (what, instance.contexts().to_string())
    })
    .collect()
}

/// Shared sockets, duplications and events of nobody. Data still on its way keeps a socket alive for a while, and a
/// target known by its number alone may yet come back.
fn rest(world: &World) -> Vec<(String, String)> {
    let may_come_back = world.machine().policies().target_identity == TargetIdentity::Number;
    let pending: Vec<&Duplication> = world.duplications().iter().filter(|_| !may_come_back).collect();
    let referred = |id: SocketId| may_come_back && world.duplications().references(id) > 0;
    let sockets = world.afd().iter().filter(|(id, socket)| socket.references() > 0 && !referred(*id)).count();
    let counts = [
        ("no shared socket with references", sockets),
        ("no pending duplication", pending.len()),
        ("no event", world.events().iter().count()),
    ];
    let left = counts.into_iter().filter(|(_, count)| *count > 0);
    left.map(|(what, count)| (what.to_owned(), count.to_string())).collect()
}
