//! The rules of a room.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_flow::Participant;
use edgefold_kernel::{Amount, Date, Decider, Id, Subject};
use edgefold_room::{
    Room,
    commands::{AddRoom, CloseRoom, HoldRoom, ReleaseRoom, RoomNumber},
    events::{Event, RoomAdded, RoomClosed, RoomHeld, RoomReleased},
    rules::{HOLDS, HOLDS_OF_GUEST},
};
use edgefold_testing::{given, state_after};
use proptest::prelude::*;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn subject(text: &str) -> Subject {
    Subject::parse(text).unwrap()
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn add() -> AddRoom {
    AddRoom {
        hotel_id: id("grand"),
        number: RoomNumber::parse("12A").unwrap(),
        capacity: 2,
        nightly_rate: Amount::parse(9900).unwrap(),
    }
}

fn added() -> Event {
    let AddRoom { hotel_id, number, capacity, nightly_rate } = add();
    RoomAdded { hotel_id, number, capacity, nightly_rate }.into()
}

fn hold(reservation: &str, from: &str, to: &str) -> HoldRoom {
    let (reservation_id, user_id) = (id(reservation), None);
    HoldRoom { reservation_id, user_id, date_start: date(from), date_end: date(to) }
}

fn held(reservation: &str, from: &str, to: &str) -> Event {
    let HoldRoom { reservation_id, user_id, date_start, date_end } = hold(reservation, from, to);
    RoomHeld { reservation_id, user_id, date_start, date_end }.into()
}

fn released(reservation: &str) -> Event {
    RoomReleased { reservation_id: id(reservation) }.into()
}

#[test]
fn a_room_is_added() {
    given::<Room>([]).when(add()).then([added()]);
}

#[test]
fn free_nights_are_held() {
    given::<Room>([added()]).when(hold("r", "2026-03-01", "2026-03-03")).then([held(
        "r",
        "2026-03-01",
        "2026-03-03",
    )]);
}

#[test]
fn a_night_is_held_for_one_reservation_only() {
    let taken = || given::<Room>([added(), held("a", "2026-03-10", "2026-03-12")]);
    for (from, to) in [
        ("03-10", "03-12"),
        ("03-11", "03-12"),
        ("03-09", "03-11"),
        ("03-01", "03-31"),
        ("03-11", "03-20"),
    ] {
        taken()
            .when(hold("b", &format!("2026-{from}"), &format!("2026-{to}")))
            .then_refused("NIGHTS_TAKEN");
    }
}

#[test]
fn one_may_arrive_on_the_day_on_which_another_leaves() {
    let taken = || given::<Room>([added(), held("a", "2026-03-10", "2026-03-12")]);
    taken().when(hold("b", "2026-03-12", "2026-03-13")).then([held(
        "b",
        "2026-03-12",
        "2026-03-13",
    )]);
    taken().when(hold("b", "2026-03-08", "2026-03-10")).then([held(
        "b",
        "2026-03-08",
        "2026-03-10",
    )]);
}

#[test]
fn a_repeated_hold_changes_nothing_and_another_one_is_refused() {
    let taken = || given::<Room>([added(), held("a", "2026-03-10", "2026-03-12")]);
    taken().when(hold("a", "2026-03-10", "2026-03-12")).then_nothing();
    taken().when(hold("a", "2026-03-20", "2026-03-21")).then_refused("HOLD_EXISTS");
}

#[test]
fn a_room_is_held_so_many_times() {
    let holds = (0..HOLDS).map(|n| held(&format!("r{n}"), "2026-01-01", "2026-01-02"));
    let past: Vec<Event> = [added()].into_iter().chain(holds).collect();
    given::<Room>(past.clone())
        .when(hold("more", "2036-03-01", "2036-03-02"))
        .then_refused("TOO_MANY_HOLDS");
    given::<Room>(past.into_iter().chain([released("r0")]))
        .when(hold("more", "2036-03-01", "2036-03-02"))
        .then([held("more", "2036-03-01", "2036-03-02")]);
}

#[test]
fn one_guest_holds_a_room_only_so_many_times_and_others_hold_it_all_the_same() {
    let of = |guest: &str, reservation: &str| HoldRoom {
        user_id: Some(subject(guest)),
        ..hold(reservation, "2036-03-01", "2036-03-02")
    };
    let own = (0..HOLDS_OF_GUEST).map(|n| {
        let Event::Held(held) = held(&format!("r{n}"), "2026-01-01", "2026-01-02") else {
            unreachable!()
        };
        RoomHeld { user_id: Some(subject("ana")), ..held }.into()
    });
    let past: Vec<Event> = [added()].into_iter().chain(own).collect();
    let refused = given::<Room>(past.clone()).when(of("ana", "more"));
    refused.then_refused("TOO_MANY_HOLDS_OF_GUEST");
    let HoldRoom { reservation_id, user_id, date_start, date_end } = of("ben", "more");
    given::<Room>(past.clone()).when(of("ben", "more")).then([RoomHeld {
        reservation_id,
        user_id,
        date_start,
        date_end,
    }
    .into()]);
    let again = given::<Room>(past.into_iter().chain([released("r0")])).when(of("ana", "more"));
    again.then_accepted();
}

#[test]
fn released_nights_are_free_again() {
    given::<Room>([added(), held("a", "2026-03-10", "2026-03-12")])
        .when(ReleaseRoom { reservation_id: id("a") })
        .then([released("a")]);
    given::<Room>([added(), held("a", "2026-03-10", "2026-03-12"), released("a")])
        .when(hold("b", "2026-03-10", "2026-03-12"))
        .then([held("b", "2026-03-10", "2026-03-12")]);
    given::<Room>([added()]).when(ReleaseRoom { reservation_id: id("a") }).then_nothing();
}

#[test]
fn others_decide_on_a_room_without_its_holds() {
    let events = [added(), held("a", "2026-03-01", "2026-03-03"), RoomClosed {}.into()];
    let state = state_after::<Room>(events);
    let mut outline = Room::outline(&state).unwrap();
    assert_eq!((outline.holds.len(), outline.hold_count), (0, 1));
    outline.holds.clone_from(&state.as_ref().unwrap().holds);
    assert_eq!(Some(outline), state, "all else is there");
    assert_eq!(Room::outline(&None), None);
}

#[test]
fn a_closed_room_takes_no_holds_but_keeps_those_that_it_has() {
    given::<Room>([added()]).when(CloseRoom {}).then([RoomClosed {}.into()]);
    given::<Room>([added(), RoomClosed {}.into()]).when(CloseRoom {}).then_nothing();
    let closed =
        || given::<Room>([added(), held("a", "2026-03-10", "2026-03-12"), RoomClosed {}.into()]);
    closed().when(hold("b", "2026-04-01", "2026-04-02")).then_refused("ROOM_CLOSED");
    closed().when(ReleaseRoom { reservation_id: id("a") }).then([released("a")]);
}

#[test]
#[should_panic(expected = "but it was refused: ROOM_UNKNOWN")]
fn a_scenario_that_does_not_hold_fails() {
    given::<Room>([]).when(CloseRoom {}).then([]);
}

#[test]
fn a_failed_scenario_points_at_the_line_that_states_it() {
    let location = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let seen = location.clone();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        *seen.lock().unwrap() =
            info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
    }));
    let line = line!() + 1;
    let failed = std::panic::catch_unwind(|| given::<Room>([]).when(CloseRoom {}).then_nothing());
    std::panic::set_hook(before);
    assert!(failed.is_err());
    assert!(
        location.lock().unwrap().ends_with(&format!("rules.rs:{line}")),
        "{}",
        location.lock().unwrap()
    );
}

proptest! {
    /// For any commands in any order: no night is ever held twice, and only free nights are held.
    #[test]
    fn no_two_holds_overlap(asked in prop::collection::vec((0_u8..12, 1_u8..28, 1_u8..6, any::<bool>()), 1..60)) {
        use edgefold_kernel::{Context, Foreign, Timestamp};
        let (id_, foreign) = (id("it"), Foreign::default());
        let context = Context { id: &id_, now: Timestamp::default(), by: None, foreign: &foreign };
        let (mut state, mut version) = (None, 1);
        Room::evolve(&mut state, &added(), version);
        for (who, day, nights, release) in asked {
            let reservation = format!("r{who}");
            let command = if release {
                ReleaseRoom { reservation_id: id(&reservation) }.into()
            } else {
                let (from, to) = (format!("2026-03-{day:02}"), format!("2026-03-{:02}", u32::from(day + nights).min(31)));
                hold(&reservation, &from, &to).into()
            };
            for event in Room::decide(&state, &command, &context).into_iter().flatten() {
                version += 1;
                Room::evolve(&mut state, &event, version);
            }
            let holds = &state.as_ref().unwrap().holds;
            for (index, one) in holds.iter().enumerate() {
                for other in &holds[index + 1..] {
                    prop_assert!(!one.overlaps(other.date_start, other.date_end), "{one:?} overlaps {other:?}");
                    prop_assert_ne!(&one.reservation_id, &other.reservation_id);
                }
            }
        }
    }
}
