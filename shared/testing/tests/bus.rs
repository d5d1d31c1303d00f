//! What one instance asks of others, and what they answer: in order, once, and remembered.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::Cell;

use edgefold_flow::{
    Catalogue, Errand, Instance, Message, Participant, Route, Stamp,
    append::storage::{Slice, Storage},
    door::Asker,
    instance::Received,
    participant::{Refused, To},
    publish::{Delivery, Item, hold::Status},
    receive::{Incoming, Receipt, Settled},
    route::Entry,
};
use edgefold_kernel::{
    Aggregate, Context, Decider, Decision, Envelope, Fault, Foreign, Id, Rejection, StreamId,
    Timestamp, Version, command, commands, events, limits,
};
use edgefold_testing::{MemoryStorage, Simulator, WAYS, Way};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Asks keepers to keep something.
struct Sender;

/// The same before its events had ballast.
struct OldSender;

/// Keeps what it is asked to, and a copy of each request.
struct Keeper;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// To whom, and what.
    of: Vec<(Id, String)>,
    /// Who gets a copy.
    #[serde(default)]
    copies: Vec<Id>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    code: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct AskedV1 {
    of: Vec<(Id, String)>,
    copies: Vec<Id>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Asked {
    of: Vec<(Id, String)>,
    copies: Vec<Id>,
    ballast: String,
}

impl From<AskedV1> for Asked {
    fn from(old: AskedV1) -> Self {
        Self { of: old.of, copies: old.copies, ballast: "x".repeat(2 * limits::LETTER_BYTES) }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted {
    code: String,
}

#[command]
struct Keep {
    what: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    what: String,
}

edgefold_testing::plain!(Ask, Note, Asked, Noted, AskedV1, Kept);

commands! { enum SenderCommand { "Ask" [creates] => Ask(Ask), "Note" => Note(Note) } }
events! {
    enum SenderEvent {
        "Asked" v 2 after (AskedV1) => Asked(Asked), "Noted" v 1 => Noted(Noted)
    }
}
events! {
    enum OldSenderEvent { "Asked" v 1 => Asked(AskedV1), "Noted" v 1 => Noted(Noted) }
}
commands! { enum KeeperCommand { "Keep" [creates] => Keep(Keep) } }
events! { enum KeeperEvent { "Kept" v 1 => Kept(Kept) } }

impl Aggregate for Sender {
    const TYPE: &'static str = "sender";
    type Command = SenderCommand;
    type Event = SenderEvent;
}

impl Decider for Sender {
    type State = ();

    fn decide(_: &(), command: &SenderCommand, _: &Context<'_>) -> Decision<SenderEvent> {
        Ok(vec![match command.clone() {
            SenderCommand::Ask(Ask { of, copies }) => {
                Asked { of, copies, ballast: String::new() }.into()
            }
            SenderCommand::Note(Note { code }) => Noted { code }.into(),
        }])
    }

    fn evolve(_: &mut (), _: &SenderEvent, _: Version) {}
}

fn errands(of: &[(Id, String)]) -> Vec<Errand> {
    let errand = |(to, what): &(Id, String)| Errand::to::<Keeper>(to, Keep { what: what.clone() });
    of.iter().map(errand).collect()
}

impl Participant for Sender {
    fn errands(_: &Id, event: &SenderEvent) -> Vec<Errand> {
        match event {
            SenderEvent::Asked(asked) => errands(&asked.of),
            SenderEvent::Noted(_) => Vec::new(),
        }
    }

    fn on_refused(_: &(), refused: &Refused) -> Vec<SenderCommand> {
        vec![Note { code: refused.rejection.code.to_string() }.into()]
    }
}

impl Aggregate for OldSender {
    const TYPE: &'static str = Sender::TYPE;
    type Command = SenderCommand;
    type Event = OldSenderEvent;
}

impl Decider for OldSender {
    type State = ();

    fn decide(_: &(), command: &SenderCommand, _: &Context<'_>) -> Decision<OldSenderEvent> {
        Ok(vec![match command.clone() {
            SenderCommand::Ask(Ask { of, copies }) => AskedV1 { of, copies }.into(),
            SenderCommand::Note(Note { code }) => Noted { code }.into(),
        }])
    }

    fn evolve(_: &mut (), _: &OldSenderEvent, _: Version) {}
}

impl Participant for OldSender {
    fn errands(_: &Id, event: &OldSenderEvent) -> Vec<Errand> {
        match event {
            OldSenderEvent::Asked(asked) => errands(&asked.of),
            OldSenderEvent::Noted(_) => Vec::new(),
        }
    }
}

impl Aggregate for Keeper {
    const TYPE: &'static str = "keeper";
    type Command = KeeperCommand;
    type Event = KeeperEvent;
}

impl Decider for Keeper {
    type State = ();

    fn decide(_: &(), command: &KeeperCommand, _: &Context<'_>) -> Decision<KeeperEvent> {
        let KeeperCommand::Keep(Keep { what }) = command.clone();
        match what.as_str() {
            "no" => Err(Rejection::rule("NO", "as asked").into()),
            "panic" => panic!("as asked"),
            _ => Ok(vec![Kept { what }.into()]),
        }
    }

    fn evolve(_: &mut (), _: &KeeperEvent, _: Version) {}
}

impl Participant for Keeper {
    const ROUTES: &'static [Route] =
        &[Route { source: Sender::TYPE, event: "Asked", to: To::Each("copies") }];

    fn on_foreign(_: &(), event: &Envelope) -> Result<Vec<KeeperCommand>, Fault> {
        let bytes = event.data.get().len();
        Ok(vec![Keep { what: format!("a copy of {}", bytes > limits::LETTER_BYTES) }.into()])
    }
}

const CATALOGUE: Catalogue = Catalogue {
    entries: const { &[Entry::of::<Sender>("SENDER"), Entry::of::<Keeper>("KEEPER")] },
    projections: &[],
    hooks: edgefold_flow::Hooks::NONE,
    roles: &[],
};

fn simulator(way: Way, seed: u64) -> Simulator {
    Simulator::new(CATALOGUE, seed).with::<Sender>().with::<Keeper>().over(way)
}

fn ask(simulator: &mut Simulator, of: &[(&str, &str)], copies: &[&str]) {
    simulator.send("sender", "s", "Ask", json!({"of": of, "copies": copies})).unwrap();
}

/// What an instance has kept, or noted.
fn kept(simulator: &Simulator, id: &str) -> Vec<String> {
    let events = simulator.events().into_iter();
    let own = events.filter(|event| event.stream.aggregate_id.as_str() == id);
    own.filter_map(|event| event.field("what").or(event.field("code")).map(|it| it.to_string()))
        .collect()
}

fn every_way(check: impl Fn(Simulator, &str)) {
    for way in WAYS.into_iter().chain([Way::Any]) {
        for seed in 0..10 {
            check(simulator(way, seed), &format!("{way:?}, seed {seed}"));
        }
    }
}

#[test]
fn what_an_event_asks_of_one_and_of_two_destinations_is_done_once_and_in_order() {
    every_way(|mut simulator, case| {
        ask(&mut simulator, &[("k", "a"), ("l", "b"), ("k", "c")], &["k"]);
        ask(&mut simulator, &[("k", "d"), ("k", "no"), ("l", "no"), ("k", "e")], &[]);
        simulator.settle();
        for _ in 0..2 {
            assert_eq!(kept(&simulator, "k"), ["a copy of false", "a", "c", "d", "e"], "{case}");
            assert_eq!(kept(&simulator, "l"), ["b"], "{case}");
            assert_eq!(kept(&simulator, "s"), ["NO", "NO"], "{case}");
            simulator.restart();
            simulator.repeat();
            simulator.settle();
        }
    });
}

#[test]
fn what_one_source_asks_arrives_in_its_order_however_the_queue_brings_it() {
    let all: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    every_way(|mut simulator, case| {
        for what in &all {
            ask(&mut simulator, &[("k", what)], &[]);
        }
        simulator.settle();
        assert_eq!(kept(&simulator, "k"), all, "{case}");
    });
}

#[test]
fn a_letter_that_grew_travels_as_a_reference_and_arrives() {
    every_way(|mut simulator, case| {
        simulator.deploy::<OldSender>();
        ask(&mut simulator, &[("k", "a")], &["k", "l"]);
        simulator.restart();
        simulator.deploy::<Sender>();
        ask(&mut simulator, &[("k", "b")], &[]);
        simulator.settle();
        // A repeat of the letter that was sent before the restart may be faster.
        let copy = match case.starts_with("Overlapping") {
            true => kept(&simulator, "l").remove(0),
            false => "a copy of true".to_owned(),
        };
        assert_eq!(kept(&simulator, "l"), [copy], "{case}");
        let from_k = kept(&simulator, "k");
        assert!(from_k[0].starts_with("a copy of "), "{case}: {from_k:?}");
        assert_eq!(from_k[1..], ["a", "b"], "{case}");
        let journalled = simulator.journal.streams().values().map(Vec::len).sum::<usize>();
        assert_eq!(journalled, simulator.events().len(), "{case}");
    });
}

#[test]
fn a_hold_outlives_the_instance_and_ends_when_its_destination_is_back() {
    let mut simulator = simulator(Way::InOrder, 1);
    simulator.overload("keeper", "k");
    ask(&mut simulator, &[("k", "a"), ("l", "b")], &[]);
    simulator.settle();
    for _ in 0..100 {
        simulator.restart();
        simulator.pass(300_000);
    }
    let held = simulator.held();
    let [hold] = &held.values().collect::<Vec<_>>()[..] else { panic!("{held:?}") };
    assert_eq!((hold.status, hold.strikes), (Status::Failing, 0), "what heals is never parked");
    assert!(hold.attempts > 50);
    ask(&mut simulator, &[("k", "c")], &[]);
    simulator.mend("keeper", "k");
    simulator.restart();
    simulator.settle();
    assert_eq!(
        (kept(&simulator, "k"), kept(&simulator, "l").len()),
        (vec!["a".into(), "c".into()], 1)
    );
    assert!(simulator.held().is_empty() && simulator.listed().is_empty());
}

#[test]
fn what_is_parked_outlives_the_instance_and_its_discard_is_heard_as_a_refusal() {
    every_way(|mut simulator, case| {
        ask(&mut simulator, &[("k", "panic")], &[]);
        ask(&mut simulator, &[("k", "a"), ("l", "b")], &[]);
        simulator.settle();
        simulator.restart();
        simulator.settle();
        let parked = simulator.parked();
        let (sequence, versions) = parked.first_key_value().unwrap();
        assert_eq!((parked.len(), versions), (1, &vec![1, 2]), "{case}");
        assert_eq!((kept(&simulator, "k").len(), kept(&simulator, "l").len()), (0, 1), "{case}");
        simulator.retry();
        assert_eq!(simulator.parked(), parked, "{case}: it is poison still");
        simulator.discard(sequence).unwrap();
        simulator.settle();
        assert_eq!(kept(&simulator, "k"), ["a"], "{case}");
        assert_eq!(kept(&simulator, "s"), ["DISCARDED"], "{case}");
        assert!(simulator.held().is_empty(), "{case}");
    });
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn stream(aggregate_type: &str, name: &str) -> StreamId {
    StreamId::new(aggregate_type, id(name))
}

thread_local! {
    static FRESH: Cell<u32> = const { Cell::new(0) };
}

fn with_stamp<T>(work: impl FnOnce(&Stamp<'_>) -> T) -> T {
    let fresh = || {
        FRESH.set(FRESH.get() + 1);
        format!("e-{}", FRESH.get())
    };
    let now = Timestamp::from_millis(1_767_225_600_000);
    work(&Stamp { now, fresh: &fresh, by: &Asker::System })
}

/// A delivery of the sender's first version, which asks for this.
fn delivery(errands: &[(&str, Value)]) -> Incoming {
    let message = |(index, (name, payload)): (usize, &(&str, Value))| {
        let message = json!({
            "aggregateType": "keeper", "aggregateId": "k", "name": name, "payload": payload, "commandId": format!("e.{index}"),
        });
        Message::from_value(message).unwrap()
    };
    let errands = errands.iter().enumerate().map(message).collect();
    let items = vec![Item { version: 1, event: None, errands }];
    let delivery = Delivery { through: 1, items, ..Delivery::default() };
    Incoming { from: stream("sender", "s"), delivery }
}

fn keeper(storage: &MemoryStorage) -> Instance<MemoryStorage> {
    Instance::of::<Keeper>(id("k"), storage.clone())
}

fn receive(storage: &MemoryStorage, incoming: &Incoming) -> Receipt {
    let keeper = keeper(storage);
    let received =
        with_stamp(|stamp| keeper.receive(incoming, &Foreign::default(), stamp)).unwrap();
    let Received::Done(receipt) = received else { panic!("{received:?}") };
    receipt
}

#[test]
fn a_refusal_is_an_answer_and_stays_the_same_when_it_is_asked_for_again() {
    let storage = MemoryStorage::default();
    let incoming = delivery(&[("Keep", json!({"what": "no"})), ("Keep", json!({"what": "a"}))]);
    let first = receive(&storage, &incoming);
    let refused: Vec<_> = first.refused.iter().map(|it| it.command_id.as_str()).collect();
    assert_eq!((first.mark, refused, &first.failure), (1, vec!["e.0"], &None));
    assert_eq!(receive(&storage, &incoming), first);
    assert_eq!(storage.head().unwrap().version, 1, "what was done is not done again");
}

#[test]
fn what_older_code_does_not_know_is_no_answer_but_an_unknown_field_is_left_out() {
    let storage = MemoryStorage::default();
    let unknown = delivery(&[("Keep", json!({"what": "a"})), ("Praise", json!({}))]);
    let receipt = receive(&storage, &unknown);
    let failed = receipt.failure.map(|(version, fault)| (version, fault.code()));
    assert_eq!((receipt.mark, failed), (0, Some((1, "NEWER_CODE_NEEDED"))));
    assert_eq!((receipt.refused.len(), storage.head().unwrap().version), (0, 0), "all or nothing");
    let newer = delivery(&[("Keep", json!({"what": "a", "why": {"said": "newer code"}}))]);
    assert_eq!(receive(&storage, &newer), Receipt { mark: 1, ..Receipt::default() });
    // From outside it is a mistake.
    let message = json!({
        "aggregateType": "keeper", "aggregateId": "k", "name": "Keep", "payload": {"what": "a", "why": 1}, "commandId": "c",
    });
    let message = Message::from_value(message).unwrap();
    let foreign = Foreign::default();
    let refused = with_stamp(|stamp| {
        let keeper = keeper(&storage);
        keeper.handle(&keeper.wanted(&message), &foreign, stamp)
    });
    assert!(refused.unwrap_err().to_string().contains("why"));
}

#[test]
fn a_source_hears_a_refusal_once_however_often_its_receipt_comes() {
    let (storage, kept) = (MemoryStorage::default(), MemoryStorage::default());
    let sender = || Instance::of::<Sender>(id("s"), storage.clone()).routed(&CATALOGUE);
    let message = json!({
        "aggregateType": "sender", "aggregateId": "s", "name": "Ask", "payload": {"of": [["k", "no"]]}, "commandId": "c",
    });
    let message = Message::from_value(message).unwrap();
    let foreign = Foreign::default();
    with_stamp(|stamp| sender().handle(&sender().wanted(&message), &foreign, stamp)).unwrap();
    let keeper = stream("keeper", "k");
    let delivery = sender().part(&keeper, 0, 1, 10).unwrap();
    let receipt = receive(&kept, &Incoming { from: stream("sender", "s"), delivery });
    let settled = Settled { covered: vec![(0, 1)], receipts: vec![(keeper, receipt)] };
    for _ in 0..3 {
        let sender = sender();
        for _ in 0..2 {
            with_stamp(|stamp| sender.settled(&settled, 8, stamp)).unwrap();
        }
    }
    let events = storage.events(&Slice::after(0)).unwrap();
    let types: Vec<_> = events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["Asked", "Noted"]);
}
