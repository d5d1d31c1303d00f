//! The rules of a reservation.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_flow::{Participant, participant::Refused};
use edgefold_kernel::{Aggregate, Amount, Date, Decider, Id, Kind, Rejection, Text, Timestamp};
use edgefold_reservation::{
    Reservation,
    commands::{
        CancelReservation, Command, ConfirmReservation, CreateReservation, DeclineReservation,
        ExpireReservation, ReturnHold,
    },
    events::{
        Event, HoldReturned, ReservationCancelled, ReservationConfirmed, ReservationCreated,
        ReservationDeclined, ReservationExpired,
    },
};
use edgefold_room::{
    Room,
    commands::RoomNumber,
    events::{Event as RoomEvent, RoomAdded, RoomClosed, RoomHeld},
};
use edgefold_testing::{given, scenario::envelopes, state_after};
use serde_json::json;

const NOW: &str = "2026-01-01T12:00:00Z";

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn create() -> CreateReservation {
    let (date_start, date_end) =
        (Date::parse("2026-03-01").unwrap(), Date::parse("2026-03-03").unwrap());
    CreateReservation { user_id: id("ana").into(), room_id: id("12A"), date_start, date_end }
}

fn created() -> Event {
    let CreateReservation { user_id, room_id, date_start, date_end } = create();
    let confirm_by = Timestamp::parse("2026-01-01T12:01:00Z").unwrap();
    ReservationCreated { user_id, room_id, date_start, date_end, confirm_by }.into()
}

fn room_added() -> RoomEvent {
    RoomAdded {
        hotel_id: id("grand"),
        number: RoomNumber::parse("12A").unwrap(),
        capacity: 2,
        nightly_rate: Amount::parse(9900).unwrap(),
    }
    .into()
}

fn confirmed() -> Event {
    ReservationConfirmed {}.into()
}

fn declined() -> Event {
    ReservationDeclined { reason: "NIGHTS_TAKEN".into() }.into()
}

fn cancelled() -> Event {
    ReservationCancelled { room_id: id("12A"), reason: None }.into()
}

fn expired() -> Event {
    ReservationExpired { room_id: id("12A") }.into()
}

#[test]
fn it_is_created_when_the_copy_of_the_room_says_that_it_is_open() {
    given::<Reservation>([])
        .knowing::<Room>("12A", [room_added()])
        .at(NOW)
        .when(create())
        .then([created()]);
}

#[test]
fn a_stay_begins_from_today_on_within_two_years_and_lasts_for_a_season_at_most() {
    let stay = |from: &str, to: &str| {
        let (date_start, date_end) = (Date::parse(from).unwrap(), Date::parse(to).unwrap());
        let create = CreateReservation { date_start, date_end, ..create() };
        given::<Reservation>([]).knowing::<Room>("12A", [room_added()]).at(NOW).when(create)
    };
    for (from, to) in
        [("2026-01-01", "2026-01-02"), ("2028-01-01", "2028-01-02"), ("2026-01-01", "2026-04-01")]
    {
        stay(from, to).then_accepted();
    }
    for (from, to, rule) in [
        ("2025-12-31", "2026-01-02", "ARRIVAL_PAST"),
        ("0000-01-01", "9999-12-31", "ARRIVAL_PAST"),
        ("2028-01-02", "2028-01-03", "ARRIVAL_TOO_FAR"),
        ("9999-12-30", "9999-12-31", "ARRIVAL_TOO_FAR"),
        ("2026-01-01", "2026-04-02", "STAY_TOO_LONG"),
        ("2026-01-01", "9999-12-31", "STAY_TOO_LONG"),
    ] {
        stay(from, to).then_refused(rule);
    }
    let early = "2026-01-02T11:59:59Z";
    let create = CreateReservation { date_start: Date::parse("2026-01-01").unwrap(), ..create() };
    given::<Reservation>([])
        .knowing::<Room>("12A", [room_added()])
        .at(early)
        .when(CreateReservation { date_end: Date::parse("2026-01-02").unwrap(), ..create })
        .then_accepted();
}

#[test]
fn it_is_refused_when_the_room_is_unknown_or_closed() {
    given::<Reservation>([]).when(create()).then_refused("ROOM_UNKNOWN");
    given::<Reservation>([])
        .knowing::<Room>("other", [room_added()])
        .when(create())
        .then_refused("ROOM_UNKNOWN");
    let closed = [room_added(), RoomClosed {}.into()];
    given::<Reservation>([])
        .knowing::<Room>("12A", closed)
        .when(create())
        .then_refused("ROOM_CLOSED");
}

#[test]
fn the_decision_rests_on_the_room_alone() {
    let room = Room::stream(&id("12A"));
    assert_eq!(Reservation::rests_on(&create().into(), None), [room]);
    assert!(Reservation::rests_on(&CancelReservation { reason: None }.into(), None).is_empty());
}

#[test]
fn only_a_pending_one_is_confirmed_declined_or_expired() {
    let answers: [(Command, Event); 3] = [
        (ConfirmReservation {}.into(), confirmed()),
        (DeclineReservation { reason: "NIGHTS_TAKEN".into() }.into(), declined()),
        (ExpireReservation {}.into(), expired()),
    ];
    for (command, event) in answers {
        given::<Reservation>([created()]).when(command.clone()).then([event]);
        for ended in [confirmed(), declined(), cancelled(), expired()] {
            given::<Reservation>([created(), ended])
                .when(command.clone())
                .then_refused("NOT_PENDING");
        }
    }
    let why = |event| state_after::<Reservation>([created(), event]).and_then(|it| it.refusal);
    assert_eq!(why(declined()), Some("NIGHTS_TAKEN".into()));
    assert_eq!(why(cancelled()), None);
}

#[test]
fn it_is_cancelled_while_it_has_not_ended() {
    let cancel = || CancelReservation { reason: Text::parse("ill").ok() };
    let event = || ReservationCancelled { room_id: id("12A"), reason: Text::parse("ill").ok() };
    given::<Reservation>([created()]).when(cancel()).then([event().into()]);
    let state = given::<Reservation>([created(), confirmed()])
        .when(cancel())
        .then([event().into()])
        .unwrap();
    assert_eq!((state.reason, state.refusal), (Text::parse("ill").ok(), None));
    given::<Reservation>([created(), cancelled()]).when(cancel()).then_nothing();
    given::<Reservation>([created(), declined()]).when(cancel()).then_refused("RESERVATION_ENDED");
    given::<Reservation>([created(), expired()]).when(cancel()).then_refused("RESERVATION_ENDED");
}

#[test]
fn a_hold_confirms_a_pending_reservation_and_is_given_back_by_any_other() {
    let CreateReservation { date_start, date_end, .. } = create();
    let held: RoomEvent =
        RoomHeld { reservation_id: id("it"), user_id: None, date_start, date_end }.into();
    let held = envelopes(&Room::stream(&id("12A")), [held]).remove(0);
    let reaction = |events: Vec<_>| {
        Reservation::on_foreign(&state_after::<Reservation>(events), &held).unwrap()
    };
    assert_eq!(reaction(vec![created()]), [ConfirmReservation {}.into()]);
    assert_eq!(reaction(vec![created(), confirmed()]), []);
    for ended in [cancelled(), expired(), declined()] {
        assert_eq!(reaction(vec![created(), ended]), [ReturnHold {}.into()]);
    }
    assert_eq!(reaction(vec![]), []);
}

#[test]
fn a_refused_hold_declines_with_the_reason_and_a_refused_release_does_nothing() {
    let rejection = Rejection::new(Kind::Rule, "NIGHTS_TAKEN", "taken");
    let refused = |name: &str| Refused { name: name.into(), rejection: rejection.clone() };
    let state = state_after::<Reservation>([created()]);
    let decline = DeclineReservation { reason: "NIGHTS_TAKEN".into() };
    assert_eq!(Reservation::on_refused(&state, &refused("HoldRoom")), [decline.into()]);
    assert_eq!(Reservation::on_refused(&state, &refused("ReleaseRoom")), []);
}

#[test]
fn the_room_is_asked_to_hold_and_to_release() {
    let asked = |event: Event| {
        let errands = Reservation::errands(&id("it"), &event);
        errands.into_iter().map(|errand| (errand.name, errand.payload)).collect::<Vec<_>>()
    };
    let hold = json!({"reservationId": "it", "userId": "ana", "dateStart": "2026-03-01", "dateEnd": "2026-03-03"});
    assert_eq!(asked(created()), [("HoldRoom", hold)]);
    let release = json!({"reservationId": "it"});
    for event in [cancelled(), expired(), HoldReturned { room_id: id("12A") }.into()] {
        assert_eq!(asked(event), [("ReleaseRoom", release.clone())]);
    }
    for event in [confirmed(), declined()] {
        assert_eq!(asked(event), []);
    }
}

#[test]
fn only_a_pending_reservation_has_a_deadline() {
    let due = Reservation::deadline(&id("it"), &state_after::<Reservation>([created()])).unwrap();
    assert_eq!(
        (due.at.to_string().as_str(), due.command),
        ("2026-01-01T12:01:00.000Z", ExpireReservation {}.into())
    );
    for ended in [confirmed(), declined(), cancelled(), expired()] {
        assert_eq!(
            Reservation::deadline(&id("it"), &state_after::<Reservation>([created(), ended])),
            None
        );
    }
}
