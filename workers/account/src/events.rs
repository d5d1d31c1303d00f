//! The events of an account. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

events! {
    /// The events of an account.
    pub enum Event {
        "AccountOpened" v 1 => Opened(AccountOpened),
        "MoneyDeposited" v 1 => Deposited(MoneyDeposited),
        "MoneyWithdrawn" v 1 => Withdrawn(MoneyWithdrawn),
        "PaymentAuthorised" v 1 => Authorised(PaymentAuthorised),
        "PaymentCaptured" v 1 => Captured(PaymentCaptured),
        "PaymentReleased" v 1 => Released(PaymentReleased),
        "PaymentExpired" v 1 => Expired(PaymentExpired),
    }
}

/// The account takes money from now on.
#[event]
pub struct AccountOpened {
    /// The owner.
    pub owner_id: Subject,
    /// Currency of its amounts.
    pub currency: Currency,
    /// Amount by which its balance may go below zero.
    pub overdraft_limit: Amount,
}

/// Money came in.
#[event]
pub struct MoneyDeposited {
    /// Amount.
    pub amount: Amount,
    /// Purpose.
    pub reference: Option<Text>,
}

/// Money went out.
#[event]
pub struct MoneyWithdrawn {
    /// Amount.
    pub amount: Amount,
    /// Purpose.
    pub reference: Option<Text>,
}

/// Money is held for a payment.
#[event]
pub struct PaymentAuthorised {
    /// The payment.
    pub payment_id: Id,
    /// The order that pays, if it is one.
    pub order_id: Option<Id>,
    /// Amount.
    pub amount: Amount,
    /// Instant at which the hold ends.
    pub expires_at: Timestamp,
}

/// The money that was held for a payment went out, or part of it: the rest is free again.
#[event]
pub struct PaymentCaptured {
    /// The payment.
    pub payment_id: Id,
    /// The order that pays, if it is one.
    pub order_id: Option<Id>,
    /// Amount that went out.
    pub amount: Amount,
    /// Amount that was held.
    pub held: Amount,
}

/// The money that was held for a payment is free again.
#[event]
pub struct PaymentReleased {
    /// The payment.
    pub payment_id: Id,
    /// The order that was to pay, if it is one.
    pub order_id: Option<Id>,
    /// Amount that was held.
    pub amount: Amount,
}

/// The money was held for too long, and is free again.
#[event]
pub struct PaymentExpired {
    /// The payment.
    pub payment_id: Id,
    /// The order that was to pay, if it is one.
    pub order_id: Option<Id>,
    /// Amount that was held.
    pub amount: Amount,
}
