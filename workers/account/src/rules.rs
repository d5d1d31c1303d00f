//! Every business rule of an account.

use edgefold_kernel::{Amount, Context, Decision, Id, Rejection, Timestamp, limits};

use crate::{
    commands::{AccountCommand, AuthorisePayment, CapturePayment, ReleasePayment},
    events::{
        AccountEvent, AccountOpened, MoneyDeposited, MoneyWithdrawn, PaymentAuthorised,
        PaymentCaptured, PaymentExpired, PaymentReleased,
    },
    process::HELD_FOR_MS,
    reducer::{AccountState, Hold, State},
};

/// Most holds at a time. They lie in the state: a thousand are 200 KB of a snapshot's 1.9 MB.
pub const HOLDS: usize = 1_000;

/// Decides a command.
///
/// # Errors
/// `ACCOUNT_EXISTS`, `ACCOUNT_UNKNOWN`, `BALANCE_TOO_HIGH`, `INSUFFICIENT_FUNDS`, `TOO_MANY_HOLDS`, `PAYMENT_EXISTS`,
/// `PAYMENT_UNKNOWN`, `PAYMENT_EXPIRED`, `AUTHORISATION_LATE` or `CAPTURE_TOO_HIGH`.
pub fn decide(
    state: &State,
    command: &AccountCommand,
    context: &Context<'_>,
) -> Decision<AccountEvent> {
    let events = match (command, state) {
        (AccountCommand::Open(_), Some(_)) => {
            return Err(Rejection::rule("ACCOUNT_EXISTS", "the account exists already").into());
        }
        (AccountCommand::Open(open), None) => vec![
            AccountOpened {
                owner_id: open.owner_id.clone(),
                currency: open.currency.clone(),
                overdraft_limit: open.overdraft_limit,
            }
            .into(),
        ],
        (_, None) => {
            return Err(Rejection::rule("ACCOUNT_UNKNOWN", "there is no such account").into());
        }
        (AccountCommand::Deposit(deposit), Some(account)) => {
            check_room(account, deposit.amount)?;
            let (amount, reference) = (deposit.amount, deposit.reference.clone());
            vec![MoneyDeposited { amount, reference }.into()]
        }
        (AccountCommand::Withdraw(withdraw), Some(account)) => {
            check_available(account, withdraw.amount)?;
            let (amount, reference) = (withdraw.amount, withdraw.reference.clone());
            vec![MoneyWithdrawn { amount, reference }.into()]
        }
        (AccountCommand::Authorise(authorise), Some(account)) => {
            authorised(account, authorise, context.now)?
        }
        (AccountCommand::Capture(capture), Some(account)) => {
            vec![captured(account, capture, context.now)?]
        }
        (AccountCommand::Release(release), Some(account)) => released(account, release),
        (AccountCommand::Expire(expire), Some(account)) => {
            expired(account, &expire.payment_id, context.now)
        }
    };
    Ok(events)
}

fn check_room(account: &AccountState, amount: Amount) -> Result<(), Rejection> {
    match account.balance.checked_add(amount.minor_units()) {
        Some(balance) if balance <= limits::AMOUNT_MAX => Ok(()),
        _ => {
            let most = limits::AMOUNT_MAX;
            Err(Rejection::rule("BALANCE_TOO_HIGH", format!("the balance may be at most {most}")))
        }
    }
}

fn check_available(account: &AccountState, amount: Amount) -> Result<(), Rejection> {
    if amount.minor_units() <= account.available {
        return Ok(());
    }
    let (wanted, available) = (amount.minor_units(), account.available);
    let detail = format!("{wanted} was asked for, but only {available} is available");
    Err(Rejection::rule("INSUFFICIENT_FUNDS", detail))
}

/// The hold that a command names. Only the order that made a hold reaches it.
fn hold<'a>(account: &'a AccountState, payment: &Id, order: Option<&Id>) -> Option<&'a Hold> {
    account.hold(payment).filter(|hold| hold.order_id.as_ref() == order)
}

fn authorised(
    account: &AccountState,
    authorise: &AuthorisePayment,
    now: Timestamp,
) -> Result<Vec<AccountEvent>, Rejection> {
    let AuthorisePayment { payment_id, amount, order_id, answer_by } = authorise.clone();
    if let Some(held) = account.hold(&payment_id) {
        return if held.amount == amount && held.order_id == order_id {
            Ok(vec![])
        } else {
            Err(Rejection::rule("PAYMENT_EXISTS", "this payment has another hold already"))
        };
    }
    // An account forgets a payment that has ended, and after a day also the command. A command that comes even later
    // must not hold the money once more: the sender says until when it waits.
    if answer_by.is_some_and(|by| by <= now) {
        return Err(Rejection::rule(
            "AUTHORISATION_LATE",
            "the sender no longer waits for this authorisation",
        ));
    }
    if account.holds.len() >= HOLDS {
        let detail = format!("the account has holds for {HOLDS} payments already");
        return Err(Rejection::rule("TOO_MANY_HOLDS", detail));
    }
    check_available(account, amount)?;
    let expires_at = now.plus_millis(HELD_FOR_MS);
    Ok(vec![PaymentAuthorised { payment_id, order_id, amount, expires_at }.into()])
}

fn captured(
    account: &AccountState,
    capture: &CapturePayment,
    now: Timestamp,
) -> Result<AccountEvent, Rejection> {
    let Some(hold) = hold(account, &capture.payment_id, capture.order_id.as_ref()) else {
        return Err(Rejection::rule("PAYMENT_UNKNOWN", "nothing is held for this payment"));
    };
    // The alarm that ends it may be a little late: nothing is captured in between.
    if hold.expires_at <= now {
        return Err(Rejection::rule("PAYMENT_EXPIRED", "the hold has expired"));
    }
    let amount = capture.amount.unwrap_or(hold.amount);
    if amount > hold.amount {
        let (wanted, held) = (amount.minor_units(), hold.amount.minor_units());
        let detail = format!("{wanted} was asked for, but only {held} is held");
        return Err(Rejection::rule("CAPTURE_TOO_HIGH", detail));
    }
    let Hold { payment_id, order_id, amount: held, .. } = hold.clone();
    Ok(PaymentCaptured { payment_id, order_id, amount, held }.into())
}

fn released(account: &AccountState, release: &ReleasePayment) -> Vec<AccountEvent> {
    let hold = hold(account, &release.payment_id, release.order_id.as_ref());
    let released = hold.cloned().map(|Hold { payment_id, order_id, amount, .. }| {
        PaymentReleased { payment_id, order_id, amount }.into()
    });
    released.into_iter().collect()
}

fn expired(account: &AccountState, payment: &Id, now: Timestamp) -> Vec<AccountEvent> {
    let due = account.hold(payment).filter(|hold| hold.expires_at <= now);
    let expired = due.cloned().map(|Hold { payment_id, order_id, amount, .. }| {
        PaymentExpired { payment_id, order_id, amount }.into()
    });
    expired.into_iter().collect()
}
