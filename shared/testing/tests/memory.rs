//! What an instance remembers of foreign streams is folded into a snapshot from so many events on, and nobody can tell.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use edgefold_flow::{
    Catalogue, Instance, Message, Participant, Route, Stamp,
    contract::Asker,
    receive::{Delivery, Span},
    route::{Entry, Remembered, To},
    storage::{Slice, Storage, Write},
};
use edgefold_kernel::{
    Aggregate, Context, Decision, Envelope, Failure, Fault, ForeignStream, Id, Rejection, Snapshot,
    StreamId, Timestamp, Version, commands, event::no_upcast, events, limits,
};
use edgefold_testing::{MemoryStorage, Simulator, WAYS, Way, scenario::envelopes};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The word at which its reducer panics. It never says it by itself.
const UNSPEAKABLE: u32 = 666;

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

/// What a listener has in mind when it decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    pub of: Id,
    pub words: u32,
    pub digest: u32,
}

impl Say {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

impl Recall {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

commands! { pub enum TellerCommand { "Say" [creates] => Say(Say) } }
events! { pub enum TellerEvent upcast no_upcast { "Said" v 1 => Said(Said) } }
commands! { pub enum ListenerCommand { "Recall" [creates] => Recall(Recall) } }
events! { pub enum ListenerEvent upcast no_upcast { "Recalled" v 1 => Recalled(Recalled) } }

/// Tells listeners words.
struct Teller;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Told {
    words: u32,
    /// Another one when a word is missing, doubled or out of order.
    digest: u32,
    ballast: String,
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

    fn evolve(state: &mut Told, event: &TellerEvent) {
        let TellerEvent::Said(said) = event;
        assert_ne!(said.word, UNSPEAKABLE);
        state.words += 1;
        state.digest = state.digest.wrapping_mul(31).wrapping_add(said.word);
        state.ballast.push_str(&"x".repeat(said.ballast));
    }
}

impl Participant for Teller {}

/// Remembers every word of every teller, folds so many of them at a time, and says what it remembers whenever it is told one.
struct Listener<const EVERY: usize>;

impl<const EVERY: usize> Aggregate for Listener<EVERY> {
    const TYPE: &'static str = "listener";
    type Command = ListenerCommand;
    type Event = ListenerEvent;
    type State = ();

    fn decide(_: &(), command: &ListenerCommand, known: &Context<'_>) -> Decision<ListenerEvent> {
        let ListenerCommand::Recall(Recall { of }) = command.clone();
        let Told { words, digest, .. } = known.foreign.state::<Teller>(&of)?.unwrap_or_default();
        Ok(vec![Recalled { of, words, digest }.into()])
    }

    fn evolve(_: &mut (), _: &ListenerEvent) {}

    fn rests_on(command: &ListenerCommand) -> Vec<StreamId> {
        let ListenerCommand::Recall(recall) = command;
        vec![StreamId::new(Teller::TYPE, recall.of.clone())]
    }
}

impl<const EVERY: usize> Participant for Listener<EVERY> {
    const ROUTES: &'static [Route] =
        &[Route { source: Teller::TYPE, event: "Said", to: To::Field("to") }];
    const REMEMBERS: &'static [Remembered] = &[Remembered::of::<Teller>(&["Said"])];
    const FOREIGN_SNAPSHOT_EVERY: usize = EVERY;

    fn on_foreign(_: &(), event: &Envelope) -> Result<Vec<ListenerCommand>, Fault> {
        Ok(vec![Recall { of: event.stream.aggregate_id.clone() }.into()])
    }
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn teller(name: &str) -> StreamId {
    StreamId::new(Teller::TYPE, id(name))
}

const TELLERS: [&str; 2] = ["t", "u"];
const LISTENERS: [&str; 2] = ["a", "b"];

/// What came of a run: every event, and what each listener remembers of each teller, folded.
type End = (Vec<(String, Version, String)>, Vec<(Told, Version)>);

/// Two tellers say words to two listeners. `killed`: the runtime ends when so many letters were brought.
fn run<const EVERY: usize>(way: Way, seed: u64, killed: Option<usize>) -> End {
    let catalogue = Catalogue(
        const { &[Entry::of::<Teller>("TELLER"), Entry::of::<Listener<EVERY>>("LISTENER")] },
    );
    let mut simulator =
        Simulator::new(catalogue, seed).with::<Teller>().with::<Listener<EVERY>>().over(way);
    if let Some(letters) = killed {
        simulator = simulator.killed_after(letters);
    }
    for word in 0..40 {
        let (from, to) = (TELLERS[word as usize % 3 / 2], LISTENERS[word as usize % 2]);
        simulator.send("teller", from, "Say", json!({"to": to, "word": word})).unwrap();
        if word % 4 == 0 {
            simulator.deliver_one();
        }
    }
    simulator.settle();
    let mut memories = Vec::new();
    for (listener, of) in LISTENERS.iter().flat_map(|to| TELLERS.map(|of| (to, of))) {
        // It decides on the whole stream, up to date.
        simulator.send("listener", listener, "Recall", json!({"of": of})).unwrap();
        let remembered = simulator.remembered("listener", listener, &teller(of));
        if EVERY > 0 {
            let left = remembered.events.len();
            assert!(left < EVERY, "{left} events lie there one by one, of {EVERY} at most");
            assert!(remembered.snapshot.is_some(), "and the others in a snapshot");
        } else {
            assert_eq!(remembered.snapshot, None);
        }
        memories.push(remembered.fold::<Teller>().unwrap().unwrap());
    }
    let events = simulator.events().into_iter();
    let named = |event: Envelope| {
        let StreamId { aggregate_type, aggregate_id } = event.stream;
        (format!("{aggregate_type} {aggregate_id}"), event.version, event.data.get().to_owned())
    };
    (events.map(named).collect(), memories)
}

#[test]
fn however_often_it_is_folded_every_decision_is_the_same_whatever_the_bus_does() {
    for way in WAYS.into_iter().chain([Way::Any]) {
        for seed in 0..5 {
            let plain = run::<0>(way, seed, None);
            for (every, folded) in [
                (1, run::<1>(way, seed, None)),
                (2, run::<2>(way, seed, None)),
                (7, run::<7>(way, seed, None)),
            ] {
                assert_eq!(folded, plain, "{way:?}, seed {seed}, every {every}");
            }
        }
    }
}

#[test]
fn a_runtime_that_is_killed_after_any_letter_remembers_the_same() {
    for letters in 0..40 {
        let plain = run::<0>(Way::InOrder, 1, Some(letters));
        assert_eq!(run::<1>(Way::InOrder, 1, Some(letters)), plain, "after {letters} letters");
        assert_eq!(run::<5>(Way::InOrder, 1, Some(letters)), plain, "after {letters} letters");
    }
}

/// One listener, and what teller `t` tells it.
struct Case<const EVERY: usize> {
    storage: MemoryStorage,
    instance: Instance<Listener<EVERY>, MemoryStorage>,
}

fn with_stamp<T>(work: impl FnOnce(&Stamp<'_>) -> T) -> T {
    let fresh = || "e".to_owned();
    work(&Stamp { now: Timestamp::from_millis(1_000), fresh: &fresh, by: &Asker::System })
}

/// The whole stream of the teller: word `n` is the n-th event.
fn stream(words: u32) -> Vec<Envelope> {
    let said = |word| TellerEvent::from(Said { to: id("a"), word, ballast: 0 });
    envelopes(&teller("t"), (1..=words).map(said))
}

fn part(events: &[Envelope], after: Version, through: Version) -> Delivery {
    let within = |event: &&Envelope| (after + 1..=through).contains(&event.version);
    let events = events.iter().filter(within).cloned().collect();
    Delivery {
        source_type: Teller::TYPE.into(),
        source_id: id("t"),
        spans: vec![Span { after, through, events }],
        discarded: Vec::new(),
    }
}

/// What a teller has come to when it has said these words.
fn told(words: impl IntoIterator<Item = u32>) -> (u32, u32) {
    let mut state = Told::default();
    for word in words {
        Teller::evolve(&mut state, &Said { to: id("a"), word, ballast: 0 }.into());
    }
    (state.words, state.digest)
}

impl<const EVERY: usize> Case<EVERY> {
    fn new() -> Self {
        let storage = MemoryStorage::default();
        Self { instance: Instance::new(id("a"), storage.clone()), storage }
    }

    fn restarted(self) -> Self {
        Self { instance: Instance::new(id("a"), self.storage.clone()), ..self }
    }

    fn receive(&self, delivery: &Delivery) {
        with_stamp(|stamp| self.instance.receive(delivery, stamp)).unwrap();
    }

    fn remembered(&self) -> ForeignStream {
        self.storage.remembered(&teller("t")).unwrap()
    }

    /// Version of the snapshot, and of each event after it.
    fn shape(&self) -> (Option<Version>, Vec<Version>) {
        let ForeignStream { snapshot, events } = self.remembered();
        let version = snapshot.map(|snapshot| snapshot.version);
        (version, events.iter().map(|event| event.version).collect())
    }

    /// What it remembers when it decides.
    fn recall(&self, command_id: &str) -> Result<(u32, u32), Failure> {
        let message = Message::from_value(&json!({
            "aggregateType": "listener", "aggregateId": "a", "name": "Recall", "commandId": command_id, "payload": {"of": "t"},
        }));
        with_stamp(|stamp| self.instance.handle(&message.unwrap(), &[], stamp))?;
        let events = self.storage.events(&Slice::after(0)).unwrap();
        let ListenerEvent::Recalled(recalled) = events.last().unwrap().read().unwrap();
        Ok((recalled.words, recalled.digest))
    }

    fn replace(&self, copy: Delivery) -> Result<usize, Failure> {
        with_stamp(|stamp| self.instance.replace_remembered(&[copy], stamp))
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> &'static str {
    match result {
        Err(Failure::Faulted(fault)) => fault.code(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_events_up_to_the_snapshot_are_gone_and_those_after_it_are_kept() {
    let (case, events) = (Case::<3>::new(), stream(10));
    for (through, expected) in [
        (2, (None, vec![1, 2])),
        (3, (Some(3), vec![])),
        (5, (Some(3), vec![4, 5])),
        (9, (Some(9), vec![])),
        (10, (Some(9), vec![10])),
    ] {
        let mark = case.storage.mark(&teller("t")).unwrap();
        case.receive(&part(&events, mark, through));
        case.instance.compact().unwrap();
        assert_eq!(case.shape(), expected, "through {through}");
        assert_eq!(case.recall(&format!("c{through}")), Ok(told(1..=through as u32)));
    }
    // What comes again is not taken again.
    case.receive(&part(&events, 0, 10));
    case.instance.compact().unwrap();
    assert_eq!(case.restarted().recall("again"), Ok(told(1..=10)));
}

#[test]
fn what_is_not_folded_when_a_runtime_ends_is_folded_with_the_next_that_come_together() {
    let (case, events) = (Case::<3>::new(), stream(6));
    case.receive(&part(&events, 0, 4));
    let case = case.restarted();
    case.instance.compact().unwrap();
    assert_eq!(case.shape(), (None, vec![1, 2, 3, 4]));
    case.receive(&part(&events, 4, 5));
    case.instance.compact().unwrap();
    case.receive(&part(&events, 5, 6));
    case.instance.compact().unwrap();
    assert_eq!(case.shape(), (Some(6), vec![]));
    assert_eq!(case.recall("c"), Ok(told(1..=6)));
}

#[test]
fn a_transaction_that_fails_leaves_everything_as_it_was() {
    let (case, events) = (Case::<3>::new(), stream(6));
    case.receive(&part(&events, 0, 3));
    case.storage.fail_next_commit();
    assert!(case.instance.compact().is_err());
    assert_eq!(case.shape(), (None, vec![1, 2, 3]));
    case.receive(&part(&events, 3, 6));
    case.instance.compact().unwrap();
    assert_eq!(case.shape(), (Some(6), vec![]));
}

#[test]
fn an_event_that_cannot_be_folded_is_kept_with_all_others_until_it_can() {
    for (poison, expected) in [
        (json!({"to": "b", "word": UNSPEAKABLE}), "INTERNAL"),
        (json!({"to": "b", "word": "one"}), "UNREADABLE"),
    ] {
        let (case, events) = (Case::<3>::new(), stream(9));
        let mut poisoned = events.clone();
        for event in &mut poisoned {
            // For somebody else: remembered, without a reaction.
            let data = json!({"to": "b", "word": event.version});
            let data = if event.version == 2 { poison.clone() } else { data };
            event.data = serde_json::from_value(data).unwrap();
        }
        for through in 1..=5 {
            case.receive(&part(&poisoned, through - 1, through));
            let compacted = case.instance.compact();
            assert_eq!(compacted.is_err(), through == 3, "tried once, when three have come");
        }
        assert_eq!(case.shape(), (None, vec![1, 2, 3, 4, 5]));
        assert_eq!(code(case.recall("c")), expected);
        // The source is mended, and the copy with it.
        assert_eq!(case.replace(part(&events, 0, 5)), Ok(5));
        assert_eq!(case.shape(), (Some(5), vec![]));
        assert_eq!(case.recall("c"), Ok(told(1..=5)));
    }
}

#[test]
fn a_state_that_is_too_large_for_a_snapshot_stays_in_its_events() {
    let case = Case::<2>::new();
    let said =
        |word| TellerEvent::from(Said { to: id("b"), word, ballast: limits::SNAPSHOT_BYTES / 2 });
    case.receive(&part(&envelopes(&teller("t"), (1..=3).map(said)), 0, 3));
    case.instance.compact().unwrap();
    assert_eq!(case.shape(), (None, vec![1, 2, 3]));
    assert_eq!(case.recall("c"), Ok(told(1..=3)));
}

/// A listener with a snapshot of another schema version, as another release would have left it.
fn stale<const EVERY: usize>(state_version: u32, state: &str) -> Case<EVERY> {
    let case = Case::<EVERY>::new();
    case.receive(&part(&stream(3), 0, 3));
    let snapshot = Snapshot { version: 3, state_version, state: state.into() };
    let snapshots = vec![(teller("t"), snapshot)];
    case.storage.commit(&Write { snapshots, ..Write::default() }).unwrap();
    assert_eq!(case.shape(), (Some(3), vec![]), "the events are gone");
    case.restarted()
}

#[test]
fn a_snapshot_is_used_instead_of_the_events_before_it() {
    // A state that no fold would come to shows that it was used.
    let case = stale::<3>(3, r#"{"words": 7000, "digest": 0, "ballast": ""}"#);
    assert_eq!(case.instance.stale(), Ok(vec![]));
    assert_eq!(case.recall("c"), Ok((7000, 0)));
}

#[test]
fn a_snapshot_of_another_schema_version_is_replaced_by_what_the_source_says() {
    for other in [2, 4] {
        let (case, events) = (stale::<3>(other, "{}"), stream(7));
        assert_eq!(case.instance.stale(), Ok(vec![teller("t")]));
        // Until it was read again nothing is decided on it, and nothing is lost.
        assert_eq!(code(case.recall("c")), "UNAVAILABLE");
        let mut quiet = events.clone();
        for event in &mut quiet {
            let data = json!({"to": "b", "word": event.version});
            event.data = serde_json::from_value(data).unwrap();
        }
        case.receive(&part(&quiet, 3, 6));
        assert_eq!(case.instance.compact().map_err(|fault| fault.retryable()), Err(true));
        assert_eq!(case.shape(), (Some(3), vec![4, 5, 6]));
        let early = case.replace(part(&events, 0, 5));
        assert_eq!(code(early), "UNAVAILABLE", "a copy that ends too early changes nothing");
        assert_eq!(case.shape(), (Some(3), vec![4, 5, 6]));

        assert_eq!(case.replace(part(&events, 0, 7)), Ok(6), "no more than was received");
        assert_eq!(case.instance.stale(), Ok(vec![]));
        assert_eq!(case.shape(), (Some(6), vec![]));
        assert_eq!(case.recall("c"), Ok(told(1..=6)));
        assert_eq!(case.remembered().snapshot.unwrap().state_version, 3);
    }
}

#[test]
fn what_is_read_again_is_what_was_remembered() {
    let (case, events) = (Case::<3>::new(), stream(8));
    for (through, shape, again) in [
        (2, (None, vec![1, 2]), (None, vec![1, 2])),
        (7, (Some(7), vec![]), (Some(7), vec![])),
        (8, (Some(7), vec![8]), (Some(8), vec![])),
    ] {
        let mark = case.storage.mark(&teller("t")).unwrap();
        case.receive(&part(&events, mark, through));
        case.instance.compact().unwrap();
        assert_eq!(case.shape(), shape);
        let before = case.remembered().fold::<Teller>();
        assert_eq!(case.replace(part(&events, 0, 8)), Ok(through as usize));
        assert_eq!(case.shape(), again);
        assert_eq!(case.remembered().fold::<Teller>(), before);
    }
}
