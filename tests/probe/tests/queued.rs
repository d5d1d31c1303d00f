//! Commands that come by a queue: each gets one outcome, which stays what it was, and who may ask for it.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::cell::Cell;

use edgefold_flow::{
    Accepted, Instance, Message, Stamp,
    append::storage::Storage,
    door::{Asker, token::Caller},
    queued::{Apart, Before, Ended, Ending, Queued},
};
use edgefold_kernel::{Failure, Fault, Foreign, Id, Principal, Role, Timestamp, limits};
use edgefold_probe::meter::Meter;
use edgefold_testing::MemoryStorage;
use serde_json::{Value, json};

const TTL: i64 = limits::OUTCOME_TTL_MS;

struct Case {
    meter: Instance<MemoryStorage>,
    now: Cell<i64>,
    fresh: Cell<u32>,
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn who(role: &'static str, subject: &str) -> Asker {
    let principal = Principal::new(id(subject), Role::new(role));
    Asker::Somebody(Caller::new(principal, Timestamp::MAX))
}

fn message(command_id: &str, name: &str, payload: Value) -> Message {
    let message = json!({"aggregateType": "meter", "aggregateId": "m", "name": name, "payload": payload, "commandId": command_id});
    Message::from_value(message).unwrap()
}

fn report(command_id: &str, reading: i32) -> Message {
    let payload =
        json!({"status": "OK", "reading": reading, "observedAt": "2026-01-01T00:00:00.000Z"});
    message(command_id, "UpdateMeter", payload)
}

impl Case {
    /// A meter of ana's that is out of service.
    fn new() -> Self {
        let meter = Instance::of::<Meter>(id("m"), MemoryStorage::default());
        let case = Self { meter, now: Cell::new(1_000), fresh: Cell::new(0) };
        let registered = json!({"model": "Thermo 2", "ownerId": "ana"});
        case.take(&message("c-1", "RegisterMeter", registered), &who("operator", "sam"));
        case.take(&message("c-2", "DecommissionMeter", json!({})), &who("operator", "sam"));
        assert_eq!(case.head(), 2);
        case
    }

    fn head(&self) -> u64 {
        self.meter.storage().head().unwrap().version
    }

    fn stamped<T>(&self, by: &Asker, work: impl FnOnce(&Stamp<'_>) -> T) -> T {
        let fresh = || {
            self.fresh.set(self.fresh.get() + 1);
            format!("e-{}", self.fresh.get())
        };
        work(&Stamp { now: self.now(), fresh: &fresh, by })
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.get())
    }

    /// Takes a command as the queue brings it. Returns the code of its refusal.
    fn take(&self, message: &Message, by: &Asker) -> Option<String> {
        let (code, apart) = self.take_apart(message, by)?;
        assert_eq!(apart, None);
        Some(code)
    }

    /// The same, with what is to be kept elsewhere.
    fn take_apart(&self, message: &Message, by: &Asker) -> Option<(String, Option<Apart>)> {
        let wanted = self.meter.wanted(message);
        let take =
            |stamp: &Stamp<'_>| self.meter.handle_queued(&wanted, &Foreign::default(), stamp);
        let ending = self.stamped(by, take).unwrap()?;
        let apart = self.remember(message, &ending);
        Some((ending.refused.unwrap().code.into_owned(), apart))
    }

    fn remember(&self, message: &Message, ending: &Ending) -> Option<Apart> {
        self.meter.remember(message, ending, self.now()).unwrap()
    }

    /// Whether a command has ended that sam has sent at this instant.
    fn has_ended(&self, message: &Message, sent_at: Timestamp) -> bool {
        let sent = queued(self, &who("operator", "sam"), None, vec![message.clone()]);
        self.meter.has_ended(message, &Queued { sent_at, ..sent }, &[], self.now()).unwrap()
    }

    fn send(&self, message: &Message, by: &Asker) -> String {
        let send = |stamp: &Stamp<'_>| {
            self.meter.handle(&self.meter.wanted(message), &Foreign::default(), stamp)
        };
        told(self.stamped(by, send))
    }

    fn asked(&self, command_id: &str, by: &Asker) -> String {
        match self.meter.ended(&id(command_id), by, self.now()) {
            Ok(Some(ended)) => told(Ended::into(ended)),
            Ok(None) => "NOTHING".to_owned(),
            Err(failure) => told(Err(failure)),
        }
    }
}

fn told(result: Result<Accepted, Failure>) -> String {
    match result {
        Ok(accepted) => format!("at {}", accepted.version),
        Err(Failure::Rejected(refused)) => refused.code.into_owned(),
        Err(Failure::Faulted(fault)) => fault.code().to_owned(),
    }
}

#[test]
fn a_refusal_stays_what_it_was_and_expires_like_any_outcome() {
    let (case, sam) = (Case::new(), who("operator", "sam"));
    let late = report("c-3", 1);
    assert_eq!(case.take(&late, &sam).as_deref(), Some("METER_DECOMMISSIONED"));
    assert!(case.has_ended(&late, case.now()));
    assert_eq!(case.asked("c-3", &sam), "METER_DECOMMISSIONED");
    assert_eq!(case.send(&late, &sam), "METER_DECOMMISSIONED", "a repeat");
    assert_eq!(case.send(&report("c-3", 2), &sam), "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(case.meter.outcome(&id("c-3"), case.now()).unwrap(), None, "it was not accepted");
    assert_eq!(case.head(), 2);
    case.now.set(1_000 + TTL);
    assert_eq!(case.asked("c-3", &sam), "NOTHING");
    assert!(!case.has_ended(&late, case.now()));
}

#[test]
fn an_outcome_is_for_those_who_see_the_instance_and_for_the_one_who_sent_it() {
    let (case, sam) = (Case::new(), who("operator", "sam"));
    assert_eq!(case.take(&report("c-3", 1), &sam).as_deref(), Some("METER_DECOMMISSIONED"));
    for (asks, told) in [
        (sam, "METER_DECOMMISSIONED"),
        (who("owner", "ana"), "METER_DECOMMISSIONED"),
        (who("owner", "ben"), "UNKNOWN_INSTANCE"),
        (who("machine", "eve"), "UNKNOWN_INSTANCE"),
    ] {
        assert_eq!(case.asked("c-3", &asks), told, "{asks:?}");
    }
    assert_eq!(case.asked("c-1", &who("owner", "ana")), "at 1");
    assert_eq!(case.asked("c-1", &who("owner", "ben")), "UNKNOWN_INSTANCE");
    assert_eq!(case.asked("c-9", &who("owner", "ana")), "NOTHING");
    assert_eq!(case.asked("c-9", &who("owner", "ben")), "UNKNOWN_INSTANCE");
}

#[test]
fn what_a_stranger_has_queued_leaves_nothing_here_and_answers_for_nobody_else() {
    let case = Case::new();
    // The owner sees the meter, and may not report for it.
    for by in [who("owner", "eve"), who("owner", "ana")] {
        let (code, apart) = case.take_apart(&report("c-3", 1), &by).unwrap();
        assert_eq!(code, "FORBIDDEN");
        assert_eq!(apart.unwrap().ending.sender, *by.principal().unwrap());
        assert_eq!(case.asked("c-3", &who("operator", "sam")), "NOTHING");
    }
    assert_eq!(case.send(&report("c-3", 2), &who("operator", "sam")), "METER_DECOMMISSIONED");
}

#[test]
fn by_the_id_of_somebody_elses_command_a_stranger_learns_nothing_and_its_own_gets_an_end() {
    let (case, eve) = (Case::new(), who("owner", "eve"));
    case.now.set(100_000 + limits::CLOCK_SKEW_MS);
    let hers = message("c-1", "RegisterMeter", json!({"model": "Thermo 2", "ownerId": "eve"}));
    let before = |text| Some(Before { command_id: id(text), sent_at: case.now(), is_named: true });
    let mut sent = queued(&case, &eve, before("c-2"), vec![hers.clone()]);
    let unknown = || case.meter.unknown_of(&sent, case.now()).unwrap();
    assert_eq!(unknown(), [id("c-1"), id("c-2")], "both are looked for with her own");
    assert!(case.meter.is_early(&sent, &[], case.now()).unwrap(), "as where there is no stream");
    sent.after = None;
    assert!(!case.meter.has_ended(&hers, &sent, &[], case.now()).unwrap());
    let (code, apart) = case.take_apart(&hers, &eve).unwrap();
    let apart = [apart.unwrap()];
    assert_eq!((code.as_str(), apart[0].command_id.as_str()), ("FORBIDDEN", "c-1"));
    assert!(case.meter.has_ended(&hers, &sent, &apart, case.now()).unwrap(), "it comes again");
    assert_eq!(case.asked("c-1", &who("owner", "ana")), "at 1");
}

#[test]
fn what_has_failed_is_decided_anew_when_it_is_sent_again_and_not_when_it_comes_again() {
    let (case, sam) = (Case::new(), who("operator", "sam"));
    let again = message("c-3", "DecommissionMeter", json!({}));
    let sent_at = case.now();
    case.now.set(2_000);
    let fault = Fault::Defect("a panic".into());
    assert_eq!(case.remember(&again, &case.meter.failed(&again, &sam, fault).unwrap()), None);
    assert_eq!(case.asked("c-3", &sam), "INTERNAL");
    assert!(case.has_ended(&again, sent_at), "it comes again");
    case.now.set(3_000);
    assert!(!case.has_ended(&again, case.now()), "it is sent again");
    assert_eq!(case.take(&again, &sam), None);
    assert_eq!(case.asked("c-3", &sam), "at 2");
    assert!(case.has_ended(&again, case.now()));
}

#[test]
fn a_command_waits_until_the_one_before_it_has_any_outcome() {
    let (case, sam) = (Case::new(), who("operator", "sam"));
    let before = Before { command_id: id("c-3"), sent_at: case.now(), is_named: true };
    let next = queued(&case, &sam, Some(before), vec![report("c-4", 2)]);
    let is_early = || case.meter.is_early(&next, &[], case.now()).unwrap();
    assert!(is_early());
    case.now.set(1_000 + TTL);
    assert!(!is_early(), "an outcome would be forgotten by now");
    case.now.set(2_000);
    assert!(is_early());
    case.take(&report("c-3", 1), &sam);
    assert!(!is_early(), "refused is an outcome");
}

fn queued(case: &Case, by: &Asker, after: Option<Before>, commands: Vec<Message>) -> Queued {
    let Asker::Somebody(caller) = by.clone() else { unreachable!("somebody asks") };
    Queued::new(case.meter.stream().clone(), caller, case.now(), after, commands)
}

#[test]
fn where_there_is_no_stream_nothing_is_stored_and_what_has_ended_is_kept_apart() {
    let meter = Instance::of::<Meter>(id("m"), MemoryStorage::default());
    let case = Case { meter, now: Cell::new(100_000), fresh: Cell::new(0) };
    let (machine, early) = (who("machine", "m"), report("c-1", 1));
    let sent = queued(&case, &machine, None, vec![early.clone()]);
    assert_eq!(case.meter.unknown_of(&sent, case.now()).unwrap(), [id("c-1")]);
    let (code, apart) = case.take_apart(&early, &machine).unwrap();
    let apart = apart.unwrap();
    assert_eq!((apart.command_id.as_str(), apart.ending.sender.subject.as_str()), ("c-1", "m"));
    assert_eq!(told(Ended::into(apart.ending.clone().into())), code);
    assert_eq!((case.head(), case.asked("c-1", &machine)), (0, "UNKNOWN_INSTANCE".to_owned()));

    // The message comes again, and there is a stream now: its command stays refused.
    let registered = json!({"model": "Thermo 2", "ownerId": "ana"});
    let begin = message("c-2", "RegisterMeter", registered);
    assert_eq!(case.take(&begin, &who("operator", "sam")), None);
    assert_eq!(case.meter.unknown_of(&sent, case.now()).unwrap(), [id("c-1")]);
    let ended = |sent_at| {
        let sent = Queued { sent_at, ..sent.clone() };
        case.meter.has_ended(&early, &sent, std::slice::from_ref(&apart), case.now()).unwrap()
    };
    assert!(ended(sent.sent_at));
    assert!(!ended(sent.sent_at.plus_millis(1)), "it was sent again");

    // What is sent long after the stream began is looked for here alone, but for the command before it.
    case.now.set(100_000 + limits::CLOCK_SKEW_MS);
    let late = queued(&case, &machine, sent.last(), vec![report("c-3", 3)]);
    assert_eq!(case.meter.unknown_of(&late, case.now()).unwrap(), [id("c-1")]);
    assert!(!case.meter.is_early(&late, &[apart], case.now()).unwrap());
    assert!(case.meter.is_early(&late, &[], case.now()).unwrap());
    let alone = queued(&case, &machine, None, vec![report("c-3", 3)]);
    assert_eq!(case.meter.unknown_of(&alone, case.now()).unwrap(), []);
}
