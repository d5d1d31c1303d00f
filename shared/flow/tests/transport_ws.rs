//! The `graphql-transport-ws` protocol, by its sentences, and what is ours beyond it.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_flow::allowance::Allowance;
use edgefold_flow::session::{
    Action, Connection, Input, Source,
    connection::{Number, Pass},
    message,
    operation::Begin,
};
use edgefold_kernel::{Id, Principal, Role, Timestamp, limits};
use serde_json::{Value, json};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn pass_of(subject: &str) -> Pass {
    Pass { principal: Principal::new(id(subject), Role::Guest), expires_at: None }
}

fn room() -> Source {
    Source::Stream { aggregate_type: "room".into(), aggregate_id: id("12A") }
}

/// One socket, with everything that it was made to do.
struct Socket {
    connection: Connection,
    now: i64,
}

impl Socket {
    fn waiting() -> Self {
        Self { connection: Connection::open(at(0)).0, now: 0 }
    }

    fn acknowledged() -> Self {
        let mut socket = Self::waiting();
        socket.hears(json!({"type": "connection_init"}));
        socket.step(Input::Verified(Ok(pass_of("ana"))));
        socket
    }

    /// A subscription to one room, which follows it from this cursor on.
    fn following(name: &str, begin: Begin, head: u64) -> (Self, Number) {
        let mut socket = Self::acknowledged();
        let number = socket.follow(name, begin, head);
        (socket, number)
    }

    fn follow(&mut self, name: &str, begin: Begin, head: u64) -> Number {
        let number = run(&self.subscribe(name));
        self.step(Input::Joining(number, room()));
        self.step(Input::Joined(number, begin, head));
        number
    }

    fn step(&mut self, input: Input) -> Vec<Action> {
        self.connection.step(at(self.now), input)
    }

    fn hears(&mut self, message: Value) -> Vec<Action> {
        self.step(Input::Heard(Ok(message.to_string())))
    }

    fn subscribe(&mut self, id: &str) -> Vec<Action> {
        self.hears(json!({"type": "subscribe", "id": id, "payload": {"query": "{ a }"}}))
    }

    fn event(&mut self, number: Number, to: u64) -> Vec<Value> {
        sent(&self.step(Input::Event(number, to - 1, to, Some(r#"{"data":1}"#.into()))))
    }

    /// The same socket after an eviction.
    fn evicted(self) -> (Self, Vec<Action>) {
        let kept = self.connection.operations().map(|(number, operation)| {
            (number, operation.id.clone(), operation.source.clone().unwrap_or_else(room))
        });
        let text = self.connection.attachment();
        let (connection, actions) = Connection::restore(&text, kept.collect::<Vec<_>>()).unwrap();
        (Self { connection, ..self }, actions)
    }
}

fn sent(actions: &[Action]) -> Vec<Value> {
    let text = |action: &Action| match action {
        Action::Send(text) => Some(serde_json::from_str(text).unwrap()),
        _ => None,
    };
    actions.iter().filter_map(text).collect()
}

fn closed(actions: &[Action]) -> Option<(u16, String)> {
    actions.iter().find_map(|action| match action {
        Action::Close(close) => Some((close.code(), close.reason())),
        _ => None,
    })
}

fn run(actions: &[Action]) -> Number {
    match actions {
        [Action::Run(number, _)] => *number,
        other => panic!("an operation runs, not {other:?}"),
    }
}

fn pumps(actions: &[Action]) -> Vec<Number> {
    let number = |action: &Action| match action {
        Action::Pump(number) => Some(*number),
        _ => None,
    };
    actions.iter().filter_map(number).collect()
}

#[test]
fn the_server_must_receive_the_connection_initialisation_message_within_the_allowed_waiting_time() {
    let (_, actions) = Connection::open(at(7));
    assert_eq!(actions, [Action::Wake(at(7 + limits::SESSION_INIT_WITHIN_MS))]);
    let mut socket = Socket::waiting();
    socket.now = limits::SESSION_INIT_WITHIN_MS - 1;
    assert_eq!(closed(&socket.step(Input::Tick)), None);
    let (mut socket, _) = socket.evicted();
    socket.now += 1;
    let (code, reason) = closed(&socket.step(Input::Tick)).unwrap();
    assert_eq!((code, reason.as_str()), (4408, "Connection initialisation timeout"));
}

#[test]
fn a_token_of_which_nothing_comes_closes_the_socket_as_no_connection_init_does() {
    let mut socket = Socket::waiting();
    socket.now = limits::SESSION_INIT_WITHIN_MS - 1;
    socket.hears(json!({"type": "connection_init"}));
    socket.now += 1;
    let until = socket.now - 1 + limits::SESSION_INIT_WITHIN_MS;
    assert_eq!(socket.step(Input::Tick), [Action::Wake(at(until))], "it counts from there on");
    socket.now = until;
    assert_eq!(closed(&socket.step(Input::Tick)).unwrap().0, 4408);
    assert_eq!(socket.step(Input::Verified(Ok(pass_of("ana")))), [], "it comes too late");
}

#[test]
fn if_the_server_receives_more_than_one_connection_init_message_at_any_given_time_it_closes() {
    for mut socket in [Socket::acknowledged(), {
        let mut verifying = Socket::waiting();
        verifying.hears(json!({"type": "connection_init"}));
        verifying
    }] {
        let (code, reason) = closed(&socket.hears(json!({"type": "connection_init"}))).unwrap();
        assert_eq!((code, reason.as_str()), (4429, "Too many initialisation requests"));
    }
}

#[test]
fn connection_ack_is_the_expected_response_to_connection_init() {
    let mut socket = Socket::waiting();
    let init = json!({"type": "connection_init", "payload": {"authorization": "Bearer abc"}});
    assert_eq!(socket.hears(init), [Action::Verify(Some("abc".into()))]);
    let actions = socket.step(Input::Verified(Ok(pass_of("ana"))));
    assert_eq!(sent(&actions), [json!({"type": "connection_ack"})]);
}

#[test]
fn a_token_may_come_bare_too() {
    for (payload, token) in [
        (json!({"token": "abc"}), Some("abc")),
        (json!({"Authorization": "bearer abc"}), Some("abc")),
        (json!({"authorization": "Basic abc"}), None),
        (json!({"token": 7}), None),
        (Value::Null, None),
    ] {
        let actions =
            Socket::waiting().hears(json!({"type": "connection_init", "payload": payload}));
        assert_eq!(actions, [Action::Verify(token.map(str::to_owned))], "{payload}");
    }
}

#[test]
fn a_connection_that_is_not_permitted_is_closed_with_forbidden() {
    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let (code, reason) = closed(&socket.step(Input::Verified(Err("no token")))).unwrap();
    assert_eq!((code, reason.as_str()), (4403, "Forbidden: no token"));
    assert_eq!(socket.subscribe("1"), [], "nothing is done after it");
}

#[test]
fn executing_operations_is_allowed_only_after_the_server_has_acknowledged_the_connection() {
    let (code, reason) = closed(&Socket::waiting().subscribe("1")).unwrap();
    assert_eq!((code, reason.as_str()), (4401, "Unauthorized"));
    let mut verifying = Socket::waiting();
    verifying.hears(json!({"type": "connection_init"}));
    assert_eq!(closed(&verifying.subscribe("1")).unwrap().0, 4401);
}

#[test]
fn a_pong_must_be_sent_in_response_from_the_receiving_party() {
    for mut socket in [Socket::waiting(), Socket::acknowledged()] {
        assert_eq!(sent(&socket.hears(json!({"type": "ping"}))), [json!({"type": "pong"})]);
        let pong = sent(&socket.hears(json!({"type": "ping", "payload": {"at": 7}})));
        assert_eq!(pong, [json!({"type": "pong", "payload": {"at": 7}})]);
    }
}

#[test]
fn the_pong_message_may_even_be_sent_unsolicited() {
    for mut socket in [Socket::waiting(), Socket::acknowledged()] {
        assert_eq!(socket.hears(json!({"type": "pong"})), []);
        assert_eq!(socket.hears(json!({"type": "pong", "payload": {"number": 9}})), []);
    }
}

#[test]
fn if_there_is_already_an_active_subscriber_matching_the_id_the_server_must_close_the_socket() {
    let mut busy = Socket::acknowledged();
    busy.subscribe("1");
    let (live, _) = Socket::following("1", Begin::Now, 3);
    for mut socket in [busy, live] {
        let (code, reason) = closed(&socket.subscribe("1")).unwrap();
        assert_eq!((code, reason.as_str()), (4409, "Subscriber for 1 already exists"));
    }
}

#[test]
fn once_a_client_completes_an_operation_it_is_free_to_reuse_that_id() {
    let (mut socket, number) = Socket::following("1", Begin::Now, 3);
    let actions = socket.hears(json!({"type": "complete", "id": "1"}));
    assert_eq!(actions, [Action::Forget(number, Some(room()))]);
    assert!(run(&socket.subscribe("1")) > number);
}

#[test]
fn the_server_dispatches_the_result_with_next_and_then_complete() {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    let actions = socket.step(Input::Result(number, r#"{"data":{"a":1}}"#.into()));
    let next = json!({"id": "1", "type": "next", "payload": {"data": {"a": 1}}});
    assert_eq!(sent(&actions), [next, json!({"id": "1", "type": "complete"})]);
    assert_eq!(actions.last(), Some(&Action::Forget(number, None)));
}

#[test]
fn the_error_message_terminates_the_operation_and_no_further_messages_will_be_sent() {
    let (mut socket, number) = Socket::following("1", Begin::After(0), 3);
    let actions = socket.step(Input::Failed(number, message::errors("GONE", "no more")));
    let error = &sent(&actions)[0];
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "GONE");
    assert_eq!(sent(&actions).len(), 1, "no complete follows an error");
    assert_eq!(socket.event(number, 1), [Value::Null; 0]);
}

#[test]
fn no_further_events_relevant_to_the_original_subscription_are_sent_after_complete() {
    let (mut socket, number) = Socket::following("1", Begin::After(0), 3);
    assert_eq!(socket.event(number, 1).len(), 1);
    socket.hears(json!({"type": "complete", "id": "1"}));
    assert_eq!(socket.event(number, 2), [Value::Null; 0]);
    assert_eq!(socket.step(Input::Told(room(), 4)), []);
}

#[test]
fn the_result_of_a_single_result_operation_is_not_sent_once_the_client_has_completed_it() {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    socket.hears(json!({"type": "complete", "id": "1"}));
    assert_eq!(socket.step(Input::Result(number, "{}".into())), []);
    // Nor is it taken for that of another operation which got the same id since.
    socket.subscribe("1");
    assert_eq!(socket.step(Input::Failed(number, "[]".into())), []);
}

#[test]
fn a_complete_while_the_source_is_being_asked_leaves_nothing_behind() {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    socket.step(Input::Joining(number, room()));
    let actions = socket.hears(json!({"type": "complete", "id": "1"}));
    assert_eq!(actions, [Action::Forget(number, Some(room()))]);
    assert_eq!(socket.step(Input::Joined(number, Begin::Now, 3)), []);
}

#[test]
fn it_is_permissable_to_simply_ignore_all_unknown_ids() {
    assert_eq!(Socket::acknowledged().hears(json!({"type": "complete", "id": "7"})), []);
}

#[test]
fn receiving_a_message_which_is_not_specified_results_in_an_immediate_socket_closure() {
    for input in [Ok("{}".to_owned()), Ok("pong".to_owned()), Err("expected text")] {
        let actions = Socket::acknowledged().step(Input::Heard(input));
        let (code, reason) = closed(&actions).unwrap();
        assert_eq!((code, reason.starts_with("Invalid message: ")), (4400, true), "{reason}");
    }
}

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
fn a_client_that_does_not_take_what_it_is_sent_is_asked_then_waited_for_then_closed() {
    let (mut socket, number) = Socket::following("1", Begin::After(0), 9);
    let big = format!(r#"{{"data":"{}"}}"#, "a".repeat(limits::SOCKET_WINDOW_BYTES));
    let actions = socket.step(Input::Event(number, 0, 1, Some(big)));
    let frames = sent(&actions);
    assert_eq!((&frames[0]["type"], &frames[1]["type"]), (&json!("next"), &json!("ping")));
    let until = limits::SOCKET_ANSWER_WITHIN_MS;
    assert_eq!(actions.last(), Some(&Action::Wake(at(until))));
    assert_eq!(socket.connection.wants(number, at(1)), None, "the cursor stays where it is");
    assert_eq!(socket.event(number, 2), [Value::Null; 0]);

    let (mut answers, _) = socket.evicted();
    let kept = answers.connection.clone();
    let pong = json!({"type": "pong", "payload": frames[1]["payload"]});
    assert_eq!(pumps(&answers.hears(pong)), [number]);
    assert_eq!(answers.event(number, 2).len(), 1, "nothing was skipped");

    let mut bare = Socket { connection: kept.clone(), now: 1 };
    assert_eq!(pumps(&bare.hears(json!({"type": "pong"}))), [number], "a payload is optional");

    let mut silent = Socket { connection: kept, now: until };
    assert_eq!(closed(&silent.step(Input::Tick)).unwrap().0, 4430);
}

#[test]
fn the_socket_closes_when_the_token_expires_unless_it_was_renewed() {
    let expiring = |millis| Pass { expires_at: Some(at(millis)), ..pass_of("ana") };
    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let actions = socket.step(Input::Verified(Ok(expiring(100))));
    assert_eq!(actions.last(), Some(&Action::Wake(at(100))));
    let actions = socket.hears(json!({"type": "ping", "payload": {"token": "fresh"}}));
    assert_eq!(sent(&actions), [json!({"type": "pong"})], "a token is not sent back");
    assert_eq!(actions.last(), Some(&Action::Verify(Some("fresh".into()))));
    let actions = socket.step(Input::Verified(Ok(expiring(200))));
    assert_eq!(actions, [Action::Wake(at(200))]);
    socket.now = 199;
    assert_eq!(closed(&socket.step(Input::Tick)), None);
    socket.now = 200;
    let (code, reason) = closed(&socket.step(Input::Tick)).unwrap();
    assert_eq!((code, reason.as_str()), (4403, "Forbidden: the token has expired"));
}

#[test]
fn a_token_is_not_renewed_by_somebody_elses() {
    let mut socket = Socket::acknowledged();
    assert_eq!(closed(&socket.step(Input::Verified(Ok(pass_of("ben"))))).unwrap().0, 4403);
}

#[test]
fn a_token_that_cannot_be_looked_at_now_costs_nobody_the_one_that_he_has() {
    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let refused = closed(&socket.step(Input::Unverified));
    assert_eq!(refused, Some((1013, "Try again later".into())), "the client may come back");

    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let expires_at = Some(at(5_000));
    socket.step(Input::Verified(Ok(Pass { expires_at, ..pass_of("ana") })));
    socket.hears(json!({"type": "ping", "payload": {"token": "newer"}}));
    assert_eq!(socket.step(Input::Unverified), []);
    run(&socket.subscribe("1"));
    socket.now = 5_000;
    assert_eq!(closed(&socket.step(Input::Tick)).unwrap().0, 4403, "it still expires");
}

#[test]
fn too_many_operations_and_too_large_documents_are_refused_by_themselves() {
    let mut socket = Socket::acknowledged();
    let query = "a".repeat(limits::QUERY_BYTES + 1);
    let large = json!({"type": "subscribe", "id": "x", "payload": {"query": query}});
    let refused = sent(&socket.hears(large));
    assert_eq!(refused[0]["payload"][0]["extensions"]["code"], "QUERY_TOO_LARGE");
    for number in 0..limits::SESSION_OPERATIONS {
        run(&socket.subscribe(&number.to_string()));
    }
    let refused = sent(&socket.subscribe("x"));
    assert_eq!(refused[0]["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    socket.hears(json!({"type": "complete", "id": "0"}));
    run(&socket.subscribe("x"));
}

#[test]
fn a_socket_has_as_many_operations_and_messages_as_long_as_are_allowed() {
    let mut socket = Socket::acknowledged();
    let allowance = Allowance { operations: 1, body: 200, ..Allowance::default() };
    socket.connection = socket.connection.allowed(allowance);
    run(&socket.subscribe("1"));
    let refused = sent(&socket.subscribe("2"));
    assert_eq!(refused[0]["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    let long = json!({"type": "ping", "payload": {"a": "a".repeat(200)}});
    assert_eq!(closed(&socket.hears(long)).unwrap().0, 4400);
}

#[test]
fn the_cursors_of_as_many_operations_as_there_may_be_fit_the_attachment() {
    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let principal = Principal::new(id(&"s".repeat(limits::ID_BYTES)), Role::Device);
    let pass = Pass { principal, expires_at: Some(at(4_102_444_800_000)) };
    socket.step(Input::Verified(Ok(pass)));
    let operations = limits::SESSION_OPERATIONS_MOST;
    socket.connection = socket.connection.allowed(Allowance { operations, ..Allowance::default() });
    for number in 0..operations {
        socket.follow(&number.to_string(), Begin::Now, (1 << 53) - 1);
    }
    let attachment = socket.connection.attachment();
    let bytes = attachment.len();
    assert!(attachment.is_ascii() && bytes < 16_000, "{bytes} of the platform's 16,384 bytes");
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
    assert_eq!(socket.step(Input::Tick), [], "nothing is lacking");
}
