//! Payloads that the readers of commands are tried with.

use serde_json::{Value, json};

/// Good payloads of every command. What follows from a field that is missing, unknown or [`odd`] is derived from them.
pub(crate) fn good() -> Vec<(&'static str, &'static str, Vec<Value>)> {
    vec![
        (
            "room",
            "AddRoom",
            vec![
                json!({"hotelId": "grand", "number": "12A", "capacity": 2, "nightlyRate": 9900}),
                json!({"hotelId": "grand", "number": 12, "capacity": 100, "nightlyRate": 0}),
            ],
        ),
        (
            "room",
            "HoldRoom",
            vec![
                json!({"reservationId": "r-1", "dateStart": "2026-03-01", "dateEnd": "2026-03-03"}),
            ],
        ),
        ("room", "ReleaseRoom", vec![json!({"reservationId": "r-1"})]),
        ("room", "CloseRoom", vec![json!({})]),
        (
            "reservation",
            "CreateReservation",
            vec![
                json!({"userId": "ana", "roomId": "12A", "dateStart": "2027-12-31", "dateEnd": "2028-02-29"}),
            ],
        ),
        ("reservation", "CancelReservation", vec![json!({}), json!({"reason": "späte Anreise"})]),
        ("reservation", "ConfirmReservation", vec![json!({})]),
        ("reservation", "DeclineReservation", vec![json!({"reason": "NIGHTS_TAKEN"})]),
        ("reservation", "ExpireReservation", vec![json!({})]),
        ("reservation", "ReturnHold", vec![json!({})]),
        ("device", "RegisterDevice", vec![json!({"model": "Thermo 2", "ownerId": "ana"})]),
        (
            "device",
            "UpdateDeviceStatus",
            vec![
                json!({"status": "OK", "reading": 20, "observedAt": "2026-01-01T12:00:00Z"}),
                json!({"status": "FAULT", "reading": -2.5e-3, "observedAt": "2026-01-01T13:00:00.5+01:00"}),
            ],
        ),
        ("device", "DecommissionDevice", vec![json!({})]),
        (
            "account",
            "OpenAccount",
            vec![json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 5000})],
        ),
        (
            "account",
            "Deposit",
            vec![json!({"amount": 100}), json!({"amount": 1, "reference": "salary"})],
        ),
        (
            "account",
            "Withdraw",
            vec![json!({"amount": 100}), json!({"amount": 1, "reference": "cash"})],
        ),
        (
            "account",
            "AuthorisePayment",
            vec![
                json!({"paymentId": "o-1", "amount": 0}),
                json!({"paymentId": "o-1", "amount": 100, "orderId": "o-1", "answerBy": "2026-01-01T12:01:00Z"}),
            ],
        ),
        (
            "account",
            "CapturePayment",
            vec![
                json!({"paymentId": "o-1"}),
                json!({"paymentId": "o-1", "amount": 100, "orderId": "o-1"}),
            ],
        ),
        (
            "account",
            "ReleasePayment",
            vec![json!({"paymentId": "o-1"}), json!({"paymentId": "o-1", "orderId": "o-1"})],
        ),
        ("account", "ExpirePayment", vec![json!({"paymentId": "p-1"})]),
        (
            "order",
            "PlaceOrder",
            vec![
                json!({"customerId": "ana", "accountId": "a-1", "lines": [{"sku": "tea", "quantity": 2, "unitPrice": 1500}]}),
            ],
        ),
        (
            "order",
            "UpdateOrderStatus",
            vec![json!({"status": "SHIPPED"}), json!({"status": "DELIVERED"})],
        ),
        ("order", "CancelOrder", vec![json!({}), json!({"reason": "zu spät"})]),
        ("order", "AcceptOrder", vec![json!({})]),
        ("order", "DeclineOrder", vec![json!({"reason": "INSUFFICIENT_FUNDS"})]),
        ("order", "TimeOutOrder", vec![json!({})]),
        ("order", "ShipOrder", vec![json!({})]),
        ("order", "LosePayment", vec![json!({"reason": "PAYMENT_EXPIRED"})]),
        ("order", "ReturnPayment", vec![json!({})]),
        (
            "round",
            "StartGameRound",
            vec![
                json!({"game": "chess", "maxPlayers": 2}),
                json!({"game": "chess", "maxPlayers": 2, "endsAt": "2026-01-01T13:00:00Z"}),
            ],
        ),
        ("round", "JoinRound", vec![json!({"playerId": "ana"})]),
        ("round", "Play", vec![json!({"playerId": "ana", "move": "e4", "points": -1})]),
        ("round", "FinishRound", vec![json!({})]),
        ("round", "EndRound", vec![json!({})]),
    ]
}

/// Values that are right for some fields and wrong for others, at the bounds and beside them.
///
/// A whole number written with a point (`2.0`) is not among them: to JSON Schema it is an integer, to the readers it is
/// none. Nor are a leap second at an hour that never has one, and an instant at either end of the calendar that its
/// offset carries out of the years 0 to 9999.
pub(crate) fn odd() -> Vec<Value> {
    let mut odd = vec![
        json!(null),
        json!(true),
        json!([]),
        json!([20]),
        json!({}),
        json!({"OK": null}),
        json!(-1),
        json!(0),
        json!(1),
        json!(2.5),
        json!(100),
        json!(101),
        json!(u32::MAX),
        json!(1_u64 << 32),
        json!(1_000_000_000_000_u64),
        json!(1_000_000_000_001_u64),
        json!(u64::MAX),
        json!(f64::MAX),
    ];
    let texts = [
        "",
        "x",
        "1",
        "20",
        "a/b",
        "a b",
        "a-._~:@!",
        "é",
        "😀",
        "tab\t",
        "line\n",
        "nul\0",
        "del\u{7f}",
        "c1\u{85}",
        "OK",
        "ok",
        "BROKEN",
        "WARN",
        "2026-02-28",
        "2028-02-29",
        "2026-02-29",
        "2026-02-30",
        "2026-1-05",
        "2026-13-01",
        "26-01-01",
        "+10000-01-01",
        "-0001-01-01",
        "10000-01-01",
        " 2026-01-01",
        "2026-01-01 ",
        "2026-01-01T00:00",
        "yesterday",
        "2026-01-01T12:00:00",
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00.123456789Z",
        "2026-01-01T12:00:00.Z",
        "2026-01-01T12:00:00+05:30",
        "2026-01-01T12:00:00-00:00",
        "2026-01-01T12:00:00+24:00",
        "2026-01-01T12:00:00+0530",
        "2026-01-01t12:00:00z",
        "2026-01-01 12:00:00Z",
        "2026-01-01T24:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-01-01T12:60:00Z",
        "2026-02-30T12:00:00Z",
        "12026-01-01T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "2026-01-01T12:00Z",
    ];
    odd.extend(texts.map(Value::from));
    odd.extend([16, 17, 100, 101, 128, 129, 500, 501].map(|length| json!("x".repeat(length))));
    odd.extend([16, 17, 100, 101, 500, 501].map(|length| json!("😀".repeat(length))));
    odd
}

/// The payload, and what comes of it when one thing is changed.
pub(crate) fn variants(payload: &Value) -> Vec<Value> {
    let with = |field: &str, value: Value| {
        let mut changed = payload.clone();
        changed[field] = value;
        changed
    };
    let fields: Vec<&String> = payload.as_object().unwrap().keys().collect();
    let mut variants = vec![
        payload.clone(),
        with("more", json!(1)),
        json!(null),
        json!([]),
        json!([payload]),
        json!("{}"),
    ];
    for field in fields {
        let mut less = payload.clone();
        less.as_object_mut().unwrap().remove(field);
        variants.push(less);
        variants.extend(odd().into_iter().map(|value| with(field, value)));
    }
    variants
}
