//! The deadlines of an account's holds: what follows from each goes back to the command that made the hold.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_account::{Account, process::HELD_FOR_MS};
use edgefold_flow::{
    Instance, Message, Stamp,
    append::storage::{Slice, Storage},
    door::Asker,
};
use edgefold_kernel::{Aggregate, Envelope, Foreign, Id, Metadata, Timestamp};
use edgefold_testing::MemoryStorage;
use serde_json::{Value, json};

type One = Instance<MemoryStorage>;

fn with_stamp<T>(account: &One, millis: i64, work: impl FnOnce(&Stamp<'_>) -> T) -> T {
    let next = account.head().unwrap().version + 1;
    let fresh = || format!("e-{next}");
    work(&Stamp { now: Timestamp::from_millis(millis), fresh: &fresh, by: &Asker::System })
}

fn send(account: &One, command: &str, name: &str, payload: Value) {
    let message = Message::from_value(json!({
        "aggregateType": "account", "aggregateId": "a", "name": name, "commandId": command, "payload": payload,
    }))
    .unwrap();
    with_stamp(account, 0, |stamp| {
        account.handle(&account.wanted(&message), &Foreign::default(), stamp)
    })
    .unwrap();
}

#[test]
fn what_expires_goes_back_to_the_command_that_made_the_hold_whatever_came_after_it() {
    for is_restarted in [false, true] {
        let storage = MemoryStorage::default();
        let mut account = Instance::of::<Account>(Id::parse("a").unwrap(), storage.clone());
        let open = json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 0});
        send(&account, "open", "OpenAccount", open);
        send(&account, "deposit", "Deposit", json!({"amount": 1_000}));
        for payment in ["p", "q", "r"] {
            let hold = json!({"paymentId": payment, "amount": 10});
            send(&account, &format!("hold-{payment}"), "AuthorisePayment", hold);
        }
        for later in 0..500 {
            send(&account, &format!("later-{later}"), "Deposit", json!({"amount": 1}));
        }
        if is_restarted {
            account.take_snapshot().unwrap();
            assert_eq!(
                storage.snapshot(Account::STATE_VERSION, u64::MAX).unwrap().unwrap().version,
                505
            );
            account = Instance::of::<Account>(Id::parse("a").unwrap(), storage.clone());
        }
        while with_stamp(&account, HELD_FOR_MS, |stamp| account.pass_deadline(stamp)).unwrap() {}
        let events = storage.events(&Slice::after(505)).unwrap();
        let cause = |event: &Envelope| {
            let Metadata { correlation_id, causation_id, .. } = event.metadata.clone();
            let payment = event.field("paymentId").unwrap();
            format!("{payment} {} {}", correlation_id.unwrap(), causation_id.unwrap())
        };
        let causes: Vec<_> = events.iter().map(cause).collect();
        assert_eq!(causes, ["p hold-p e-3", "q hold-q e-4", "r hold-r e-5"], "{is_restarted}");
    }
}
