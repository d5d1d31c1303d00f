//! The `graphql-transport-ws` protocol, by its sentences, and our additions to it.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod socket;

use edgefold_flow::{
    door::{allowance::Allowance, token::Caller},
    journal::Place,
    session::{
        Action, Connection, Input, Step,
        connection::Pass,
        message::{self, Shown},
    },
    subscribe::Begin,
};
use edgefold_kernel::{Principal, Role, Subject, limits};
use serde_json::{Value, json};

use socket::{Socket, at, closed, partition, pass_of, place, pumps, room, run, sent};

fn token(text: &str) -> Shown {
    Shown::Token(text.to_owned())
}

#[test]
fn the_server_must_receive_the_connection_initialisation_message_within_the_allowed_waiting_time() {
    let (_, actions) = Connection::open(at(7));
    assert_eq!(actions, [Action::Wait(at(7 + limits::SESSION_INIT_WITHIN_MS))]);
    let mut socket = Socket::waiting();
    socket.now = limits::SESSION_INIT_WITHIN_MS - 1;
    assert_eq!(closed(&socket.step(Input::Tick)), None);
    let (mut socket, _) = socket.evicted();
    socket.now += 1;
    let (code, reason) = closed(&socket.step(Input::Tick)).unwrap();
    assert_eq!((code, reason.as_str()), (4408, "Connection initialisation timeout"));
}

#[test]
fn nothing_is_stored_for_a_client_before_its_token_counts() {
    let stored = |actions: &[Action]| {
        actions.iter().any(|it| matches!(it, Action::Wake(_) | Action::Keep(_)))
    };
    let mut socket = Socket::waiting();
    // It is asked where it is: that has a clock, too.
    let ping = json!({"type": "ping", "payload": {"a": "a".repeat(16_000)}});
    let pings = limits::SOCKET_WINDOW_BYTES / 16_000 + 1;
    let asked: Vec<_> = (0..pings).flat_map(|_| socket.hears(ping.clone())).collect();
    assert!(asked.iter().any(|it| matches!(it, Action::Wait(_))) && !stored(&asked));
    let (mut socket, again) = socket.evicted();
    let until = at(limits::SESSION_INIT_WITHIN_MS);
    assert_eq!(again, [Action::Wait(until)], "what waited has ended with the memory");
    socket.hears(json!({"type": "connection_init", "payload": {"token": "made up"}}));
    let refused = socket.step(Input::Verified(Err("no such key".into())));
    assert_eq!(closed(&refused).unwrap().0, 4401);
    assert!(!stored(&refused) && socket.connection.is_stranger());
    assert!(socket.evicted().0.connection.is_stranger(), "there is nothing to delete");

    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    assert!(stored(&socket.step(Input::Verified(Ok(pass_of("ana"))))));
    socket.step(Input::Lost(message::Close::Restarted));
    assert!(!socket.connection.is_stranger(), "what was stored is deleted");
}

#[test]
fn a_token_of_which_nothing_comes_closes_the_socket_as_no_connection_init_does() {
    let mut socket = Socket::waiting();
    socket.now = limits::SESSION_INIT_WITHIN_MS - 1;
    socket.hears(json!({"type": "connection_init"}));
    socket.now += 1;
    let until = socket.now - 1 + limits::SESSION_INIT_WITHIN_MS;
    assert_eq!(socket.step(Input::Tick), [Action::Wait(at(until))], "it counts from there on");
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
    assert_eq!(socket.hears(init), [Action::Verify(Some(token("abc")))]);
    let actions = socket.step(Input::Verified(Ok(pass_of("ana"))));
    assert_eq!(sent(&actions), [json!({"type": "connection_ack"})]);
}

#[test]
fn a_token_may_come_bare_too_or_a_ticket_in_its_place() {
    for (payload, shown) in [
        (json!({"token": "abc"}), Some(token("abc"))),
        (json!({"Authorization": "bearer abc"}), Some(token("abc"))),
        (json!({"ticket": "abc"}), Some(Shown::Ticket("abc".into()))),
        (json!({"ticket": "abc", "token": "def"}), Some(token("def"))),
        (json!({"authorization": "Basic abc"}), None),
        (json!({"token": 7}), None),
        (Value::Null, None),
    ] {
        let actions =
            Socket::waiting().hears(json!({"type": "connection_init", "payload": payload}));
        assert_eq!(actions, [Action::Verify(shown)], "{payload}");
    }
}

#[test]
fn a_connection_that_is_not_permitted_is_closed_with_a_code_after_which_clients_do_not_come_back() {
    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let (code, reason) = closed(&socket.step(Input::Verified(Err("no token".into())))).unwrap();
    assert_eq!((code, reason.as_str()), (4401, "Unauthorized: no token"));
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
        assert_eq!(socket.hears(json!({"type": "pong"})), [Action::Count]);
        assert_eq!(
            socket.hears(json!({"type": "pong", "payload": {"number": 9}})),
            [Action::Count]
        );
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
    assert_eq!(actions, [Action::Forget(number, vec![room()])]);
    assert!(run(&socket.subscribe("1")) > number);
}

#[test]
fn the_server_dispatches_the_result_with_next_and_then_complete() {
    let mut socket = Socket::acknowledged();
    let number = run(&socket.subscribe("1"));
    let actions = socket.step(Input::Result(number, r#"{"data":{"a":1}}"#.into()));
    let next = json!({"id": "1", "type": "next", "payload": {"data": {"a": 1}}});
    assert_eq!(sent(&actions), [next, json!({"id": "1", "type": "complete"})]);
    assert_eq!(actions.last(), Some(&Action::Forget(number, vec![])));
}

#[test]
fn the_error_message_terminates_the_operation_and_no_further_messages_will_be_sent() {
    let (mut socket, number) = Socket::following("1", Begin::version(0), 3);
    let actions = socket.step(Input::Failed(number, message::errors("GONE", "no more")));
    let error = &sent(&actions)[0];
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "GONE");
    assert_eq!(sent(&actions).len(), 1, "no complete follows an error");
    assert_eq!(socket.event(number, 1), [Value::Null; 0]);
}

#[test]
fn no_further_events_relevant_to_the_original_subscription_are_sent_after_complete() {
    let (mut socket, number) = Socket::following("1", Begin::version(0), 3);
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
    socket.step(Input::Joining(number, vec![room()]));
    let actions = socket.hears(json!({"type": "complete", "id": "1"}));
    assert_eq!(actions, [Action::Forget(number, vec![room()])]);
    assert_eq!(socket.step(Input::Joined(number, Begin::Now, vec![Place::version(3)])), []);
}

#[test]
fn it_is_permissable_to_simply_ignore_all_unknown_ids() {
    assert_eq!(
        Socket::acknowledged().hears(json!({"type": "complete", "id": "7"})),
        [Action::Count]
    );
}

#[test]
fn receiving_a_message_which_is_not_specified_results_in_an_immediate_socket_closure() {
    for input in [Ok("{}".to_owned()), Ok("pong".to_owned()), Err("expected a text message")] {
        let actions = Socket::acknowledged().step(Input::Heard(input));
        let (code, reason) = closed(&actions).unwrap();
        assert_eq!((code, reason.starts_with("Invalid message: ")), (4400, true), "{reason}");
    }
}

#[test]
fn a_client_that_does_not_take_what_it_is_sent_is_asked_then_waited_for_then_closed() {
    let (mut socket, number) = Socket::following("1", Begin::version(0), 9);
    let big = format!(r#"{{"data":"{}"}}"#, "a".repeat(limits::SOCKET_WINDOW_BYTES));
    let actions = socket.step(Input::Event(
        number,
        Step { index: 0, from: 0, to: Place::version(1) },
        Some(big),
    ));
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
    let expiring = |millis| Pass { until: at(millis), ..pass_of("ana") };
    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let actions = socket.step(Input::Verified(Ok(expiring(100))));
    assert_eq!(actions.last(), Some(&Action::Wake(at(100))));
    let actions = socket.hears(json!({"type": "ping", "payload": {"token": "fresh"}}));
    assert_eq!(actions, [Action::Verify(Some(token("fresh")))], "the answer comes later");
    let actions = socket.step(Input::Verified(Ok(expiring(200))));
    let pong = json!({"type": "pong", "payload": {"expiresAt": "9999-12-31T23:59:59.999Z"}});
    assert_eq!(sent(&actions), [pong], "a token is not sent back");
    assert_eq!(actions.last(), Some(&Action::Wake(at(200))));
    socket.now = 199;
    assert_eq!(closed(&socket.step(Input::Tick)), None);
    socket.now = 200;
    let (code, reason) = closed(&socket.step(Input::Tick)).unwrap();
    assert_eq!((code, reason.as_str()), (4403, "Forbidden: the token has expired"));
}

#[test]
fn a_token_is_not_renewed_by_somebody_elses() {
    let mut socket = Socket::acknowledged();
    let actions = socket.step(Input::Verified(Ok(pass_of("ben"))));
    assert_eq!(sent(&actions)[0]["payload"]["detail"], "the token belongs to another principal");
    assert_eq!(closed(&actions).unwrap().0, 4403);
}

#[test]
fn a_newer_token_that_does_not_count_is_answered_before_the_socket_closes() {
    let mut socket = Socket::acknowledged();
    let actions = socket.step(Input::Verified(Err("the token has expired".into())));
    let said = json!({"code": "INVALID_TOKEN", "detail": "the token has expired"});
    assert_eq!(sent(&actions), [json!({"type": "pong", "payload": said})]);
    let (code, reason) = closed(&actions[1..]).unwrap();
    assert_eq!((code, reason.as_str()), (4401, "Unauthorized: the token has expired"));
}

#[test]
fn the_caller_of_the_upgrade_counts_until_another_is_acknowledged() {
    let caller = pass_of("ana").caller;
    let open = |caller: Option<Caller>| {
        let connection = Connection::open(at(0)).0.upgraded_by(caller);
        let kept = Connection::restore(&connection.attachment(), []).unwrap().0;
        Socket { connection: kept, now: 0 }
    };
    assert_eq!(open(None).connection.upgraded(), None);
    let mut socket = open(Some(caller.clone()));
    assert_eq!(socket.hears(json!({"type": "connection_init"})), [Action::Verify(None)]);
    assert_eq!(socket.connection.upgraded(), Some(&caller));
    socket.step(Input::Verified(Ok(pass_of("ana"))));
    assert_eq!(socket.connection.upgraded(), None);
}

#[test]
fn a_message_that_wakes_the_session_and_does_nothing_counts() {
    let mut socket = Socket::acknowledged();
    for idle in [
        json!({"type": "ping", "payload": {"at": 7}}),
        json!({"type": "pong"}),
        json!({"type": "complete", "id": "none"}),
    ] {
        assert_eq!(socket.hears(idle.clone()).last(), Some(&Action::Count), "{idle}");
    }
    let (mut following, _) = Socket::following("1", Begin::Now, 0);
    let complete = json!({"type": "complete", "id": "1"});
    assert!(!following.hears(complete).contains(&Action::Count), "its subscribe has counted");
}

#[test]
fn a_client_is_let_be_with_some_messages_too_many_and_closed_when_it_goes_on() {
    let mut socket = Socket::acknowledged();
    for _ in 0..2 {
        for _ in 0..limits::IDLE_MESSAGES {
            assert_eq!(socket.step(Input::Idle), []);
        }
        socket.now += i64::from(limits::RATE_PERIOD_S) * 1_000;
    }
    (0..limits::IDLE_MESSAGES).for_each(|_| drop(socket.step(Input::Idle)));
    assert_eq!(closed(&socket.step(Input::Idle)).unwrap().0, 1013);
}

#[test]
fn a_token_that_cannot_be_looked_at_now_costs_nobody_the_one_that_he_has() {
    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let refused = closed(&socket.step(Input::Unverified));
    assert_eq!(refused, Some((1013, "Try again later".into())), "the client may come back");

    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let until = at(5_000);
    socket.step(Input::Verified(Ok(Pass { until, ..pass_of("ana") })));
    socket.hears(json!({"type": "ping", "payload": {"token": "newer"}}));
    let answer = sent(&socket.step(Input::Unverified));
    assert_eq!(answer[0]["payload"], json!({"code": "UNAVAILABLE", "detail": "try again"}));
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
fn the_documents_of_a_socket_are_bounded_together_also_after_an_eviction() {
    let mut socket = Socket::acknowledged();
    let asked = |id: usize| {
        let query = "a".repeat(limits::QUERY_BYTES);
        json!({"type": "subscribe", "id": id.to_string(), "payload": {"query": query}})
    };
    for id in 0..limits::SESSION_QUERIES {
        let number = run(&socket.hears(asked(id)));
        socket.step(Input::Joining(number, vec![room()]));
        socket.step(Input::Joined(number, Begin::Now, vec![Place::version(1)]));
    }
    for _ in 0..2 {
        let refused = sent(&socket.hears(asked(9)));
        assert_eq!(refused[0]["payload"][0]["extensions"]["code"], "QUERY_TOO_LARGE");
        socket = socket.evicted().0;
    }
    socket.hears(json!({"type": "complete", "id": "0"}));
    run(&socket.hears(asked(9)));
}

#[test]
fn only_an_operation_is_long_and_only_of_a_client_whose_token_counts() {
    let padded = |kind: &str| {
        let payload = json!({"query": "{a}", "a": "a".repeat(limits::BODY_BYTES_LEAST)});
        json!({"type": kind, "id": "1", "payload": payload})
    };
    for kind in ["connection_init", "ping", "pong", "complete", "subscribe"] {
        let mut waiting = Socket::waiting();
        assert_eq!(closed(&waiting.hears(padded(kind))).map(|it| it.0), Some(4400), "{kind}");
        let mut open = Socket::acknowledged();
        let is_closed = closed(&open.hears(padded(kind))).is_some();
        assert_eq!(is_closed, kind != "subscribe", "{kind}");
    }
}

#[test]
fn an_operation_that_is_refused_at_once_counts() {
    let mut socket = Socket::acknowledged();
    let allowance = Allowance { operations: 1, ..Allowance::default() };
    socket.connection = socket.connection.allowed(allowance);
    let subscribe = |payload| json!({"type": "subscribe", "id": "x", "payload": payload});
    let counted = |actions: &[Action]| actions.iter().filter(|it| **it == Action::Count).count();
    let large = "a".repeat(limits::QUERY_BYTES + 1);
    let hash = json!({"persistedQuery": {"version": 1, "sha256Hash": "0"}});
    let payloads = [json!({"query": large}), json!({"extensions": hash})];
    for payload in payloads {
        assert_eq!(counted(&socket.hears(subscribe(payload))), 1);
    }
    assert_eq!(counted(&socket.subscribe("1")), 0, "it counts when it runs");
    assert_eq!(counted(&socket.subscribe("2")), 1);
}

#[test]
fn a_hash_without_its_document_is_refused_by_itself() {
    let mut socket = Socket::acknowledged();
    let hash = json!({"version": 1, "sha256Hash": "0"});
    for (query, hash) in
        [(json!({}), hash.clone()), (json!({"query": null}), hash), (json!({}), json!("0"))]
    {
        let mut payload = query;
        payload["extensions"] = json!({"persistedQuery": hash});
        let actions = socket.hears(json!({"type": "subscribe", "id": "x", "payload": payload}));
        let refused = &sent(&actions)[0];
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("x")));
        let error = &refused["payload"][0];
        assert_eq!(error["extensions"]["code"], "PERSISTED_QUERY_NOT_SUPPORTED");
        assert_eq!(error["message"], "PersistedQueryNotSupported");
    }
    run(&socket.subscribe("x"));
    let neither = json!({"type": "subscribe", "id": "y", "payload": {"extensions": {}}});
    assert_eq!(closed(&socket.hears(neither)).unwrap().0, 4400);
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

/// A socket whose principal has the longest names, and which may have as many operations as there may be.
fn largest() -> Socket {
    let mut socket = Socket::waiting();
    socket.hears(json!({"type": "connection_init"}));
    let role = Role::parse("r".repeat(limits::ROLE_BYTES)).unwrap();
    let subject = Subject::parse("\"".repeat(limits::SUBJECT_BYTES)).unwrap();
    let principal = Principal::new(subject.clone(), role);
    let caller = Caller::new(principal, at(4_102_444_800_000));
    let pass = Pass::from(Caller { via: Some(subject), watches: true, ..caller });
    socket.step(Input::Verified(Ok(pass)));
    let operations = limits::SESSION_OPERATIONS_MOST;
    socket.connection = socket.connection.allowed(Allowance { operations, ..Allowance::default() });
    socket
}

#[test]
fn the_places_of_as_many_operations_as_there_may_be_fit_the_attachment() {
    for partitions in [1, 8, usize::from(limits::JOURNAL_PARTITIONS)] {
        let mut socket = largest();
        // Far behind: every number has as many digits as it can. An object holds no million million events.
        let middle: Vec<_> = vec![place(500_000_000_000); partitions];
        for number in 0..limits::SESSION_SOURCES / partitions {
            let begin = Begin::After(middle.clone());
            socket.follow_all(&number.to_string(), begin, &vec![1_000_000_000_000; partitions]);
        }
        let attachment = socket.connection.attachment();
        let bytes = attachment.len();
        assert!(attachment.is_ascii() && bytes < 16_000, "{bytes} of the platform's 16,384 bytes");
        let followed = socket.connection.operations().map(|(_, it)| it.tracks.len());
        assert_eq!(followed.sum::<usize>(), limits::SESSION_SOURCES / partitions * partitions);
        let (restored, _) = Socket { connection: socket.connection.clone(), now: 0 }.evicted();
        let operations = |socket: &Socket| {
            socket.connection.operations().map(|(_, it)| it.clone()).collect::<Vec<_>>()
        };
        assert_eq!(operations(&restored), operations(&socket));
    }
}

#[test]
fn a_category_with_more_partitions_than_there_is_room_for_is_refused_by_itself() {
    let mut socket = largest();
    for number in 0..limits::SESSION_SOURCES / 8 {
        socket.follow_all(&number.to_string(), Begin::Now, &[5; 8]);
    }
    let number = run(&socket.subscribe("x"));
    let actions = socket.step(Input::Joining(number, (0..8).map(partition).collect()));
    assert_eq!(actions.last(), Some(&Action::Forget(number, vec![])));
    let error = &sent(&actions)[0]["payload"][0];
    assert_eq!(error["extensions"]["code"], "TOO_MANY_OPERATIONS");
    assert!(error["message"].as_str().unwrap().contains("200 sources"), "{error}");
    socket.hears(json!({"type": "complete", "id": "0"}));
    socket.follow_all("x", Begin::Now, &[5; 8]);
    assert_eq!(socket.connection.operations().count(), limits::SESSION_SOURCES / 8);
}
