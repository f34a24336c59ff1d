//! Protocol info on its way down (Duty1, Duty2, Duty3) and up (Duty4, Duty5, Duty6), to the right place (Duty38,
//! Duty39).

use super::Checker;
use super::breach::{Fact, Findings, find};
use super::crossing::{Crossing, Scene, info_of};
use crate::abi::{Info, SpiCall, SpiFunction};
use crate::rules::RuleId;
use crate::world::catalog::ShapeId;
use crate::world::ids::{Handle, InstanceId};

impl Checker {
    /// A provider calls another one: what it was given against what it passes on.
    pub(super) fn check_info_down(&self, scene: Scene<'_>, callee: InstanceId, call: &SpiCall, found: &mut Findings) {
        let Some(parent) = self.top(scene.thread).filter(|parent| !parent.stale) else { return };
        check_buffer(scene, parent, call, found);
        let (Some(passed), Some(next)) = (info_of(call), scene.shape(callee)) else { return };
        let Some(given) = info_of(&parent.call) else { return };
        let expected = match scene.is_base(next) {
            false => Some((RuleId::Duty1, given)),
            true => base_of(scene, given).map(|entry| (RuleId::Duty2, entry)),
        };
        let matters = || vec![("next", Fact::Provider(next)), ("given", Fact::Info(given.clone()))];
        if let Some(wanted) = next_link(scene, parent.shape, given).filter(|wanted| *wanted != next) {
            let matters = vec![("given", Fact::Info(given.clone()))];
            find(found, RuleId::Duty39, parent.shape, matters, Fact::Provider(wanted), Fact::Provider(next));
            return;
        }
        if let Some((rule, expected)) = expected.filter(|(_, expected)| !expected.agrees_with(passed, false)) {
            let (expected, actual) = (Fact::Info(expected.clone()), Fact::Info(passed.clone()));
            find(found, rule, parent.shape, matters(), expected, actual);
        }
        let word = self.word_below(parent.shape, given.reserved());
        if call.function() == SpiFunction::WspSocket && passed.reserved() != word {
            find(found, RuleId::Duty3, parent.shape, matters(), Fact::Word(word), Fact::Word(passed.reserved()));
        }
    }

    /// The word from below that a layer's word stands for: itself, unless the layer has put it in the place of another.
    fn word_below(&self, layer: ShapeId, word: u32) -> u32 {
        self.words.get(&(layer, word)).copied().unwrap_or(word)
    }

    /// Which chain a layer's new descriptor belongs to: that of the open, or that of the listening socket.
    pub(super) fn note_chain(&mut self, scene: Scene<'_>, ended: &Crossing, socket: Handle) {
        let process = scene.thread.process;
        let given = info_of(&ended.call).map(Info::catalog_entry_id);
        let chain = given.or_else(|| self.chains.get(&(process, ended.runs, ended.s())).copied());
        if let Some(chain) = chain.filter(|_| !scene.is_base(ended.shape)) {
            self.chains.insert((process, ended.runs, socket), chain);
        }
    }

    /// A WSPDuplicateSocket has succeeded.
    pub(super) fn check_block_up(&mut self, scene: Scene<'_>, ended: &Crossing, block: &Info, found: &mut Findings) {
        let by = ended.shape;
        if scene.is_base(by) {
            return;
        }
        let s = vec![("s", Fact::Handle(scene.thread.process, ended.s()))];
        let from_below = ended.below.iter().rev().find_map(|below| below.block.as_ref());
        let Some(from_below) = from_below else {
            let (expected, actual) = (Fact::Function(SpiFunction::WspDuplicateSocket), Fact::Words("no such call"));
            return find(found, RuleId::Duty6, by, s, expected, actual);
        };
        // Another socket of another chain may have got the number meanwhile.
        let own = !ended.forgotten.contains(&ended.s());
        let opened = self.chains.get(&(scene.thread.process, ended.runs, ended.s())).filter(|_| own);
        let of_socket = opened.and_then(|&id| scene.catalog().entry(id)).and_then(|it| own_chain(scene, by, &it.info));
        let other = of_socket.filter(|own| own.catalog_entry_id() != block.catalog_entry_id());
        if let Some(own) = other.clone().filter(|_| is_own_chain(scene, by, block)) {
            find(found, RuleId::Duty4, by, s.clone(), Fact::Info(own), Fact::Info(block.clone()));
        }
        if !is_own_chain(scene, by, block) {
            let expected = own_chain(scene, by, block).map_or(Fact::Words("a chain entry of its own"), Fact::Info);
            find(found, RuleId::Duty4, by, s.clone(), expected, Fact::Info(block.clone()));
        }
        let (word, below) = (block.reserved(), from_below.reserved());
        if word == 0 && below != 0 {
            find(found, RuleId::Duty5, by, s, Fact::Word(below), Fact::Word(word));
        } else if word != below {
            self.words.insert((by, word), below);
        }
    }
}

/// WSPDuplicateSocket on its way down needs a place for the block.
fn check_buffer(scene: Scene<'_>, parent: &Crossing, call: &SpiCall, found: &mut Findings) {
    if let (SpiCall::DuplicateSocket { info: Some(_), .. }, SpiCall::DuplicateSocket { info: None, s, .. }) =
        (&parent.call, call)
    {
        let matters = vec![("s", Fact::Handle(scene.thread.process, *s))];
        let (expected, actual) = (Fact::Words("a buffer in lpProtocolInfo"), Fact::Words("NULL"));
        find(found, RuleId::Duty38, parent.shape, matters, expected, actual);
    }
}

/// Whose turn it is after a layer in the chain that an info names.
fn next_link(scene: Scene<'_>, layer: ShapeId, given: &Info) -> Option<ShapeId> {
    let chain = &scene.catalog().entry(given.catalog_entry_id())?.info;
    let position = scene.catalog().position(chain, layer)?;
    scene.catalog().below(chain, position)?.shape
}

/// The base entry at the end of the chain that an info names.
fn base_of<'a>(scene: Scene<'a>, given: &Info) -> Option<&'a Info> {
    let entry = scene.catalog().entry(given.catalog_entry_id())?;
    let chain = entry.info.fields().chain;
    let last = *chain.ids().last().filter(|_| chain.is_chain())?;
    scene.catalog().entry(last).map(|entry| &entry.info)
}

/// Whether a block is an unaltered chain entry that begins with a layer. Where a layer has no chain entry of its own,
/// the chain it stands in will do.
fn is_own_chain(scene: Scene<'_>, layer: ShapeId, block: &Info) -> bool {
    let Some(entry) = scene.catalog().entry(block.catalog_entry_id()) else { return false };
    let genuine = entry.info.agrees_with(block, true) && entry.is_chain();
    let own = || entry.shape == Some(layer) || own_chain(scene, layer, block).is_none();
    genuine && scene.catalog().position(&entry.info, layer).is_some() && own()
}

/// The chain entry that begins with a layer and goes on as the chain of a block does.
fn own_chain(scene: Scene<'_>, layer: ShapeId, block: &Info) -> Option<Info> {
    let catalog = scene.catalog();
    let chain = &catalog.entry(block.catalog_entry_id())?.info;
    let position = catalog.position(chain, layer)?;
    catalog.own_chain(chain, position).map(|entry| entry.info.clone())
}
