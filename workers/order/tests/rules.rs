//! The rules of an order.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::slice;

use edgefold_account::{
    Account,
    events::{
        AccountOpened, Event as AccountEvent, PaymentAuthorised, PaymentCaptured, PaymentExpired,
        PaymentReleased,
    },
};
use edgefold_catalogue::{
    Catalogue,
    events::{CatalogueOpened, Event as CatalogueEvent, PriceSet},
};
use edgefold_flow::{Participant, participant::Refused};
use edgefold_kernel::{
    Aggregate, Amount, CommandSet, Currency, Decider, Id, Kind, Principal, Rejection, Role, Text,
    Timestamp,
};
use edgefold_order::{
    Order,
    commands::{
        AcceptOrder, CancelOrder, Command, DeclineOrder, Line, LosePayment, PlaceOrder, Progress,
        ReturnPayment, ShipOrder, TimeOutOrder, UpdateOrderStatus,
    },
    events::{
        Event, OrderAccepted, OrderCancelled, OrderDeclined, OrderDelivered, OrderPlaced,
        OrderShipped, OrderTimedOut, PaymentLost, PaymentReturned, ShipmentRequested,
    },
    state::Status,
};
use edgefold_roles::{GUEST, STAFF};
use edgefold_testing::{given, scenario::envelopes, state_after};
use serde_json::json;

const NOW: &str = "2026-01-01T12:00:00Z";

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn amount(units: i64) -> Amount {
    Amount::parse(units).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn place() -> PlaceOrder {
    let line = |sku, quantity, price| Line { sku: id(sku), quantity, unit_price: amount(price) };
    let lines = vec![line("tea", 2, 1_000), line("cup", 1, 500)];
    PlaceOrder { customer_id: id("ana").into(), account_id: id("a-1"), lines }
}

fn placed() -> Event {
    let PlaceOrder { customer_id, account_id, lines } = place();
    let (total, answer_by) = (amount(2_500), at("2026-01-01T12:01:00Z"));
    OrderPlaced { customer_id, account_id, lines, total, answer_by }.into()
}

fn account_of(owner: &str) -> AccountEvent {
    let currency = Currency::parse("EUR").unwrap();
    AccountOpened { owner_id: id(owner).into(), currency, overdraft_limit: amount(0) }.into()
}

fn accepted() -> Event {
    OrderAccepted {}.into()
}

fn requested() -> Event {
    ShipmentRequested { account_id: id("a-1") }.into()
}

fn shipped() -> Event {
    OrderShipped {}.into()
}

fn delivered() -> Event {
    OrderDelivered {}.into()
}

fn cancelled() -> Event {
    OrderCancelled { account_id: id("a-1"), reason: None }.into()
}

fn declined() -> Event {
    OrderDeclined { reason: "INSUFFICIENT_FUNDS".into() }.into()
}

fn timed_out() -> Event {
    OrderTimedOut { account_id: id("a-1") }.into()
}

fn lost() -> Event {
    PaymentLost { reason: "PAYMENT_EXPIRED".into() }.into()
}

fn update(status: Progress) -> UpdateOrderStatus {
    UpdateOrderStatus { status }
}

/// A past of each status.
fn pasts() -> Vec<(Status, Vec<Event>)> {
    vec![
        (Status::Placed, vec![placed()]),
        (Status::Accepted, vec![placed(), accepted()]),
        (Status::Shipping, vec![placed(), accepted(), requested()]),
        (Status::Shipped, vec![placed(), accepted(), requested(), shipped()]),
        (Status::Delivered, vec![placed(), accepted(), requested(), shipped(), delivered()]),
        (Status::Declined, vec![placed(), declined()]),
        (Status::Declined, vec![placed(), timed_out()]),
        (Status::Cancelled, vec![placed(), cancelled()]),
        (Status::Cancelled, vec![placed(), accepted(), lost()]),
    ]
}

#[test]
fn it_is_placed_when_the_copy_of_the_account_says_that_it_is_the_customers_own() {
    given::<Order>([])
        .knowing::<Account>("a-1", [account_of("ana")])
        .at(NOW)
        .when(place())
        .then([placed()]);
}

#[test]
fn somebody_elses_account_is_refused_as_one_that_does_not_exist() {
    given::<Order>([]).when(place()).then_refused("ACCOUNT_UNKNOWN");
    given::<Order>([])
        .knowing::<Account>("a-1", [account_of("ben")])
        .when(place())
        .then_refused("ACCOUNT_UNKNOWN");
    given::<Order>([])
        .knowing::<Account>("a-2", [account_of("ana")])
        .when(place())
        .then_refused("ACCOUNT_UNKNOWN");
}

#[test]
fn a_total_that_cannot_be_an_amount_is_refused() {
    let lines = |quantity: u32, unit_price: i64| {
        let line = json!({"sku": "gold", "quantity": quantity, "unitPrice": unit_price});
        let payload = json!({"customerId": "ana", "accountId": "a-1", "lines": vec![line; 2]});
        Command::read("PlaceOrder", &payload).map(drop).map_err(|refused| refused.code)
    };
    assert_eq!(lines(1, 500_000_000_000), Ok(()));
    assert_eq!(lines(1, 500_000_000_001), Err("TOTAL_TOO_HIGH".into()));
    assert_eq!(lines(1_000_000, 1_000_000_000_000), Err("TOTAL_TOO_HIGH".into()));
}

#[test]
fn the_decision_rests_on_the_account_and_that_of_a_customer_on_the_prices_too() {
    let [account, prices] = [Account::stream(&id("a-1")), Catalogue::stream(&id("main"))];
    let (ana, sam) = (Principal::new(id("ana"), GUEST), Principal::new(id("sam"), STAFF));
    assert_eq!(Order::rests_on(&place().into(), None), slice::from_ref(&account));
    assert_eq!(Order::rests_on(&place().into(), Some(&sam)), slice::from_ref(&account));
    assert_eq!(Order::rests_on(&place().into(), Some(&ana)), [account, prices]);
    assert!(Order::rests_on(&CancelOrder { reason: None }.into(), Some(&ana)).is_empty());
}

/// The catalogue in this currency, with these prices.
fn catalogue(currency: &str, prices: &[(&str, i64)]) -> Vec<CatalogueEvent> {
    let currency = Currency::parse(currency).unwrap();
    let set =
        |(sku, price): &(&str, i64)| PriceSet { sku: id(sku), unit_price: amount(*price) }.into();
    std::iter::once(CatalogueOpened { currency }.into()).chain(prices.iter().map(set)).collect()
}

#[test]
fn a_customer_pays_what_the_catalogue_says() {
    let sold = |by: Role, currency: &str, prices: &[(&str, i64)]| {
        given::<Order>([])
            .knowing::<Account>("a-1", [account_of("ana")])
            .knowing::<Catalogue>("main", catalogue(currency, prices))
            .by(Principal::new(id("ana"), by))
            .at(NOW)
            .when(place())
    };
    let refused = |prices: &[(&str, i64)]| sold(GUEST, "EUR", prices).refusal();
    sold(GUEST, "EUR", &[("tea", 1_000), ("cup", 500), ("pot", 1)]).then([placed()]);
    let differs = refused(&[("tea", 1_000), ("cup", 501)]);
    assert_eq!((differs.code.as_ref(), differs.status()), ("PRICE_DIFFERS", 422));
    assert_eq!(differs.field.as_deref(), Some("payload.lines[1].unitPrice"));
    assert_eq!(differs.detail, "the price of cup is 501, got 500");
    let unknown = refused(&[("cup", 500)]);
    assert_eq!(unknown.code, "ARTICLE_UNKNOWN");
    assert_eq!(unknown.field.as_deref(), Some("payload.lines[0].sku"));
    assert_eq!(refused(&[]).code, "ARTICLE_UNKNOWN");
    let yen = [("tea", 1_000), ("cup", 500)];
    sold(GUEST, "JPY", &yen).then_refused("CURRENCY_DIFFERS");
    sold(STAFF, "JPY", &[("tea", 1)]).then([placed()]);
}

#[test]
fn where_there_is_no_catalogue_the_staff_alone_sells() {
    let sold = |by: Role| {
        let given = given::<Order>([]).knowing::<Account>("a-1", [account_of("ana")]);
        given.by(Principal::new(id("ana"), by)).at(NOW).when(place())
    };
    sold(GUEST).then_refused("ARTICLE_UNKNOWN");
    sold(STAFF).then([placed()]);
}

#[test]
fn a_customer_learns_of_no_price_by_an_account_of_somebody_else() {
    given::<Order>([])
        .knowing::<Account>("a-1", [account_of("ben")])
        .by(Principal::new(id("ana"), GUEST))
        .when(place())
        .then_refused("ACCOUNT_UNKNOWN");
}

#[test]
fn only_a_placed_one_is_accepted_declined_or_times_out() {
    let answers: [(Command, Event); 3] = [
        (AcceptOrder {}.into(), accepted()),
        (DeclineOrder { reason: "INSUFFICIENT_FUNDS".into() }.into(), declined()),
        (TimeOutOrder {}.into(), timed_out()),
    ];
    for (command, event) in answers {
        for (status, past) in pasts() {
            let when = given::<Order>(past).when(command.clone());
            match status {
                Status::Placed => drop(when.then([event.clone()])),
                _ => when.then_refused("NOT_PLACED"),
            }
        }
    }
    for (event, code) in [(declined(), "INSUFFICIENT_FUNDS"), (timed_out(), "NO_ANSWER")] {
        let state = state_after::<Order>([placed(), event]).unwrap();
        assert_eq!((state.refusal, state.reason), (Some(code.into()), None));
    }
}

#[test]
fn to_ship_is_a_request_that_the_payment_fulfils() {
    for (status, past) in pasts() {
        let ship = given::<Order>(past.clone()).when(update(Progress::Shipped));
        match status {
            Status::Accepted => {
                assert_eq!(ship.then([requested()]).unwrap().status, Status::Shipping);
            }
            Status::Placed => ship.then_refused("NOT_ACCEPTED"),
            Status::Declined | Status::Cancelled => ship.then_refused("ORDER_ENDED"),
            Status::Shipping | Status::Shipped | Status::Delivered => ship.then_nothing(),
        }
        let paid = given::<Order>(past).when(ShipOrder {});
        match status {
            Status::Shipping => assert_eq!(paid.then([shipped()]).unwrap().status, Status::Shipped),
            _ => paid.then_refused("NOT_SHIPPING"),
        }
    }
}

#[test]
fn what_has_left_is_delivered() {
    for (status, past) in pasts() {
        let when = given::<Order>(past).when(update(Progress::Delivered));
        match status {
            Status::Shipped => drop(when.then([delivered()])),
            Status::Delivered => when.then_nothing(),
            Status::Declined | Status::Cancelled => when.then_refused("ORDER_ENDED"),
            _ => when.then_refused("NOT_SHIPPED"),
        }
    }
}

#[test]
fn it_is_cancelled_until_it_is_to_ship() {
    let reason = Text::parse("too late").ok();
    let event = OrderCancelled { account_id: id("a-1"), reason: reason.clone() };
    for (status, past) in pasts() {
        let when = given::<Order>(past).when(CancelOrder { reason: reason.clone() });
        match status {
            Status::Placed | Status::Accepted => {
                let state = when.then([event.clone().into()]).unwrap();
                assert_eq!((state.reason, state.refusal), (reason.clone(), None));
            }
            Status::Cancelled => when.then_nothing(),
            Status::Declined => when.then_refused("ORDER_ENDED"),
            _ => when.then_refused("ORDER_SHIPPED"),
        }
    }
}

#[test]
fn a_payment_that_is_lost_before_the_goods_leave_ends_the_order() {
    for (status, past) in pasts() {
        let when = given::<Order>(past).when(LosePayment { reason: "PAYMENT_EXPIRED".into() });
        match status {
            Status::Accepted | Status::Shipping => {
                let state = when.then([lost()]).unwrap();
                assert_eq!(state.status, Status::Cancelled);
                assert_eq!((state.refusal, state.reason), (Some("PAYMENT_EXPIRED".into()), None));
            }
            _ => when.then_refused("NOT_ACCEPTED"),
        }
    }
}

#[test]
fn what_the_account_says_means_something_else_in_each_status() {
    let (payment_id, order_id) = (id("it"), Some(id("it")));
    let (amount, held) = (amount(2_500), amount(2_500));
    let expires_at = at("2026-01-08T12:00:00Z");
    let (p, o) = (|| payment_id.clone(), || order_id.clone());
    let said: [AccountEvent; 4] = [
        PaymentAuthorised { payment_id: p(), order_id: o(), amount, expires_at }.into(),
        PaymentCaptured { payment_id: p(), order_id: o(), amount, held }.into(),
        PaymentReleased { payment_id: p(), order_id: o(), amount }.into(),
        PaymentExpired { payment_id: p(), order_id: o(), amount }.into(),
    ];
    let said = envelopes(&Account::stream(&id("a-1")), said);
    let lose = |reason: &'static str| -> Vec<Command> {
        vec![LosePayment { reason: reason.into() }.into()]
    };
    for (status, past) in pasts() {
        let state = state_after::<Order>(past);
        let expected: [Vec<Command>; 4] = match status {
            Status::Placed => [vec![AcceptOrder {}.into()], vec![], vec![], vec![]],
            Status::Accepted => [vec![], vec![], lose("PAYMENT_RELEASED"), lose("PAYMENT_EXPIRED")],
            Status::Shipping => [
                vec![],
                vec![ShipOrder {}.into()],
                lose("PAYMENT_RELEASED"),
                lose("PAYMENT_EXPIRED"),
            ],
            _ => [vec![ReturnPayment {}.into()], vec![], vec![], vec![]],
        };
        for (event, expected) in said.iter().zip(expected) {
            let reaction = Order::on_foreign(&state, event).unwrap();
            assert_eq!(reaction, expected, "{} when {status:?}", event.event_type);
        }
    }
    for event in &said {
        assert_eq!(Order::on_foreign(&None, event).unwrap(), [], "an order that does not exist");
    }
}

#[test]
fn a_refused_authorisation_declines_and_other_refusals_do_nothing() {
    let rejection = Rejection::new(Kind::Rule, "INSUFFICIENT_FUNDS", "none");
    let refused = |name: &str| Refused { name: name.into(), rejection: rejection.clone() };
    let state = state_after::<Order>([placed()]);
    let decline = DeclineOrder { reason: "INSUFFICIENT_FUNDS".into() };
    assert_eq!(Order::on_refused(&state, &refused("AuthorisePayment")), [decline.into()]);
    for name in ["CapturePayment", "ReleasePayment"] {
        assert_eq!(Order::on_refused(&state, &refused(name)), []);
    }
}

#[test]
fn the_account_is_asked_to_authorise_capture_and_release() {
    let asked = |event: Event| {
        let errands = Order::errands(&id("it"), &event);
        errands.into_iter().map(|errand| (errand.name, errand.payload)).collect::<Vec<_>>()
    };
    let payment = json!({"paymentId": "it", "orderId": "it"});
    let authorise = json!({
        "paymentId": "it", "orderId": "it", "amount": 2_500, "answerBy": "2026-01-01T12:01:00.000Z",
    });
    assert_eq!(asked(placed()), [("AuthorisePayment", authorise)]);
    assert_eq!(asked(requested()), [("CapturePayment", payment.clone())]);
    for event in [cancelled(), timed_out(), PaymentReturned { account_id: id("a-1") }.into()] {
        assert_eq!(asked(event), [("ReleasePayment", payment.clone())]);
    }
    for event in [accepted(), declined(), shipped(), delivered(), lost()] {
        assert_eq!(asked(event), []);
    }
}

#[test]
fn only_a_placed_order_has_a_deadline() {
    for (status, past) in pasts() {
        let due = Order::deadline(&id("it"), &state_after::<Order>(past));
        match status {
            Status::Placed => {
                let due = due.unwrap();
                assert_eq!(due.at, at("2026-01-01T12:01:00Z"));
                assert_eq!(due.command, TimeOutOrder {}.into());
            }
            _ => assert_eq!(due, None, "{status:?}"),
        }
    }
}
