//! A decision rests on the state of a foreign instance, as its source answers it: nothing of it is read or stored.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use edgefold_flow::{
    Accepted, Catalogue, Instance, Message, Participant, Route, Stamp,
    append::storage::{Slice, Storage, Write},
    door::{Asker, token::Caller},
    instance::Received,
    participant::To,
    publish::{Delivery, Item},
    receive::Incoming,
    route::Entry,
};
use edgefold_kernel::{
    Aggregate, Context, Decider, Decision, Envelope, Failure, Fault, Foreign, ForeignState, Id,
    Principal, Role, StreamId, Timestamp, commands, events,
};
use edgefold_testing::{MemoryStorage, Simulator, scenario::envelopes};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    to: Id,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    to: Id,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    of: Id,
}

/// What a listener decides on; nothing when there is no such teller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    known: Option<Words>,
}

edgefold_testing::plain!(Say, Said, Recall, Recalled);

commands! { pub enum TellerCommand { "Say" [creates] => Say(Say) } }
events! { pub enum TellerEvent { "Said" v 1 => Said(Said) } }
commands! { pub enum ListenerCommand { "Recall" [creates] => Recall(Recall) } }
events! { pub enum ListenerEvent { "Recalled" v 1 => Recalled(Recalled) } }

/// Tells listeners words.
pub struct Teller;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Words {
    count: u32,
    /// Nobody decides on it.
    heard_by: Vec<Id>,
}

impl Aggregate for Teller {
    const TYPE: &'static str = "teller";
    const STATE_VERSION: u32 = 3;
    type Command = TellerCommand;
    type Event = TellerEvent;
}

impl Decider for Teller {
    type State = Words;

    fn decide(_: &Words, command: &TellerCommand, _: &Context<'_>) -> Decision<TellerEvent> {
        let TellerCommand::Say(Say { to }) = command.clone();
        Ok(vec![Said { to }.into()])
    }

    fn evolve(state: &mut Words, event: &TellerEvent, _: u64) {
        let TellerEvent::Said(said) = event;
        state.count += 1;
        state.heard_by.push(said.to.clone());
    }
}

impl Participant for Teller {
    fn outline(state: &Words) -> Words {
        Words { heard_by: Vec::new(), ..*state }
    }
}

/// Says what it knows of a teller.
pub struct Listener;

impl Aggregate for Listener {
    const TYPE: &'static str = "listener";
    const OUTCOME_TTL_MS: i64 = 1_000;
    type Command = ListenerCommand;
    type Event = ListenerEvent;
}

impl Decider for Listener {
    type State = ();

    fn decide(_: &(), command: &ListenerCommand, known: &Context<'_>) -> Decision<ListenerEvent> {
        let ListenerCommand::Recall(Recall { of }) = command;
        Ok(vec![Recalled { known: known.foreign.state::<Teller>(of)? }.into()])
    }

    fn evolve(_: &mut (), _: &ListenerEvent, _: u64) {}

    fn rests_on(command: &ListenerCommand, _: Option<&Principal>) -> Vec<StreamId> {
        let ListenerCommand::Recall(recall) = command;
        vec![teller(recall.of.as_str())]
    }
}

impl Participant for Listener {
    const ROUTES: &'static [Route] =
        &[Route { source: Teller::TYPE, event: "Said", to: To::Field("to") }];

    fn on_foreign(_: &(), event: &Envelope) -> Result<Vec<ListenerCommand>, Fault> {
        Ok(vec![Recall { of: event.stream.aggregate_id.clone() }.into()])
    }

    fn may_send(who: &Principal, _: &Id, _: &ListenerCommand, _: &()) -> bool {
        who.subject == id("ana")
    }
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn teller(name: &str) -> StreamId {
    StreamId::new(Teller::TYPE, id(name))
}

fn with_stamp<T>(millis: i64, by: &Asker, work: impl FnOnce(&Stamp<'_>) -> T) -> T {
    let fresh = || "e".to_owned();
    work(&Stamp { now: Timestamp::from_millis(millis), fresh: &fresh, by })
}

fn somebody(who: &str) -> Asker {
    let principal = Principal::new(id(who), Role::parse("listener").unwrap());
    Asker::Somebody(Caller::new(principal, Timestamp::MAX))
}

fn recall(command_id: &str) -> Message {
    let message = json!({"aggregateType": "listener", "aggregateId": "a", "name": "Recall", "commandId": command_id, "payload": {"of": "t"}});
    Message::from_value(message).unwrap()
}

/// The teller `t` after so many words.
fn source(words: usize) -> (Instance<MemoryStorage>, MemoryStorage) {
    let storage = MemoryStorage::default();
    let said = (0..words).map(|_| TellerEvent::from(Said { to: id("b") }));
    let events = envelopes(&teller("t"), said);
    storage.commit(&Write { events, ..Write::default() }).unwrap();
    (Instance::of::<Teller>(id("t"), storage.clone()), storage)
}

/// One listener.
struct Case {
    storage: MemoryStorage,
    instance: Instance<MemoryStorage>,
}

impl Case {
    fn new() -> Self {
        let storage = MemoryStorage::default();
        Self { instance: Instance::of::<Listener>(id("a"), storage.clone()), storage }
    }

    /// Decides on this answer of the teller, once it has crossed the wire.
    fn recall(&self, command_id: &str, answer: &ForeignState) -> Result<Accepted, Failure> {
        let text = serde_json::to_string(answer).unwrap();
        let answer = serde_json::from_str(&text).unwrap();
        let foreign = Foreign::from_iter([(teller("t"), answer)]);
        with_stamp(1_000, &Asker::System, |stamp| {
            self.instance.handle(&self.instance.wanted(&recall(command_id)), &foreign, stamp)
        })
    }

    /// What it has decided on, each time.
    fn recalled(&self) -> Vec<Option<Words>> {
        let events = self.storage.events(&Slice::after(0)).unwrap();
        let known = |event: &Envelope| {
            let ListenerEvent::Recalled(recalled) = event.read().unwrap();
            recalled.known
        };
        events.iter().map(known).collect()
    }
}

fn words(count: u32) -> Option<Words> {
    Some(Words { count, heard_by: Vec::new() })
}

#[test]
fn a_decision_reads_no_event_of_a_foreign_stream_however_long_it_is() {
    for length in [1_000, 20_000] {
        let (case, (source, storage)) = (Case::new(), source(length));
        source.head().unwrap();
        let before = storage.events_read();
        case.recall("c", &source.foreign().unwrap()).unwrap();
        assert_eq!(case.recalled(), [words(length as u32)], "all of it, but for its listeners");
        assert_eq!(storage.events_read(), before);
    }
}

#[test]
fn a_source_that_is_awoken_answers_from_its_snapshot_and_what_follows_it() {
    let (source, storage) = source(2_000);
    source.take_snapshot().unwrap();
    let say = json!({"aggregateType": "teller", "aggregateId": "t", "name": "Say", "commandId": "s", "payload": {"to": "b"}});
    with_stamp(1_000, &Asker::System, |stamp| {
        let say = Message::from_value(say).unwrap();
        source.handle(&source.wanted(&say), &Foreign::default(), stamp)
    })
    .unwrap();
    let awoken = Instance::of::<Teller>(id("t"), storage.clone());
    let before = storage.events_read();
    let answer = awoken.foreign().unwrap();
    assert_eq!((answer.version, answer.state_version), (2_001, 3));
    assert_eq!(storage.events_read() - before, 1);
}

#[test]
fn nothing_is_stored_of_what_a_decision_rests_on() {
    let (case, (source, _)) = (Case::new(), source(3));
    case.recall("c", &source.foreign().unwrap()).unwrap();
    assert_eq!(case.storage.mark(&teller("t")), Ok(0), "marks are for deliveries");
}

#[test]
fn a_state_of_another_schema_version_is_a_fault_that_passes_and_no_refusal() {
    for other in [2, 4] {
        let (case, (source, _)) = (Case::new(), source(3));
        let answer = source.foreign().unwrap();
        let strange = ForeignState {
            state_version: other,
            state: RawValue::from_string(r#"{"another": "shape"}"#.into()).unwrap(),
            ..answer
        };
        let failed = case.recall("c", &strange);
        let Err(Failure::Faulted(fault)) = failed else { panic!("{failed:?}") };
        assert!(fault.retryable(), "{fault}");
        assert_eq!(case.recalled(), []);
        // The same command, when the source runs this code, too.
        assert_eq!(case.recall("c", &source.foreign().unwrap()).unwrap().version, 1);
        assert_eq!(case.recalled(), [words(3)]);
    }
}

#[test]
fn where_there_is_no_stream_there_is_no_state() {
    let (case, (source, _)) = (Case::new(), source(0));
    let answer = source.foreign().unwrap();
    assert_eq!((answer.version, answer.state.get()), (0, "null"));
    // Whoever has no stream may run any code.
    case.recall("c", &ForeignState { state_version: 2, ..answer }).unwrap();
    assert_eq!(case.recalled(), [None]);
}

#[test]
fn a_state_that_is_null_is_a_state() {
    let (case, (source, _)) = (Case::new(), source(0));
    case.recall("c", &source.foreign().unwrap()).unwrap();
    let answer = case.instance.foreign().unwrap();
    assert_eq!((answer.version, answer.state.get()), (1, "null"));
    let known = Foreign::from_iter([(StreamId::new(Listener::TYPE, id("a")), answer)]);
    assert_eq!(known.state::<Listener>(&id("a")), Ok(Some(())));
}

#[test]
fn nobody_is_asked_for_a_stranger_or_for_a_repeat() {
    let (case, (source, _)) = (Case::new(), source(3));
    let asks = |who: &str, command_id: &str, millis: i64| {
        let message = recall(command_id);
        with_stamp(millis, &somebody(who), |stamp| {
            case.instance.rests_on(&case.instance.wanted(&message), stamp)
        })
        .unwrap()
    };
    assert_eq!(asks("ana", "c", 1_000), [teller("t")]);
    assert_eq!(asks("eve", "c", 1_000), []);
    case.recall("c", &source.foreign().unwrap()).unwrap();
    assert_eq!(asks("ana", "c", 1_999), []);
    assert_eq!(asks("ana", "c", 2_000), [teller("t")], "its outcome has expired: it is decided");
    assert_eq!(asks("ana", "d", 1_000), [teller("t")]);
}

#[test]
fn a_decision_whose_source_was_not_asked_is_a_defect_and_never_a_guess() {
    let case = Case::new();
    let code = |failure| match failure {
        Failure::Faulted(fault) => fault.code(),
        Failure::Rejected(refusal) => panic!("{refusal}"),
    };
    let many = with_stamp(1_000, &Asker::System, |stamp| {
        case.instance.handle_all(&[case.instance.wanted(&recall("c"))], stamp)
    });
    assert_eq!(
        many.into_iter().map(|one| one.map_err(code)).collect::<Vec<_>>(),
        [Err("INTERNAL")]
    );
    let events = envelopes(&teller("t"), [TellerEvent::from(Said { to: id("a") })]);
    let item = Item { version: 1, event: events.into_iter().next(), errands: Vec::new() };
    let delivery = Delivery { through: 1, items: vec![item], ..Delivery::default() };
    let incoming = Incoming { from: teller("t"), delivery };
    let received = with_stamp(1_000, &Asker::System, |stamp| {
        case.instance.receive(&incoming, &Foreign::default(), stamp)
    });
    let Ok(Received::Done(receipt)) = received else { panic!("{received:?}") };
    let failed = receipt.failure.map(|(version, fault)| (version, fault.code()));
    assert_eq!((receipt.mark, failed), (0, Some((1, "INTERNAL"))));
    assert_eq!(case.recalled(), []);
}

#[test]
fn a_decision_waits_for_no_delivery() {
    const CATALOGUE: Catalogue = Catalogue {
        entries: const { &[Entry::of::<Teller>("TELLER"), Entry::of::<Listener>("LISTENER")] },
        projections: &[],
        hooks: edgefold_flow::Hooks::NONE,
        roles: &[],
    };
    let mut simulator = Simulator::new(CATALOGUE, 1).with::<Teller>().with::<Listener>();
    simulator.send("listener", "a", "Recall", json!({"of": "t"})).unwrap();
    for _ in 0..3 {
        simulator.send("teller", "t", "Say", json!({"to": "z"})).unwrap();
        simulator.send("listener", "a", "Recall", json!({"of": "t"})).unwrap();
    }
    let events = simulator.events().into_iter();
    let known = events.filter_map(|event| event.read::<ListenerEvent>().ok());
    let known = known.map(|ListenerEvent::Recalled(recalled)| recalled.known);
    assert_eq!(known.collect::<Vec<_>>(), [None, words(1), words(2), words(3)]);
}
