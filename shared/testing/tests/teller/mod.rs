//! An aggregate that tells others words, and one that remembers them.

// Each test file that shares it uses another part of it.
#![allow(dead_code, unreachable_pub)]

use edgefold_flow::{
    Participant, Route,
    participant::{Remembered, To},
};
use edgefold_kernel::{
    Aggregate, Context, Decision, Envelope, Fault, Id, StreamId, Version, commands,
    event::no_upcast, events,
};
use serde::{Deserialize, Serialize};

/// The word at which its reducer panics. It never says it by itself.
pub const UNSPEAKABLE: u32 = 666;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    pub to: Id,
    pub word: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub to: Id,
    pub word: u32,
    /// Bytes by which it makes the state larger.
    #[serde(default)]
    pub ballast: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    pub of: Id,
}

/// The copy that a listener decides on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    pub of: Id,
    pub words: u32,
    pub digest: u32,
}

commands! { pub enum TellerCommand { "Say" [creates] => Say(Say) } }
events! { pub enum TellerEvent upcast no_upcast { "Said" v 1 => Said(Said) } }
commands! { pub enum ListenerCommand { "Recall" [creates] => Recall(Recall) } }
events! { pub enum ListenerEvent upcast no_upcast { "Recalled" v 1 => Recalled(Recalled) } }

/// Tells listeners words.
pub struct Teller;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub words: u32,
    /// Another one when a word is missing, doubled or out of order.
    pub digest: u32,
    pub ballast: String,
}

impl Aggregate for Teller {
    const TYPE: &'static str = "teller";
    const STATE_VERSION: u32 = 3;
    type Command = TellerCommand;
    type Event = TellerEvent;
    type State = Told;

    fn decide(_: &Told, command: &TellerCommand, _: &Context<'_>) -> Decision<TellerEvent> {
        let TellerCommand::Say(Say { to, word }) = command.clone();
        Ok(vec![Said { to, word, ballast: 0 }.into()])
    }

    fn evolve(state: &mut Told, event: &TellerEvent, _version: Version) {
        let TellerEvent::Said(said) = event;
        assert_ne!(said.word, UNSPEAKABLE);
        state.words += 1;
        state.digest = state.digest.wrapping_mul(31).wrapping_add(said.word);
        state.ballast.push_str(&"x".repeat(said.ballast));
    }
}

impl Participant for Teller {}

/// Remembers every word of every teller, folds `EVERY` of them at a time, and says its memory whenever it is told a
/// word.
pub struct Listener<const EVERY: u64>;

impl<const EVERY: u64> Aggregate for Listener<EVERY> {
    const TYPE: &'static str = "listener";
    type Command = ListenerCommand;
    type Event = ListenerEvent;
    type State = ();

    fn decide(_: &(), command: &ListenerCommand, known: &Context<'_>) -> Decision<ListenerEvent> {
        let ListenerCommand::Recall(Recall { of }) = command.clone();
        let Told { words, digest, .. } = known.foreign.state::<Teller>(&of)?.unwrap_or_default();
        Ok(vec![Recalled { of, words, digest }.into()])
    }

    fn evolve(_: &mut (), _: &ListenerEvent, _version: Version) {}

    fn rests_on(command: &ListenerCommand) -> Vec<StreamId> {
        let ListenerCommand::Recall(recall) = command;
        vec![StreamId::new(Teller::TYPE, recall.of.clone())]
    }
}

impl<const EVERY: u64> Participant for Listener<EVERY> {
    const ROUTES: &'static [Route] =
        &[Route { source: Teller::TYPE, event: "Said", to: To::Field("to") }];
    const REMEMBERS: &'static [Remembered] = &[Remembered::of::<Teller>(&["Said"])];
    const FOREIGN_SNAPSHOT_EVERY: u64 = EVERY;

    fn on_foreign(_: &(), event: &Envelope) -> Result<Vec<ListenerCommand>, Fault> {
        Ok(vec![Recall { of: event.stream.aggregate_id.clone() }.into()])
    }
}

pub fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

pub fn teller(name: &str) -> StreamId {
    StreamId::new(Teller::TYPE, id(name))
}
