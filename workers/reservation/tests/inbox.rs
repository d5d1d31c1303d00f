//! The reactions of a reservation to deliveries of its room's stream, as a table; and the cause of a deadline.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_flow::{
    Instance, Message, Stamp,
    append::storage::{Slice, Storage, Write},
    door::{Asker, token::Caller},
    instance::Received,
    publish::{Delivery, Item},
    receive::{Incoming, Receipt},
};
use edgefold_kernel::{
    Aggregate, Amount, Date, Envelope, Foreign, Id, Principal, Timestamp, Version,
};
use edgefold_reservation::Reservation;
use edgefold_roles::GUEST;
use edgefold_room::{
    Room,
    commands::RoomNumber,
    events::{Event, RoomAdded, RoomHeld},
};
use edgefold_testing::{MemoryStorage, scenario::envelopes};
use serde_json::{json, value::RawValue};

type One = Instance<MemoryStorage>;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn with_stamp<T>(millis: i64, work: impl FnOnce(&Stamp<'_>) -> T) -> T {
    let fresh = || format!("e-{millis}");
    work(&Stamp { now: Timestamp::from_millis(millis), fresh: &fresh, by: &Asker::System })
}

/// The stream of a room: added, held for `a`, and four more that name others.
fn room() -> Vec<Envelope> {
    let held = |who: &str| -> Event {
        let (date_start, date_end) =
            (Date::parse("1970-03-01").unwrap(), Date::parse("1970-03-03").unwrap());
        RoomHeld { reservation_id: id(who), user_id: None, date_start, date_end }.into()
    };
    let added = RoomAdded {
        hotel_id: id("grand"),
        number: RoomNumber::parse("12A").unwrap(),
        capacity: 2,
        nightly_rate: Amount::parse(9900).unwrap(),
    };
    let stream = Room::stream(&id("12A"));
    envelopes(&stream, [added.into(), held("b"), held("a"), held("c"), held("d"), held("e")])
}

/// What the room has for `a` in this range of its stream, whatever it is there.
fn delivery(after: Version, through: Version) -> Incoming {
    let item = |event: Envelope| {
        let (version, is_mine) =
            (event.version, event.field("reservationId").as_deref() == Some("a"));
        Item { version, event: is_mine.then_some(event), errands: Vec::new() }
    };
    let within = |event: &Envelope| (after + 1..=through).contains(&event.version);
    let items = room().into_iter().filter(within).map(item).collect();
    let delivery = Delivery { after, through, items, answer_by: None };
    Incoming { from: Room::stream(&id("12A")), delivery }
}

fn receive(instance: &One, millis: i64, incoming: &Incoming) -> Received {
    let received =
        with_stamp(millis, |stamp| instance.receive(incoming, &Foreign::default(), stamp));
    received.unwrap()
}

fn through(mark: Version) -> Received {
    Received::Done(Receipt { mark, ..Receipt::default() })
}

/// A reservation that is pending, and has received the first event of its room's stream.
fn pending() -> (One, MemoryStorage) {
    let storage = MemoryStorage::default();
    let instance = Instance::of::<Reservation>(id("a"), storage.clone());
    let message = Message::from_value(json!({
        "aggregateType": "reservation", "aggregateId": "a", "name": "CreateReservation", "commandId": "asked",
        "payload": {"userId": "ana", "roomId": "12A", "dateStart": "1970-03-01", "dateEnd": "1970-03-03"},
    }))
    .unwrap();
    let source = MemoryStorage::default();
    source.commit(&Write { events: room(), ..Write::default() }).unwrap();
    let state = Instance::of::<Room>(id("12A"), source).foreign().unwrap();
    let foreign = Foreign::from_iter([(Room::stream(&id("12A")), state)]);
    with_stamp(1_000, |stamp| instance.handle(&instance.wanted(&message), &foreign, stamp))
        .unwrap();
    receive(&instance, 1_000, &delivery(0, 1));
    (instance, storage)
}

fn types(storage: &MemoryStorage) -> Vec<String> {
    storage.events(&Slice::after(0)).unwrap().into_iter().map(|event| event.event_type).collect()
}

#[test]
fn however_a_delivery_is_cut_every_event_is_applied_once_and_in_order() {
    let gap = |after, through| Received::Gap { after, through };
    for (case, deliveries, expected, confirmed) in [
        ("next", vec![(1, 2), (2, 3)], vec![through(2), through(3)], true),
        ("identical", vec![(1, 3), (1, 3)], vec![through(3), through(3)], true),
        ("overlapping", vec![(1, 3), (2, 5)], vec![through(3), through(5)], true),
        ("prepended", vec![(0, 4)], vec![through(4)], true),
        ("trimmed", vec![(1, 5), (2, 3)], vec![through(5), through(5)], true),
        ("older", vec![(0, 1)], vec![through(1)], false),
        ("gap", vec![(2, 3)], vec![gap(1, 2)], false),
        ("a reference", vec![(4, 4)], vec![gap(1, 4)], false),
        ("a reference that was read", vec![(1, 4), (4, 4)], vec![through(4), through(4)], true),
        (
            "out of order",
            vec![(2, 3), (1, 2), (2, 3)],
            vec![gap(1, 2), through(2), through(3)],
            true,
        ),
    ] {
        let (instance, storage) = pending();
        let received: Vec<_> = deliveries
            .into_iter()
            .map(|(after, through)| receive(&instance, 2_000, &delivery(after, through)))
            .collect();
        assert_eq!(received, expected, "{case}");
        let mut happened = vec!["ReservationCreated"];
        happened.extend(confirmed.then_some("ReservationConfirmed"));
        assert_eq!(types(&storage), happened, "{case}");
    }
}

#[test]
fn an_event_that_cannot_be_read_holds_back_what_follows_it_and_nothing_before_it() {
    let (instance, storage) = pending();
    let stream = Room::stream(&id("12A"));
    let mut poisoned = delivery(1, 6);
    let bad = &mut poisoned.delivery.items[3];
    let mut event = room()[4].clone();
    event.data = RawValue::from_string(r#"{"reservationId":"a"}"#.into()).unwrap();
    bad.event = Some(event);
    for _ in 0..2 {
        let received = receive(&instance, 2_000, &poisoned);
        let Received::Done(Receipt { mark, failure, .. }) = received else {
            panic!("{received:?}")
        };
        let failure = failure.map(|(version, fault)| (version, fault.code()));
        assert_eq!((mark, failure), (4, Some((5, "UNREADABLE"))));
        assert_eq!(storage.mark(&stream).unwrap(), 4);
        assert_eq!(types(&storage), ["ReservationCreated", "ReservationConfirmed"]);
    }
    assert_eq!(receive(&instance, 3_000, &delivery(1, 6)), through(6));
    assert_eq!(types(&storage).len(), 2, "what was applied before is not applied again");
}

#[test]
fn what_a_deadline_leads_to_goes_back_to_the_command_that_set_it() {
    let (instance, storage) = pending();
    with_stamp(61_000, |stamp| instance.pass_deadline(stamp)).unwrap();
    let events = storage.events(&Slice::after(0)).unwrap();
    let [created, expired] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(expired.event_type, "ReservationExpired");
    assert_eq!(expired.metadata.correlation_id, Some(id("asked")));
    assert_eq!(expired.metadata.causation_id, Some(id(&created.id)));
    assert_eq!(expired.command_id, id(&format!("deadline.{}", created.id)));
}

#[test]
fn a_deadline_that_passes_twice_or_fails_at_first_takes_effect_once_and_under_one_name() {
    let (instance, storage) = pending();
    storage.fail_next_commit();
    let pass = |millis| with_stamp(millis, |stamp| instance.pass_deadline(stamp));
    assert!(pass(61_000).is_err());
    assert_eq!(types(&storage), ["ReservationCreated"]);
    pass(62_000).unwrap();
    pass(63_000).unwrap();
    assert_eq!(types(&storage), ["ReservationCreated", "ReservationExpired"]);
    let events = storage.events(&Slice::after(0)).unwrap();
    assert_eq!(events[1].command_id, id(&format!("deadline.{}", events[0].id)));
    // Nothing has happened to this one: nothing is due.
    let nobody = Instance::of::<Reservation>(id("nobody"), MemoryStorage::default());
    with_stamp(61_000, |stamp| nobody.pass_deadline(stamp)).unwrap();
    assert_eq!(nobody.head().unwrap().version, 0);
}

#[test]
fn an_event_that_was_discarded_is_passed_over_and_nothing_follows_from_it() {
    let (instance, storage) = pending();
    let mut discarded = delivery(1, 3);
    discarded.delivery.items[1].event = None;
    assert_eq!(receive(&instance, 2_000, &discarded), through(3));
    // Neither a repeat nor the next delivery, which brings it once more, makes up for it.
    assert_eq!(receive(&instance, 3_000, &delivery(1, 5)), through(5));
    assert_eq!(types(&storage), ["ReservationCreated"]);
}

#[test]
fn nobody_is_asked_on_behalf_of_somebody_who_may_not() {
    let instance = Instance::of::<Reservation>(id("a"), MemoryStorage::default());
    let create = Message::from_value(json!({
        "aggregateType": "reservation", "aggregateId": "a", "name": "CreateReservation", "commandId": "asked",
        "payload": {"userId": "ana", "roomId": "12A", "dateStart": "1970-03-01", "dateEnd": "1970-03-03"},
    }))
    .unwrap();
    let rests_on = |who: &str| {
        let principal = Principal::new(id(who), GUEST);
        let by = Asker::Somebody(Caller::new(principal, Timestamp::MAX));
        with_stamp(1_000, |stamp| {
            instance.rests_on(&instance.wanted(&create), &Stamp { by: &by, ..*stamp })
        })
        .unwrap()
        .len()
    };
    assert_eq!((rests_on("ana"), rests_on("eve")), (1, 0));
}
