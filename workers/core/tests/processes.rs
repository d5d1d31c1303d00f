//! The behaviour of each process manager off the main path, as a table: started twice, told twice, told of what it
//! does not know, told when all is over, not told in time, compensation, and a restart.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod steps;

use edgefold_account::process::HELD_FOR_MS;
use edgefold_order::process::ANSWER_WITHIN_MS;
use edgefold_round::process::{MOVE_WITHIN_MS, OPEN_FOR_MS};
use serde_json::{Value, json};
use steps::{
    Step::{Killed, Passed, Refused, Repeated, Sent, SentTwice, Settled},
    check,
};

const ANSWER_MS: i64 = ANSWER_WITHIN_MS as i64;

fn claim() -> Value {
    json!({"userId": "ana", "roomId": "12A", "dateStart": "2026-03-01", "dateEnd": "2026-03-03"})
}

fn goods(units: u64) -> Value {
    let line = json!({"sku": "tea", "quantity": 1, "unitPrice": units});
    json!({"customerId": "ana", "accountId": "a", "lines": [line]})
}

fn shipped() -> Value {
    json!({"status": "SHIPPED"})
}

fn none() -> Value {
    json!({})
}

#[test]
fn a_reservation() {
    const P: &str = "reservation";
    let create = || Sent(P, "r", "CreateReservation", claim());
    let cancel = |id| Sent(P, id, "CancelReservation", none());
    let confirmed = || vec!["ReservationCreated", "ReservationConfirmed"];
    let hold =
        || json!({"reservationId": "ghost", "dateStart": "2026-03-01", "dateEnd": "2026-03-03"});
    check(vec![
        (
            P,
            "started twice",
            vec![
                SentTwice(P, "r", "CreateReservation", claim()),
                Settled,
                Refused(P, "r", "CreateReservation", claim(), "RESERVATION_EXISTS"),
                Settled,
            ],
            vec![(P, "r", confirmed()), ("room", "12A", vec!["RoomHeld"])],
        ),
        (
            P,
            "duplicate",
            vec![create(), Settled, Repeated, Settled, Repeated, Settled],
            vec![(P, "r", confirmed()), ("room", "12A", vec!["RoomHeld"])],
        ),
        (
            P,
            "duplicate of what was refused, when it would not be refused any more",
            vec![
                create(),
                Settled,
                Sent(P, "s", "CreateReservation", claim()),
                Settled,
                cancel("r"),
                Settled,
                Repeated,
                Settled,
            ],
            vec![
                (P, "s", vec!["ReservationCreated", "ReservationDeclined"]),
                ("room", "12A", vec!["RoomHeld", "RoomReleased"]),
            ],
        ),
        (
            P,
            "unknown",
            vec![Sent("room", "12A", "HoldRoom", hold()), Settled],
            vec![(P, "ghost", vec![]), ("room", "12A", vec!["RoomHeld"])],
        ),
        (
            P,
            "after the end",
            vec![
                create(),
                Settled,
                cancel("r"),
                Settled,
                Passed(ANSWER_MS),
                Settled,
                Repeated,
                Settled,
                Refused(P, "r", "ConfirmReservation", none(), "NOT_PENDING"),
            ],
            vec![
                (
                    P,
                    "r",
                    vec!["ReservationCreated", "ReservationConfirmed", "ReservationCancelled"],
                ),
                ("room", "12A", vec!["RoomHeld", "RoomReleased"]),
            ],
        ),
        (
            P,
            "timeout",
            vec![
                create(),
                Passed(ANSWER_MS - 1),
                Passed(1),
                Passed(ANSWER_MS),
                Refused(P, "r", "CancelReservation", none(), "RESERVATION_ENDED"),
            ],
            vec![(P, "r", vec!["ReservationCreated", "ReservationExpired"])],
        ),
        (
            P,
            "compensation: a hold that comes too late is given back",
            vec![create(), Passed(ANSWER_MS), Settled],
            vec![
                (P, "r", vec!["ReservationCreated", "ReservationExpired", "HoldReturned"]),
                ("room", "12A", vec!["RoomHeld", "RoomReleased"]),
            ],
        ),
        (
            P,
            "restart",
            vec![create(), Killed, Settled],
            vec![(P, "r", confirmed()), ("room", "12A", vec!["RoomHeld"])],
        ),
        (
            P,
            "restart with a deadline",
            vec![create(), Killed, Passed(ANSWER_MS)],
            vec![(P, "r", vec!["ReservationCreated", "ReservationExpired"])],
        ),
    ]);
}

#[test]
fn an_order() {
    const P: &str = "order";
    let place = || Sent(P, "o", "PlaceOrder", goods(400));
    let ship = || Sent(P, "o", "UpdateOrderStatus", shipped());
    let through = || vec!["OrderPlaced", "OrderAccepted", "ShipmentRequested", "OrderShipped"];
    let paid = || vec!["PaymentAuthorised", "PaymentCaptured"];
    let freed = || vec!["PaymentAuthorised", "PaymentReleased"];
    let authorise = || json!({"paymentId": "ghost", "orderId": "ghost", "amount": 100});
    check(vec![
        (
            P,
            "started twice",
            vec![
                SentTwice(P, "o", "PlaceOrder", goods(400)),
                Settled,
                Refused(P, "o", "PlaceOrder", goods(400), "ORDER_EXISTS"),
                Settled,
            ],
            vec![
                (P, "o", vec!["OrderPlaced", "OrderAccepted"]),
                ("account", "a", vec!["PaymentAuthorised"]),
            ],
        ),
        (
            P,
            "duplicate",
            vec![place(), Settled, ship(), Settled, Repeated, Settled, Repeated, Settled],
            vec![(P, "o", through()), ("account", "a", paid())],
        ),
        (
            P,
            "duplicate of what was refused, when it would not be refused any more",
            vec![
                Sent(P, "o", "PlaceOrder", goods(1_001)),
                Settled,
                Sent("account", "a", "Deposit", json!({"amount": 1})),
                Repeated,
                Settled,
            ],
            vec![
                (P, "o", vec!["OrderPlaced", "OrderDeclined"]),
                ("account", "a", vec!["MoneyDeposited"]),
            ],
        ),
        (
            P,
            "unknown",
            vec![Sent("account", "a", "AuthorisePayment", authorise()), Settled],
            vec![(P, "ghost", vec![]), ("account", "a", vec!["PaymentAuthorised"])],
        ),
        (
            P,
            "after the end",
            vec![
                place(),
                Settled,
                Sent(P, "o", "CancelOrder", none()),
                Settled,
                Passed(HELD_FOR_MS),
                Settled,
                Repeated,
                Settled,
                Refused(P, "o", "UpdateOrderStatus", shipped(), "ORDER_ENDED"),
            ],
            vec![
                (P, "o", vec!["OrderPlaced", "OrderAccepted", "OrderCancelled"]),
                ("account", "a", freed()),
            ],
        ),
        (
            P,
            "timeout",
            vec![place(), Passed(ANSWER_MS - 1), Passed(1), Settled],
            vec![(P, "o", vec!["OrderPlaced", "OrderTimedOut"]), ("account", "a", vec![])],
        ),
        (
            P,
            "compensation: money that is held when nobody wants it any more is given back",
            vec![place(), Sent(P, "o", "CancelOrder", none()), Settled],
            vec![
                (P, "o", vec!["OrderPlaced", "OrderCancelled", "PaymentReturned"]),
                ("account", "a", freed()),
            ],
        ),
        (
            P,
            "compensation: an order whose payment is lost is cancelled",
            vec![place(), Settled, Passed(HELD_FOR_MS), ship(), Settled],
            vec![
                (P, "o", vec!["OrderPlaced", "OrderAccepted", "ShipmentRequested", "PaymentLost"]),
                ("account", "a", vec!["PaymentAuthorised", "PaymentExpired"]),
            ],
        ),
        (
            P,
            "restart",
            vec![place(), Killed, Settled, ship(), Killed, Settled],
            vec![(P, "o", through()), ("account", "a", paid())],
        ),
        (
            P,
            "restart with a deadline",
            vec![place(), Killed, Passed(ANSWER_MS), Settled],
            vec![(P, "o", vec!["OrderPlaced", "OrderTimedOut"]), ("account", "a", vec![])],
        ),
    ]);
}

#[test]
fn an_account() {
    const P: &str = "account";
    let payment = || json!({"paymentId": "p", "amount": 400});
    let authorise = || Sent(P, "a", "AuthorisePayment", payment());
    let expired = || vec!["PaymentAuthorised", "PaymentExpired"];
    let open = || json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 0});
    let capture = || json!({"paymentId": "p"});
    check(vec![
        (
            P,
            "started twice",
            vec![
                Refused(P, "a", "OpenAccount", open(), "ACCOUNT_EXISTS"),
                authorise(),
                authorise(),
                Settled,
            ],
            vec![(P, "a", vec!["PaymentAuthorised"])],
        ),
        (
            P,
            "duplicate",
            vec![
                authorise(),
                Passed(HELD_FOR_MS),
                Passed(1),
                Repeated,
                Settled,
                Passed(HELD_FOR_MS),
            ],
            vec![(P, "a", expired())],
        ),
        (
            P,
            "unknown",
            vec![
                Refused(P, "a", "CapturePayment", capture(), "PAYMENT_UNKNOWN"),
                Sent(P, "a", "ReleasePayment", capture()),
                Sent(P, "a", "ExpirePayment", capture()),
                Refused(P, "none", "ExpirePayment", capture(), "ACCOUNT_UNKNOWN"),
                Settled,
            ],
            vec![(P, "a", vec![])],
        ),
        (
            P,
            "after the end",
            vec![
                authorise(),
                Passed(HELD_FOR_MS),
                Settled,
                Refused(P, "a", "CapturePayment", capture(), "PAYMENT_UNKNOWN"),
                Sent(P, "a", "ReleasePayment", capture()),
            ],
            vec![(P, "a", expired())],
        ),
        (
            P,
            "timeout",
            vec![
                authorise(),
                Passed(HELD_FOR_MS - 1),
                Sent(P, "a", "Deposit", json!({"amount": 1})),
                Passed(1),
            ],
            vec![(P, "a", vec!["PaymentAuthorised", "MoneyDeposited", "PaymentExpired"])],
        ),
        (
            P,
            "compensation: whoever counts on the money hears that it is free",
            vec![
                Sent("order", "o", "PlaceOrder", goods(400)),
                Settled,
                Passed(HELD_FOR_MS),
                Settled,
            ],
            vec![
                (P, "a", expired()),
                ("order", "o", vec!["OrderPlaced", "OrderAccepted", "PaymentLost"]),
            ],
        ),
        (
            P,
            "restart",
            vec![authorise(), Killed, Passed(HELD_FOR_MS), Killed, Settled],
            vec![(P, "a", expired())],
        ),
    ]);
}

#[test]
fn a_round() {
    const P: &str = "round";
    let chess = || json!({"game": "chess", "maxPlayers": 2});
    let start = || Sent(P, "g", "StartGameRound", chess());
    let join = || Sent(P, "g", "JoinRound", json!({"playerId": "ana"}));
    let moved = || json!({"playerId": "ana", "move": "e4", "points": 1});
    let play = || Sent(P, "g", "Play", moved());
    let ended = || vec!["RoundStarted", "RoundFinished"];
    check(vec![
        (
            P,
            "started twice",
            vec![
                SentTwice(P, "g", "StartGameRound", chess()),
                Refused(P, "g", "StartGameRound", chess(), "ROUND_EXISTS"),
                Settled,
            ],
            vec![(P, "g", vec!["RoundStarted"])],
        ),
        (
            P,
            "duplicate",
            vec![start(), Passed(OPEN_FOR_MS), Passed(1), Repeated, Settled, Passed(OPEN_FOR_MS)],
            vec![(P, "g", ended())],
        ),
        (
            P,
            "unknown",
            vec![
                Refused(P, "h", "Play", moved(), "ROUND_UNKNOWN"),
                Refused(P, "h", "EndRound", none(), "ROUND_UNKNOWN"),
            ],
            vec![(P, "h", vec![])],
        ),
        (
            P,
            "after the end",
            vec![
                start(),
                join(),
                Sent(P, "g", "FinishRound", none()),
                Passed(OPEN_FOR_MS),
                Refused(P, "g", "Play", moved(), "ROUND_FINISHED"),
                Sent(P, "g", "EndRound", none()),
            ],
            vec![(P, "g", vec!["RoundStarted", "PlayerJoined", "RoundFinished"])],
        ),
        (P, "timeout", vec![start(), Passed(OPEN_FOR_MS - 1), Passed(1)], vec![(P, "g", ended())]),
        (
            P,
            "timeout that a move has put off",
            vec![
                start(),
                join(),
                Passed(OPEN_FOR_MS - 1),
                play(),
                Passed(MOVE_WITHIN_MS - 1),
                play(),
                Passed(MOVE_WITHIN_MS - 1),
                Passed(1),
            ],
            vec![(
                P,
                "g",
                vec!["RoundStarted", "PlayerJoined", "MovePlayed", "MovePlayed", "RoundFinished"],
            )],
        ),
        (
            P,
            "compensation: none, since it asks nothing of anybody",
            vec![start(), Passed(OPEN_FOR_MS), Settled],
            vec![(P, "g", ended()), ("room", "12A", vec![]), ("account", "a", vec![])],
        ),
        (
            P,
            "restart",
            vec![start(), join(), play(), Killed, Passed(MOVE_WITHIN_MS)],
            vec![(P, "g", vec!["RoundStarted", "PlayerJoined", "MovePlayed", "RoundFinished"])],
        ),
    ]);
}
