//! The operations of a GraphQL socket get each event after their cursors once and in order, whatever is lost on the
//! way.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod socket;

use edgefold_flow::{
    session::{Action, Input},
    subscribe::Begin,
};
use edgefold_kernel::limits;
use serde_json::{Value, json};

use socket::{Socket, at, closed, pass_of, pumps, room, run, sent};

#[test]
fn a_subscription_sends_what_comes_after_its_cursor_once_and_in_order() {
    let (mut socket, number) = Socket::following("1", Begin::After(1), 3);
    assert_eq!(socket.connection.wants(number, at(0)), Some(1));
    assert_eq!(socket.event(number, 3), [Value::Null; 0], "2 comes first");
    assert_eq!(socket.event(number, 2).len(), 1);
    assert_eq!(socket.event(number, 2), [Value::Null; 0], "it was sent");
    assert_eq!(socket.event(number, 3).len(), 1);
    assert_eq!(socket.connection.wants(number, at(0)), None);
    assert_eq!(pumps(&socket.step(Input::Told(room(), 4))), [number]);
    assert_eq!(socket.event(number, 4).len(), 1);
}

#[test]
fn what_a_filter_leaves_out_moves_the_cursor_and_sends_nothing() {
    let (mut socket, number) = Socket::following("1", Begin::After(0), 9);
    assert_eq!(socket.step(Input::Event(number, 0, 5, None)), []);
    assert_eq!(socket.connection.wants(number, at(0)), Some(5));
}

#[test]
fn telling_may_be_lost_doubled_and_reordered() {
    let (mut socket, number) = Socket::following("1", Begin::Now, 3);
    assert_eq!(pumps(&socket.step(Input::Told(room(), 6))), [number], "4 and 5 were never told");
    assert_eq!(socket.connection.wants(number, at(0)), Some(3));
    socket.step(Input::Told(room(), 4));
    (4..=6).for_each(|version| assert_eq!(socket.event(number, version).len(), 1));
    assert_eq!(socket.step(Input::Told(room(), 6)), []);
}

#[test]
fn what_is_told_while_the_source_still_answers_is_not_lost() {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    socket.step(Input::Joining(number, room()));
    assert_eq!(socket.connection.follows(&room()), (true, number));
    assert_eq!(socket.step(Input::Told(room(), 4)), []);
    let actions = socket.step(Input::Joined(number, Begin::Now, 3));
    assert_eq!(actions, [Action::Keep(number), Action::Pump(number)]);
    assert_eq!(socket.connection.wants(number, at(0)), Some(3));
}

#[test]
fn what_one_operation_learns_of_its_source_as_it_joins_every_other_knows() {
    for (begin, joins) in [(Begin::Now, true), (Begin::After(10), false)] {
        let (mut socket, one) = Socket::following("1", Begin::Now, 8);
        // Event 9 was not told. Another operation joins, and for the source the whole session knows of 9.
        let number = run(&socket.subscribe("2"));
        socket.step(Input::Joining(number, room()));
        let actions = socket.step(Input::Joined(number, begin, 9));
        assert_eq!(pumps(&actions), [one]);
        assert_eq!(actions.contains(&Action::Keep(number)), joins);
        assert_eq!(socket.event(one, 9).len(), 1);
    }
}

#[test]
fn a_cursor_ahead_of_its_source_is_an_error_of_that_operation() {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    socket.step(Input::Joining(number, room()));
    let error = &sent(&socket.step(Input::Joined(number, Begin::After(4), 3)))[0];
    assert_eq!(error["payload"][0]["extensions"]["code"], "INVALID_CURSOR");
}

#[test]
fn two_operations_follow_one_source_each_from_its_own_cursor() {
    let (mut socket, one) = Socket::following("1", Begin::After(0), 3);
    let other = socket.follow("2", Begin::Now, 3);
    assert_eq!(pumps(&socket.step(Input::Told(room(), 4))), [one, other]);
    assert_eq!(socket.connection.wants(one, at(0)), Some(0));
    assert_eq!(socket.connection.wants(other, at(0)), Some(3));
    let actions = socket.hears(json!({"type": "complete", "id": "1"}));
    assert_eq!(actions, [Action::Forget(one, None)], "the other still follows");
    assert_eq!(socket.event(other, 4).len(), 1);
}

#[test]
fn after_an_eviction_everything_goes_on_where_it_was() {
    let (mut socket, number) = Socket::following("1", Begin::After(0), 3);
    socket.event(number, 1);
    let (mut socket, actions) = socket.evicted();
    assert_eq!(actions, [Action::Pump(number)], "it was behind");
    assert_eq!(socket.connection.pass(), Some(&pass_of("ana")));
    (2..=3).for_each(|version| assert_eq!(socket.event(number, version).len(), 1));
    let (mut socket, actions) = socket.evicted();
    assert_eq!(actions, []);
    assert_eq!(pumps(&socket.step(Input::Told(room(), 4))), [number]);
    let next = &socket.event(number, 4)[0];
    assert_eq!(next["id"], "1");
    assert_eq!(closed(&socket.subscribe("1")).unwrap().0, 4409);
}

#[test]
fn a_session_that_was_interrupted_at_a_single_result_is_closed_instead_of_silent() {
    let mut socket = Socket::acknowledged();
    socket.subscribe("1");
    assert_eq!(closed(&socket.evicted().1).unwrap().0, 1012);
}
#[test]
fn a_source_that_cannot_be_read_is_tried_again() {
    let (mut socket, number) = Socket::following("1", Begin::After(0), 3);
    let again = limits::PULL_AGAIN_MS;
    assert_eq!(socket.step(Input::Stuck), [Action::Wake(at(again))]);
    let (mut socket, _) = socket.evicted();
    socket.now = again;
    let actions = socket.step(Input::Tick);
    assert_eq!(pumps(&actions), [number]);
    assert_eq!(actions.last(), Some(&Action::Wake(at(2 * again))), "it may fail again");
    (1..=3).for_each(|version| assert_eq!(socket.event(number, version).len(), 1));
    socket.now = 2 * again;
    assert_eq!(pumps(&socket.step(Input::Tick)), [0; 0], "nothing is lacking");
}
