//! The deadlines of one instance: what causes their commands, and what it costs to find that.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::cell::Cell;

use edgefold_flow::{
    Due, Instance, Message, Participant, Stamp,
    append::storage::{Slice, Storage},
    door::Asker,
};
use edgefold_kernel::{
    Aggregate, Context, Decider, Decision, Envelope, Foreign, Id, Metadata, Timestamp, Version,
    commands, events,
};
use edgefold_testing::MemoryStorage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Rings at the instant that it was wound up for.
struct Timer;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wind {
    at: Timestamp,
    /// The version that its state then names; that of the event when left out.
    names: Option<Version>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tick {
    times: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ring {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wound {
    at: Timestamp,
    names: Option<Version>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ticked {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rung {}

edgefold_testing::plain!(Wind, Tick, Ring, Wound, Ticked, Rung);

commands! {
    enum TimerCommand { "Wind" [creates] => Wind(Wind), "Tick" => Tick(Tick), "Ring" => Ring(Ring) }
}
events! {
    enum TimerEvent {
        "Wound" v 1 => Wound(Wound), "Ticked" v 1 => Ticked(Ticked), "Rung" v 1 => Rung(Rung)
    }
}

/// The instant at which it rings, and the version of the event that says so.
type State = Option<(Timestamp, Version)>;

impl Aggregate for Timer {
    const TYPE: &'static str = "timer";
    type Command = TimerCommand;
    type Event = TimerEvent;
}

impl Decider for Timer {
    type State = State;

    fn decide(_: &State, command: &TimerCommand, _: &Context<'_>) -> Decision<TimerEvent> {
        Ok(match command.clone() {
            TimerCommand::Wind(Wind { at, names }) => vec![Wound { at, names }.into()],
            TimerCommand::Tick(Tick { times }) => (0..times).map(|_| Ticked {}.into()).collect(),
            TimerCommand::Ring(Ring {}) => vec![Rung {}.into()],
        })
    }

    fn evolve(state: &mut State, event: &TimerEvent, version: Version) {
        match event {
            TimerEvent::Wound(wound) => *state = Some((wound.at, wound.names.unwrap_or(version))),
            TimerEvent::Ticked(_) => {}
            TimerEvent::Rung(_) => *state = None,
        }
    }
}

impl Participant for Timer {
    fn deadline(_id: &Id, state: &State) -> Option<Due<TimerCommand>> {
        state.map(|(at, set_by)| Due { at, command: Ring {}.into(), set_by })
    }
}

/// The instant at which it rings.
fn rings_at() -> Timestamp {
    Timestamp::from_millis(60_000)
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// One timer, and a clock that stands at the instant at which it rings.
struct Case {
    storage: MemoryStorage,
    timer: Instance<MemoryStorage>,
}

impl Case {
    fn new() -> Self {
        let storage = MemoryStorage::default();
        Self { timer: Instance::of::<Timer>(id("it"), storage.clone()), storage }
    }

    fn restarted(self) -> Self {
        Self { timer: Instance::of::<Timer>(id("it"), self.storage.clone()), ..self }
    }

    fn with_stamp<T>(&self, work: impl FnOnce(&Stamp<'_>) -> T) -> T {
        let count = Cell::new(self.timer.head().unwrap().version);
        let fresh = || {
            count.set(count.get() + 1);
            format!("e-{}", count.get())
        };
        work(&Stamp { now: rings_at(), fresh: &fresh, by: &Asker::System })
    }

    fn send(&self, command: &str, name: &str, payload: Value) {
        let message = json!({
            "aggregateType": "timer", "aggregateId": "it", "name": name, "commandId": command, "payload": payload,
            "metadata": {"correlationId": format!("of-{command}"), "traceparent": "00-1-2-01"},
        });
        let message = Message::from_value(message).unwrap();
        self.with_stamp(|stamp| {
            self.timer.handle(&self.timer.wanted(&message), &Foreign::default(), stamp)
        })
        .unwrap();
    }

    /// Winds it up twice, the second time for now, and lets it tick this often then.
    fn wound(ticks: usize, names: Option<Version>) -> Self {
        let case = Self::new();
        case.send("first", "Wind", json!({"at": Timestamp::MAX}));
        case.send("wind", "Wind", json!({"at": rings_at(), "names": names}));
        for hundred in 0..ticks / 100 {
            case.send(&format!("c-{hundred}"), "Tick", json!({"times": 100}));
        }
        case
    }

    /// Meets the deadline. Returns the event that followed, and the number of events that were read for it.
    fn ring(&self) -> (Envelope, usize) {
        let before = self.storage.events_read();
        assert_eq!(self.with_stamp(|stamp| self.timer.pass_deadline(stamp)), Ok(true));
        let read = self.storage.events_read() - before;
        let head = self.timer.head().unwrap().version;
        let last = self.storage.events(&Slice::after(head - 1)).unwrap().remove(0);
        assert_eq!(last.event_type, "Rung");
        (last, read)
    }
}

#[test]
fn a_deadline_costs_the_same_on_a_short_stream_and_on_a_long_one() {
    for ticks in [1_000, 100_000] {
        let case = Case::wound(ticks, None);
        let (rung, read) = case.ring();
        assert_eq!(read, 2, "the event that set it, and the latest, of {ticks}");
        assert_eq!(rung.metadata.correlation_id, Some(id("of-wind")));
    }
}

#[test]
fn the_command_of_a_deadline_goes_back_to_the_event_that_set_it_after_a_snapshot_too() {
    for is_restarted in [false, true] {
        let mut case = Case::wound(1_000, None);
        if is_restarted {
            case.timer.take_snapshot().unwrap();
            case = case.restarted();
            let before = case.storage.events_read();
            assert_eq!(case.timer.deadline(), Ok(Some(rings_at())));
            assert_eq!(case.storage.events_read(), before, "the snapshot says it all");
        }
        let (rung, _) = case.ring();
        let expected = Metadata {
            correlation_id: Some(id("of-wind")),
            causation_id: Some(id("e-2")),
            traceparent: Some("00-1-2-01".into()),
            ..Metadata::default()
        };
        assert_eq!(rung.metadata, expected);
        assert_eq!(rung.command_id, id("deadline.e-1002"));
    }
}

#[test]
fn a_deadline_of_which_nobody_knows_what_set_it_is_met_all_the_same() {
    for names in [0, 103, Version::MAX] {
        let (rung, _) = Case::wound(100, Some(names)).ring();
        assert_eq!(rung.metadata, Metadata::default(), "{names}");
        assert_eq!(rung.command_id, id("deadline.e-102"));
    }
}
