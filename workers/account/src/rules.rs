//! Every business rule of an account.

use edgefold_flow::prelude::*;
use edgefold_kernel::limits;

use crate::{
    Account,
    commands::{AuthorisePayment, CapturePayment, Command, OpenAccount},
    events::{
        AccountOpened, Event, MoneyDeposited, MoneyWithdrawn, PaymentAuthorised, PaymentCaptured,
        PaymentExpired, PaymentReleased,
    },
    process::HELD_FOR_MS,
    state::{Hold, State},
};

/// Most holds at a time. They lie in the state: a thousand are 200 KB of a snapshot's 1.9 MB.
pub const HOLDS: usize = 1_000;

/// Why an account refuses.
#[refusals]
pub enum Refusal {
    /// The balance would be larger than an amount can be.
    BalanceTooHigh,
    /// Less is available than was asked for.
    InsufficientFunds,
    /// The account holds money for as many payments as it can.
    TooManyHolds,
    /// This payment has another hold already.
    PaymentExists,
    /// Nothing is held for this payment.
    PaymentUnknown,
    /// The hold for this payment has expired.
    PaymentExpired,
    /// The sender no longer waits for this authorisation.
    AuthorisationLate,
    /// Less is held for this payment than was asked for.
    CaptureTooHigh,
}

impl Rules for Account {
    type Create = OpenAccount;
    type Refusal = Refusal;

    fn begin(open: &OpenAccount, _context: &Context<'_>) -> Decision<Event> {
        let OpenAccount { owner_id, currency, overdraft_limit } = open.clone();
        happened(AccountOpened { owner_id, currency, overdraft_limit })
    }

    fn decide(state: &State, command: &Command, context: &Context<'_>) -> Decision<Event> {
        match command.clone() {
            Command::Open(_) => nothing(),
            Command::Deposit(deposit) => {
                let (amount, reference) = (deposit.amount, deposit.reference);
                check_room(state, amount)?;
                happened(MoneyDeposited { amount, reference })
            }
            Command::Withdraw(withdraw) => {
                let (amount, reference) = (withdraw.amount, withdraw.reference);
                check_available(state, amount)?;
                happened(MoneyWithdrawn { amount, reference })
            }
            Command::Authorise(authorise) => authorised(state, authorise, context.now),
            Command::Capture(capture) => captured(state, &capture, context.now),
            Command::Release(release) => {
                match hold(state, &release.payment_id, release.order_id.as_ref()).cloned() {
                    Some(Hold { payment_id, order_id, amount, .. }) => {
                        happened(PaymentReleased { payment_id, order_id, amount })
                    }
                    None => nothing(),
                }
            }
            Command::Expire(expire) => match state.hold(&expire.payment_id).cloned() {
                Some(Hold { payment_id, order_id, amount, expires_at, .. })
                    if expires_at <= context.now =>
                {
                    happened(PaymentExpired { payment_id, order_id, amount })
                }
                _ => nothing(),
            },
        }
    }
}

fn check_room(account: &State, amount: Amount) -> Result<(), Rejection> {
    match account.balance.minor_units().checked_add(amount.minor_units()) {
        Some(balance) if balance <= limits::AMOUNT_MAX => Ok(()),
        _ => {
            let most = limits::AMOUNT_MAX;
            refuse_with(Refusal::BalanceTooHigh, format!("the balance may be at most {most}"))
        }
    }
}

fn check_available(account: &State, amount: Amount) -> Result<(), Rejection> {
    let (wanted, available) = (amount.minor_units(), account.available.minor_units());
    if wanted <= available {
        return Ok(());
    }
    let detail = format!("{wanted} was asked for, but only {available} is available");
    refuse_with(Refusal::InsufficientFunds, detail)
}

/// The hold that a command names. Only the order that made a hold reaches it.
fn hold<'a>(account: &'a State, payment: &Id, order: Option<&Id>) -> Option<&'a Hold> {
    account.hold(payment).filter(|hold| hold.order_id.as_ref() == order)
}

fn authorised(account: &State, authorise: AuthorisePayment, now: Timestamp) -> Decision<Event> {
    let AuthorisePayment { payment_id, amount, order_id, answer_by } = authorise;
    if let Some(held) = account.hold(&payment_id) {
        return match held.amount == amount && held.order_id == order_id {
            true => nothing(),
            false => refuse(Refusal::PaymentExists),
        };
    }
    // An account forgets a payment that has ended, and after a day also the command. A command that comes even later
    // must not hold the money once more: the sender says until when it waits.
    if answer_by.is_some_and(|by| by <= now) {
        return refuse(Refusal::AuthorisationLate);
    }
    if account.holds.len() >= HOLDS {
        let detail = format!("the account has holds for {HOLDS} payments already");
        return refuse_with(Refusal::TooManyHolds, detail);
    }
    check_available(account, amount)?;
    let expires_at = now.plus_millis(HELD_FOR_MS);
    happened(PaymentAuthorised { payment_id, order_id, amount, expires_at })
}

fn captured(account: &State, capture: &CapturePayment, now: Timestamp) -> Decision<Event> {
    let Some(hold) = hold(account, &capture.payment_id, capture.order_id.as_ref()) else {
        return refuse(Refusal::PaymentUnknown);
    };
    // The alarm that ends it may be a little late: nothing is captured in between.
    if hold.expires_at <= now {
        return refuse(Refusal::PaymentExpired);
    }
    let amount = capture.amount.unwrap_or(hold.amount);
    if amount > hold.amount {
        let (wanted, held) = (amount.minor_units(), hold.amount.minor_units());
        let detail = format!("{wanted} was asked for, but only {held} is held");
        return refuse_with(Refusal::CaptureTooHigh, detail);
    }
    let Hold { payment_id, order_id, amount: held, .. } = hold.clone();
    happened(PaymentCaptured { payment_id, order_id, amount, held })
}
