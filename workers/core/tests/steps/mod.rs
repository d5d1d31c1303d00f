//! Steps in the life of a system of instances.

use edgefold_account::Account;
use edgefold_core::CATALOGUE;
use edgefold_flow::Message;
use edgefold_kernel::Failure;
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_room::Room;
use edgefold_round::Round;
use edgefold_testing::{Simulator, Way};
use serde_json::{Value, json};

/// A step.
pub(crate) enum Step {
    /// A command that is accepted: to whom, its name, its payload.
    Sent(&'static str, &'static str, &'static str, Value),
    /// A command that is refused with this code.
    Refused(&'static str, &'static str, &'static str, Value, &'static str),
    /// The same command twice, with the same id: the second time it is a duplicate.
    SentTwice(&'static str, &'static str, &'static str, Value),
    /// Everything that is on its way arrives.
    Settled,
    /// Time passes, and with it every deadline.
    Passed(i64),
    /// Every letter that was ever sent comes once more.
    Repeated,
    /// The runtime is killed: memory and queue are gone.
    Killed,
}

/// Process, case, given and when, then: the events of some streams, without those that every story begins with.
pub(crate) type Case =
    (&'static str, &'static str, Vec<Step>, Vec<(&'static str, &'static str, Vec<&'static str>)>);

fn simulator() -> Simulator {
    let mut simulator = Simulator::new(*CATALOGUE, 1)
        .with::<Account>()
        .with::<Order>()
        .with::<Room>()
        .with::<Reservation>()
        .with::<Round>()
        .over(Way::InOrder);
    let room = json!({"hotelId": "grand", "number": "12A", "capacity": 2, "nightlyRate": 9900});
    simulator.send("room", "12A", "AddRoom", room).unwrap();
    let open = json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 0});
    simulator.send("account", "a", "OpenAccount", open).unwrap();
    simulator.send("account", "a", "Deposit", json!({"amount": 1_000})).unwrap();
    simulator.settle();
    simulator
}

fn run(simulator: &mut Simulator, step: Step, case: &str) {
    use Step::{Killed, Passed, Refused, Repeated, Sent, SentTwice, Settled};
    match step {
        Sent(to, id, name, payload) => {
            let answer = simulator.send(to, id, name, payload);
            assert!(answer.is_ok(), "{case}: {name} {answer:?}");
        }
        Refused(to, id, name, payload, code) => match simulator.send(to, id, name, payload) {
            Err(Failure::Rejected(refusal)) => assert_eq!(refusal.code, code, "{case}: {name}"),
            other => panic!("{case}: {name} {other:?}"),
        },
        SentTwice(to, id, name, payload) => {
            let message = json!({
                "aggregateType": to, "aggregateId": id, "name": name, "payload": payload, "commandId": "twice",
            });
            let message = Message::from_value(message).unwrap();
            let [first, second] = [(); 2].map(|()| simulator.command(&message).unwrap());
            assert_eq!((first.duplicate, second.duplicate), (false, true), "{case}");
            assert_eq!(first.events, second.events, "{case}");
        }
        Settled => simulator.settle(),
        Passed(millis) => {
            simulator.wait(millis);
            simulator.ring();
        }
        Repeated => simulator.repeat(),
        Killed => simulator.restart(),
    }
}

pub(crate) fn check(cases: Vec<Case>) {
    for (process, case, steps, expected) in cases {
        let case = format!("{process}: {case}");
        let mut simulator = simulator();
        for step in steps {
            run(&mut simulator, step, &case);
        }
        for (to, id, events) in expected {
            let begin = match to {
                "room" => vec!["RoomAdded"],
                "account" => vec!["AccountOpened", "MoneyDeposited"],
                _ => vec![],
            };
            assert_eq!(simulator.types(to, id), [begin, events].concat(), "{case}: {to} {id}");
        }
    }
}
