//! The rules of an account.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_account::{
    Account,
    commands::{
        AuthorisePayment, CapturePayment, Command, Deposit, ExpirePayment, OpenAccount,
        ReleasePayment, Withdraw,
    },
    events::{
        AccountOpened, Event, MoneyDeposited, MoneyWithdrawn, PaymentAuthorised, PaymentCaptured,
        PaymentExpired, PaymentReleased,
    },
    process::HELD_FOR_MS,
    rules::HOLDS,
    state::State,
};
use edgefold_flow::Participant;
use edgefold_kernel::{
    Amount, Balance, Context, Currency, Decider, Foreign, Id, Text, Timestamp, limits,
};
use edgefold_testing::{given, state_after};
use proptest::prelude::*;

const NOW: &str = "2026-01-01T12:00:00Z";
const EXPIRES: &str = "2026-01-08T12:00:00Z";

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn amount(minor_units: i64) -> Amount {
    Amount::parse(minor_units).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn open(overdraft_limit: i64) -> OpenAccount {
    let currency = Currency::parse("EUR").unwrap();
    OpenAccount { owner_id: id("ana").into(), currency, overdraft_limit: amount(overdraft_limit) }
}

fn opened(overdraft_limit: i64) -> Event {
    let OpenAccount { owner_id, currency, overdraft_limit } = open(overdraft_limit);
    AccountOpened { owner_id, currency, overdraft_limit }.into()
}

fn deposit(units: i64) -> Deposit {
    Deposit { amount: amount(units), reference: None }
}

fn deposited(units: i64) -> Event {
    MoneyDeposited { amount: amount(units), reference: None }.into()
}

fn withdraw(units: i64) -> Withdraw {
    Withdraw { amount: amount(units), reference: None }
}

fn withdrawn(units: i64) -> Event {
    MoneyWithdrawn { amount: amount(units), reference: None }.into()
}

fn authorise(payment: &str, units: i64) -> AuthorisePayment {
    AuthorisePayment {
        payment_id: id(payment),
        amount: amount(units),
        order_id: None,
        answer_by: None,
    }
}

fn authorised(payment: &str, units: i64) -> Event {
    let (payment_id, amount, expires_at) = (id(payment), amount(units), at(EXPIRES));
    PaymentAuthorised { payment_id, order_id: None, amount, expires_at }.into()
}

fn capture(payment: &str, units: Option<i64>) -> CapturePayment {
    CapturePayment { payment_id: id(payment), amount: units.map(amount), order_id: None }
}

fn captured(payment: &str, units: i64, held: i64) -> Event {
    let (amount, held) = (amount(units), amount(held));
    PaymentCaptured { payment_id: id(payment), order_id: None, amount, held }.into()
}

fn release(payment: &str) -> ReleasePayment {
    ReleasePayment { payment_id: id(payment), order_id: None }
}

fn released(payment: &str, units: i64) -> Event {
    PaymentReleased { payment_id: id(payment), order_id: None, amount: amount(units) }.into()
}

fn expire(payment: &str) -> ExpirePayment {
    ExpirePayment { payment_id: id(payment) }
}

fn expired(payment: &str, units: i64) -> Event {
    PaymentExpired { payment_id: id(payment), order_id: None, amount: amount(units) }.into()
}

/// Balance, what is available, and what is held.
fn figures(state: &Option<State>) -> (i64, i64, Vec<(&str, i64)>) {
    let account = state.as_ref().unwrap();
    let held = account.holds.iter();
    let held = held.map(|hold| (hold.payment_id.as_str(), hold.amount.minor_units())).collect();
    (account.balance.minor_units(), account.available.minor_units(), held)
}

#[test]
fn an_account_begins_with_nothing() {
    let state = given::<Account>([]).when(open(500)).then([opened(500)]);
    assert_eq!(figures(&state), (0, 500, vec![]));
}

#[test]
fn money_comes_in_and_goes_out() {
    let reference = Text::parse("salary").ok();
    let salary = Deposit { amount: amount(900), reference: reference.clone() };
    let event = MoneyDeposited { amount: amount(900), reference };
    let state = given::<Account>([opened(0)]).when(salary).then([event.into()]);
    assert_eq!(figures(&state), (900, 900, vec![]));
    let state =
        given::<Account>([opened(0), deposited(900)]).when(withdraw(300)).then([withdrawn(300)]);
    assert_eq!(figures(&state), (600, 600, vec![]));
}

#[test]
fn no_more_goes_out_than_is_available() {
    let account = || given::<Account>([opened(200), deposited(100)]);
    let state = account().when(withdraw(300)).then([withdrawn(300)]);
    assert_eq!(figures(&state), (-200, 0, vec![]));
    account().when(withdraw(301)).then_refused("INSUFFICIENT_FUNDS");
    account().when(authorise("p", 301)).then_refused("INSUFFICIENT_FUNDS");
    let holding = || given::<Account>([opened(200), deposited(100), authorised("p", 250)]);
    holding().when(withdraw(51)).then_refused("INSUFFICIENT_FUNDS");
    holding().when(authorise("q", 51)).then_refused("INSUFFICIENT_FUNDS");
    holding().when(withdraw(50)).then([withdrawn(50)]);
}

#[test]
fn an_account_holds_at_most_what_can_be_counted_exactly() {
    let full = || given::<Account>([opened(0), deposited(limits::AMOUNT_MAX)]);
    full().when(deposit(1)).then_refused("BALANCE_TOO_HIGH");
    given::<Account>([opened(0), deposited(1)])
        .when(deposit(limits::AMOUNT_MAX - 1))
        .then([deposited(limits::AMOUNT_MAX - 1)]);
}

#[test]
fn money_is_held_for_a_payment_once() {
    let account = || given::<Account>([opened(0), deposited(100)]).at(NOW);
    let state = account().when(authorise("p", 60)).then([authorised("p", 60)]);
    assert_eq!(figures(&state), (100, 40, vec![("p", 60)]));
    let holding = || given::<Account>([opened(0), deposited(100), authorised("p", 60)]).at(NOW);
    holding().when(authorise("p", 60)).then_nothing();
    holding().when(authorise("p", 61)).then_refused("PAYMENT_EXISTS");
    holding().when(authorise("q", 40)).then([authorised("q", 40)]);
}

#[test]
fn what_nobody_waits_for_any_more_is_not_held() {
    let asked =
        || AuthorisePayment { answer_by: Some(at("2026-01-01T12:01:00Z")), ..authorise("p", 60) };
    let account = || given::<Account>([opened(0), deposited(100)]);
    account().at(NOW).when(asked()).then([authorised("p", 60)]);
    account().at("2026-01-01T12:01:00Z").when(asked()).then_refused("AUTHORISATION_LATE");
    given::<Account>([opened(0), deposited(100), authorised("p", 60)])
        .at("2026-01-01T12:01:00Z")
        .when(asked())
        .then_nothing();
}

#[test]
fn what_is_held_is_captured_whole_or_in_part_and_the_rest_is_free_again() {
    let holding = || given::<Account>([opened(0), deposited(100), authorised("p", 60)]).at(NOW);
    let state = holding().when(capture("p", None)).then([captured("p", 60, 60)]);
    assert_eq!(figures(&state), (40, 40, vec![]));
    let state = holding().when(capture("p", Some(20))).then([captured("p", 20, 60)]);
    assert_eq!(figures(&state), (80, 80, vec![]));
    holding().when(capture("p", Some(61))).then_refused("CAPTURE_TOO_HIGH");
    holding().when(capture("q", None)).then_refused("PAYMENT_UNKNOWN");
    given::<Account>([opened(0), deposited(100), authorised("p", 60), captured("p", 60, 60)])
        .at(NOW)
        .when(capture("p", None))
        .then_refused("PAYMENT_UNKNOWN");
}

#[test]
fn what_is_released_is_free_again_and_what_is_not_held_is_no_matter() {
    let past = || [opened(0), deposited(100), authorised("p", 60)];
    let state = given::<Account>(past()).when(release("p")).then([released("p", 60)]);
    assert_eq!(figures(&state), (100, 100, vec![]));
    given::<Account>(past()).when(release("q")).then_nothing();
    let past = past().into_iter().chain([released("p", 60)]);
    given::<Account>(past).when(release("p")).then_nothing();
}

#[test]
fn what_is_held_for_too_long_expires_and_is_captured_no_more() {
    let past = || [opened(0), deposited(100), authorised("p", 60), authorised("q", 10)];
    assert_eq!(HELD_FOR_MS, at(EXPIRES).millis() - at(NOW).millis());
    let early = || given::<Account>(past()).at("2026-01-08T11:59:59.999Z");
    early().when(expire("p")).then_nothing();
    early().when(expire("none")).then_nothing();
    early().when(capture("p", None)).then([captured("p", 60, 60)]);
    let late = || given::<Account>(past()).at(EXPIRES);
    late().when(capture("p", None)).then_refused("PAYMENT_EXPIRED");
    let state = late().when(expire("p")).then([expired("p", 60)]);
    assert_eq!(figures(&state), (100, 90, vec![("q", 10)]));
    let next = Account::deadline(&id("it"), &state).unwrap();
    assert_eq!((next.at, next.command), (at(EXPIRES), expire("q").into()));
    given::<Account>(past().into_iter().chain([expired("p", 60)]))
        .when(capture("p", None))
        .then_refused("PAYMENT_UNKNOWN");
}

#[test]
fn the_deadline_is_that_of_the_hold_that_ends_first() {
    let due = |events: Vec<Event>| Account::deadline(&id("it"), &state_after::<Account>(events));
    assert_eq!(due(vec![]), None);
    assert_eq!(due(vec![opened(0), deposited(100)]), None);
    let later = PaymentAuthorised {
        payment_id: id("q"),
        order_id: None,
        amount: amount(10),
        expires_at: at("2026-01-09T12:00:00Z"),
    };
    let both = vec![opened(0), deposited(100), later.into(), authorised("p", 60)];
    let found = due(both.clone()).unwrap();
    assert_eq!((found.at, found.command), (at(EXPIRES), expire("p").into()));
    let one = both.into_iter().chain([released("p", 60)]).collect();
    assert_eq!(due(one).unwrap().at, at("2026-01-09T12:00:00Z"));
}

#[test]
fn an_order_reaches_what_is_held_for_it_and_nobody_else_does() {
    let of_order = AuthorisePayment { order_id: Some(id("o")), ..authorise("o", 60) };
    let event = PaymentAuthorised {
        payment_id: id("o"),
        order_id: Some(id("o")),
        amount: amount(60),
        expires_at: at(EXPIRES),
    };
    let past = || [opened(0), deposited(100)];
    given::<Account>(past()).at(NOW).when(of_order.clone()).then([event.clone().into()]);
    let held = || given::<Account>(past().into_iter().chain([event.clone().into()])).at(NOW);
    held().when(of_order.clone()).then_nothing();
    held().when(authorise("o", 60)).then_refused("PAYMENT_EXISTS");
    held().when(capture("o", None)).then_refused("PAYMENT_UNKNOWN");
    held().when(release("o")).then_nothing();
    let capture_it = CapturePayment { order_id: Some(id("o")), ..capture("o", None) };
    let taken = PaymentCaptured {
        payment_id: id("o"),
        order_id: Some(id("o")),
        amount: amount(60),
        held: amount(60),
    };
    held().when(capture_it.clone()).then([taken.into()]);
    let release_it = ReleasePayment { order_id: Some(id("o")), ..release("o") };
    let freed =
        PaymentReleased { payment_id: id("o"), order_id: Some(id("o")), amount: amount(60) };
    held().when(release_it.clone()).then([freed.into()]);
    let other = || given::<Account>(past().into_iter().chain([authorised("o", 60)])).at(NOW);
    other().when(of_order).then_refused("PAYMENT_EXISTS");
    other().when(capture_it).then_refused("PAYMENT_UNKNOWN");
    other().when(release_it).then_nothing();
}

#[test]
fn money_is_held_for_so_many_payments_at_a_time() {
    let holds = (0..HOLDS).map(|n| authorised(&format!("p{n}"), 0));
    let past: Vec<_> = [opened(0)].into_iter().chain(holds).collect();
    given::<Account>(past.clone()).when(authorise("more", 0)).then_refused("TOO_MANY_HOLDS");
    let past = past.into_iter().chain([released("p0", 0)]);
    given::<Account>(past).at(NOW).when(authorise("more", 0)).then([authorised("more", 0)]);
}

#[test]
fn what_set_a_deadline_is_the_hold_that_ends() {
    let past =
        || vec![opened(0), deposited(100), authorised("p", 60), authorised("q", 10), deposited(1)];
    let set_by =
        |events| Account::deadline(&id("it"), &state_after::<Account>(events)).unwrap().set_by;
    assert_eq!(set_by(past()), 3);
    assert_eq!(set_by([past(), vec![expired("p", 60)]].concat()), 4);
}

/// The entry of an event in the ledger: the amount that it adds to the balance.
fn entry(event: &Event) -> i64 {
    match event {
        Event::Deposited(it) => it.amount.minor_units(),
        Event::Withdrawn(it) => -it.amount.minor_units(),
        Event::Captured(it) => -it.amount.minor_units(),
        _ => 0,
    }
}

#[test]
fn others_decide_on_an_account_without_its_holds() {
    let state = state_after::<Account>([opened(0), deposited(500), authorised("p", 200)]);
    let mut outline = Account::outline(&state).unwrap();
    assert_eq!((outline.holds.len(), outline.hold_count), (0, 1));
    assert_eq!(outline.held, Balance::of(200));
    assert_eq!(outline.available, Balance::of(300), "what is held is not available");
    outline.holds.clone_from(&state.as_ref().unwrap().holds);
    assert_eq!(Some(outline), state, "all else is there");
    assert_eq!(Account::outline(&None), None);
    let after = |events: [Event; 2]| state_after::<Account>(events).unwrap().overdrawn;
    assert!(after([opened(100), withdrawn(1)]));
    assert!(!after([opened(100), authorised("p", 1)]));
}

proptest! {
    /// For any commands in any order: the sum of the entries is the balance, nothing goes below the limit, and
    /// nothing is free and held at once.
    #[test]
    fn the_sum_of_the_entries_is_the_balance(
        overdraft in prop_oneof![Just(0), 0..2_000_i64, Just(limits::AMOUNT_MAX)],
        asked in prop::collection::vec((0_u8..7, 0_u8..6, prop_oneof![0..1_500_i64, Just(limits::AMOUNT_MAX)], 0_i64..3), 1..80),
    ) {
        let (it, foreign) = (id("it"), Foreign::default());
        let mut now = at(NOW);
        let (mut state, mut version, mut sum) = (None, 1, 0);
        Account::evolve(&mut state, &opened(overdraft), version);
        for (what, payment, units, days) in asked {
            let payment = format!("p{payment}");
            let command: Command = match what {
                0 => deposit(units).into(),
                1 => withdraw(units).into(),
                2 | 3 => authorise(&payment, units).into(),
                4 => capture(&payment, (days > 0).then_some(units)).into(),
                5 => release(&payment).into(),
                _ => {
                    now = now.plus_millis(days * 24 * 60 * 60 * 1000);
                    expire(&payment).into()
                }
            };
            let context = Context { id: &it, now, by: None, foreign: &foreign };
            for event in Account::decide(&state, &command, &context).into_iter().flatten() {
                version += 1;
                Account::evolve(&mut state, &event, version);
                sum += entry(&event);
            }
            let account = state.as_ref().unwrap();
            let limit = account.overdraft_limit.minor_units();
            let held: i64 = account.holds.iter().map(|hold| hold.amount.minor_units()).sum();
            let (balance, available, _) = figures(&state);
            prop_assert_eq!(balance, sum);
            prop_assert_eq!(available, sum + limit - held);
            prop_assert!(available >= 0 && balance >= -limit && balance <= limits::AMOUNT_MAX);
        }
    }
}
