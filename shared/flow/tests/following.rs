//! The operations of a GraphQL socket get each event after their cursors once and in order, whatever is lost on the
//! way.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod socket;

use edgefold_flow::{
    journal::Place,
    session::{Action, Input, Step, connection::Number},
    subscribe::Begin,
};
use edgefold_kernel::limits;
use serde_json::{Value, json};

use socket::{Socket, at, closed, partition, pass_of, place, pumps, room, run, sent};

#[test]
fn a_subscription_sends_what_comes_after_its_cursor_once_and_in_order() {
    let (mut socket, number) = Socket::following("1", Begin::version(1), 3);
    assert_eq!(socket.lacks(number), Some(1));
    assert_eq!(socket.event(number, 3), [Value::Null; 0], "2 comes first");
    assert_eq!(socket.event(number, 2).len(), 1);
    assert_eq!(socket.event(number, 2), [Value::Null; 0], "it was sent");
    assert_eq!(socket.event(number, 3).len(), 1);
    assert_eq!(socket.lacks(number), None);
    assert_eq!(pumps(&socket.step(Input::Told(room(), 4))), [number]);
    assert_eq!(socket.event(number, 4).len(), 1);
}

#[test]
fn what_a_filter_leaves_out_moves_the_cursor_and_sends_nothing() {
    let (mut socket, number) = Socket::following("1", Begin::version(0), 9);
    assert_eq!(
        socket.step(Input::Event(number, Step { index: 0, from: 0, to: Place::version(5) }, None)),
        []
    );
    assert_eq!(socket.lacks(number), Some(5));
}

#[test]
fn telling_may_be_lost_doubled_and_reordered() {
    let (mut socket, number) = Socket::following("1", Begin::Now, 3);
    socket.catches_up(number);
    assert_eq!(pumps(&socket.step(Input::Told(room(), 6))), [number], "4 and 5 were never told");
    assert_eq!(socket.lacks(number), Some(3));
    socket.step(Input::Told(room(), 4));
    (4..=6).for_each(|version| assert_eq!(socket.event(number, version).len(), 1));
    assert_eq!(socket.step(Input::Told(room(), 6)), []);
}

#[test]
fn what_is_told_while_the_source_still_answers_is_not_lost() {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    socket.step(Input::Joining(number, vec![room()]));
    assert_eq!(socket.connection.follows(&room()), (true, number));
    assert_eq!(socket.step(Input::Told(room(), 4)), []);
    let actions = socket.step(Input::Joined(number, Begin::Now, vec![Place::version(3)]));
    assert_eq!(actions, [Action::Keep(number), Action::Pump(number)]);
    assert_eq!(socket.lacks(number), Some(3));
}

#[test]
fn what_one_operation_learns_of_its_source_as_it_joins_every_other_knows() {
    for (begin, joins) in [(Begin::Now, true), (Begin::version(10), false)] {
        let (mut socket, one) = Socket::following("1", Begin::Now, 8);
        socket.catches_up(one);
        // Event 9 was not told. Another operation joins, and for the source the whole session knows of 9.
        let number = run(&socket.subscribe("2"));
        socket.step(Input::Joining(number, vec![room()]));
        let actions = socket.step(Input::Joined(number, begin, vec![Place::version(9)]));
        assert!(pumps(&actions).contains(&one));
        assert_eq!(actions.contains(&Action::Keep(number)), joins);
        assert_eq!(socket.event(one, 9).len(), 1);
    }
}

#[test]
fn a_cursor_ahead_of_its_source_is_an_error_of_that_operation() {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    socket.step(Input::Joining(number, vec![room()]));
    let error =
        &sent(&socket.step(Input::Joined(number, Begin::version(4), vec![Place::version(3)])))[0];
    assert_eq!(error["payload"][0]["extensions"]["code"], "INVALID_CURSOR");
}

#[test]
fn two_operations_follow_one_source_each_from_its_own_cursor() {
    let (mut socket, one) = Socket::following("1", Begin::version(0), 3);
    let other = socket.follow("2", Begin::Now, 3);
    socket.catches_up(other);
    assert_eq!(pumps(&socket.step(Input::Told(room(), 4))), [one, other]);
    assert_eq!(socket.lacks(one), Some(0));
    assert_eq!(socket.lacks(other), Some(3));
    let actions = socket.hears(json!({"type": "complete", "id": "1"}));
    assert_eq!(actions, [Action::Forget(one, vec![])], "the other still follows");
    assert_eq!(socket.event(other, 4).len(), 1);
}

#[test]
fn after_an_eviction_everything_goes_on_where_it_was() {
    let (mut socket, number) = Socket::following("1", Begin::version(0), 3);
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
    let (mut socket, number) = Socket::following("1", Begin::version(0), 3);
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

#[test]
fn a_subscription_to_a_category_goes_on_in_each_partition_by_itself_and_in_turn() {
    let mut socket = Socket::acknowledged();
    let begin = Begin::After(vec![place(1), place(4)]);
    let number = socket.follow_all("1", begin, &[3, 9, 2]);
    let lacks = |socket: &Socket| {
        let lack = socket.connection.wants(number, at(0))?;
        Some((lack.index, lack.after(), lack.places))
    };
    let places = |positions: [u64; 3]| positions.map(place).to_vec();
    assert_eq!(lacks(&socket), Some((0, place(1), places([1, 4, 0]))));
    assert_eq!(socket.item(number, 0, (1, place(2))).len(), 1);
    // The first one has more, but the others have their turn.
    assert_eq!(lacks(&socket), Some((1, place(4), places([2, 4, 0]))));
    assert_eq!(socket.item(number, 1, (3, place(5))), [Value::Null; 0], "it stands at 4");
    assert_eq!(socket.item(number, 1, (4, place(9))).len(), 1);
    assert_eq!(lacks(&socket), Some((2, place(0), places([2, 9, 0]))));
    assert_eq!(socket.item(number, 2, (0, place(2))).len(), 1);
    assert_eq!(lacks(&socket), Some((0, place(2), places([2, 9, 2]))));
    assert_eq!(socket.item(number, 0, (2, place(3))).len(), 1);
    assert_eq!(lacks(&socket), None);
    assert_eq!(pumps(&socket.step(Input::Told(partition(1), 10))), [number]);
    assert_eq!(lacks(&socket), Some((1, place(9), places([3, 9, 2]))));
    assert_eq!(pumps(&socket.step(Input::Told(partition(3), 10))), [0; 0], "of no interest");
    let (socket, actions) = socket.evicted();
    assert_eq!(actions, [Action::Pump(number)]);
    assert_eq!(lacks(&socket), Some((1, place(9), places([3, 9, 2]))));
}

#[test]
fn a_subscription_has_caught_up_when_it_has_come_as_far_as_each_source_was_when_it_began() {
    let mut socket = Socket::acknowledged();
    let number = socket.follow_all("1", Begin::After(vec![]), &[2, 5]);
    let caught_up_at = |socket: &Socket| {
        let lack = socket.connection.wants(number, at(0)).unwrap();
        (lack.index, lack.has_caught_up, lack.caught_up_at)
    };
    assert_eq!(caught_up_at(&socket), (0, false, None), "the other one lacks something, too");
    socket.step(Input::Told(partition(0), 7));
    socket.item(number, 0, (0, place(2)));
    let (mut socket, _) = socket.evicted();
    assert_eq!(caught_up_at(&socket), (0, false, None), "not forgotten in an eviction");
    socket.item(number, 0, (2, place(7)));
    assert_eq!(caught_up_at(&socket), (1, false, Some(5)), "7 of the other was not there");
    socket.item(number, 1, (0, place(4)));
    assert_eq!(caught_up_at(&socket), (1, false, Some(5)));
    socket.item(number, 1, (4, place(5)));
    assert_eq!(socket.connection.wants(number, at(0)), None, "nothing is lacking");
    let (mut socket, _) = socket.evicted();
    socket.step(Input::Told(partition(0), 8));
    assert!(caught_up_at(&socket).1, "once is enough");
}

#[test]
fn a_subscription_that_begins_with_nothing_says_so_at_once_and_once() {
    for heads in [&[0, 0][..], &[3, 5], &[7]] {
        let mut socket = Socket::acknowledged();
        let number = socket.follow_all("1", Begin::Now, heads);
        let (mut socket, actions) = socket.evicted();
        assert_eq!(pumps(&actions), [number], "not forgotten in an eviction");
        assert_eq!(socket.catches_up(number).len(), 1);
        assert_eq!(socket.connection.wants(number, at(0)), None);
        let again = socket.item(number, 0, (heads[0], place(heads[0])));
        assert_eq!(again, [Value::Null; 0]);
    }
}

#[test]
fn the_word_that_it_has_caught_up_may_be_overtaken_by_an_event_and_comes_once() {
    let joined = || {
        let mut socket = Socket::acknowledged();
        let number = socket.follow_all("1", Begin::Now, &[3]);
        socket.step(Input::Told(partition(0), 4));
        (socket, number)
    };
    let (mut socket, number) = joined();
    assert_eq!(socket.item(number, 0, (3, place(3))).len(), 1, "it was on its way already");
    assert_eq!(socket.item(number, 0, (3, place(3))), [Value::Null; 0]);
    assert_eq!(socket.item(number, 0, (3, place(4))).len(), 1);
    let (mut socket, number) = joined();
    let lack = socket.connection.wants(number, at(0)).unwrap();
    assert!(lack.is_behind && lack.has_caught_up_at(4) && !lack.has_caught_up);
    assert_eq!(socket.item(number, 0, (3, place(4))).len(), 1, "this one says it, too");
    assert_eq!(socket.connection.wants(number, at(0)), None);
}

/// A subscription that waits for its room, behind this position of the partition in which that would begin.
fn awaiting(position: u64) -> (Socket, Number) {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    assert_eq!(socket.step(Input::Joining(number, vec![room()])), []);
    assert_eq!(socket.step(Input::Awaiting(number, partition(0))), []);
    assert_eq!(socket.step(Input::Waits(number, place(position))), [Action::Keep(number)]);
    (socket, number)
}

/// The position of the partition behind which the operation has not looked.
fn unseen(socket: &Socket, number: Number) -> Option<u64> {
    let lack = socket.connection.wants(number, at(socket.now))?;
    assert!(lack.is_behind && lack.index == 1 && lack.source == partition(0));
    Some(lack.after().position)
}

#[test]
fn a_subscription_that_waits_says_nothing_and_looks_at_what_the_journal_sees() {
    let (mut socket, number) = awaiting(4);
    assert_eq!(unseen(&socket, number), None);
    assert_eq!(pumps(&socket.step(Input::Told(partition(0), 6))), [number]);
    let (mut socket, actions) = socket.evicted();
    assert_eq!(actions, [Action::Pump(number)], "it was behind");
    assert_eq!(unseen(&socket, number), Some(4));
    let looked = Step { index: 1, from: 4, to: place(6) };
    assert_eq!(socket.step(Input::Event(number, looked, None)), []);
    assert_eq!(unseen(&socket, number), None);
    assert_eq!(socket.evicted().1, []);
}

#[test]
fn what_it_waited_for_comes_from_the_first_event_on_and_the_partition_is_left() {
    let (mut socket, number) = awaiting(4);
    socket.step(Input::Told(partition(0), 6));
    // The stream may tell this session before its answer has come.
    assert_eq!(socket.connection.follows(&room()), (true, number));
    socket.step(Input::Told(room(), 2));
    assert_eq!(unseen(&socket, number), Some(4), "it reads nothing of the stream yet");
    let actions = socket.step(Input::Begun(number, Place::version(1)));
    let expected = [Action::Keep(number), Action::Leave(partition(0)), Action::Pump(number)];
    assert_eq!(actions, expected);
    let (mut socket, actions) = socket.evicted();
    assert_eq!(actions, [Action::Pump(number)]);
    assert_eq!(socket.lacks(number), Some(0));
    let lack = socket.connection.wants(number, at(0)).unwrap();
    assert!(lack.has_caught_up_at(1) && !lack.has_caught_up, "it says so with the first one");
    (1..=2).for_each(|version| assert_eq!(socket.event(number, version).len(), 1));
    assert_eq!(socket.lacks(number), None);
}

#[test]
fn a_partition_that_another_operation_follows_is_not_left() {
    let (mut socket, number) = awaiting(4);
    socket.follow_all("2", Begin::Now, &[4]);
    let actions = socket.step(Input::Begun(number, Place::version(1)));
    assert_eq!(actions, [Action::Keep(number), Action::Pump(number)]);
}

#[test]
fn a_stream_that_has_not_begun_does_not_hear_of_a_newer_token() {
    let (mut socket, _) = awaiting(4);
    let renewed = |actions: Vec<Action>| {
        let renewed = actions.into_iter().filter(|it| matches!(it, Action::Renew(_)));
        renewed.collect::<Vec<_>>()
    };
    let actions = socket.step(Input::Verified(Ok(pass_of("ana"))));
    assert_eq!(renewed(actions), [Action::Renew(partition(0))]);
}

#[test]
fn a_subscription_that_waits_is_two_sources() {
    let mut socket = Socket::acknowledged();
    let heads = vec![0; limits::SESSION_SOURCES - 1];
    socket.follow_all("many", Begin::Now, &heads);
    let number = run(&socket.subscribe("1"));
    socket.step(Input::Joining(number, vec![room()]));
    let error = &sent(&socket.step(Input::Awaiting(number, partition(0))))[0];
    assert_eq!(error["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
}
