//! The commands of an account. Every amount is in minor units of its currency.

use edgefold_flow::prelude::*;

commands! {
    /// The commands of an account.
    pub enum Command {
        "OpenAccount" [creates] => Open(OpenAccount),
        "Deposit" => Deposit(Deposit),
        "Withdraw" => Withdraw(Withdraw),
        "AuthorisePayment" => Authorise(AuthorisePayment),
        "CapturePayment" => Capture(CapturePayment),
        "ReleasePayment" => Release(ReleasePayment),
        "ExpirePayment" [internal] => Expire(ExpirePayment),
    }
}

/// Opens an account with a balance of zero.
#[command]
pub struct OpenAccount {
    /// The owner.
    #[caller]
    pub owner_id: Subject,
    /// Currency of its amounts.
    pub currency: Currency,
    /// Amount by which its balance may go below zero.
    pub overdraft_limit: Amount,
}

/// Puts money in.
#[command]
pub struct Deposit {
    /// Amount.
    #[within(1..)]
    pub amount: Amount,
    /// Purpose, for the record.
    pub reference: Option<Text>,
}

/// Takes money out, as far as it is available.
#[command]
pub struct Withdraw {
    /// Amount.
    #[within(1..)]
    pub amount: Amount,
    /// Purpose, for the record.
    pub reference: Option<Text>,
}

/// Holds money for a payment, for 7 days. A repeat with the same content changes nothing. Orders do this by themselves.
#[command]
pub struct AuthorisePayment {
    /// The payment that the money is held for.
    pub payment_id: Id,
    /// Amount.
    pub amount: Amount,
    /// The order that pays. Only an order sets it.
    pub order_id: Option<Id>,
    /// Instant from which on the account refuses. Never when left out.
    pub answer_by: Option<Timestamp>,
}

/// Takes the money that is held for a payment, or part of it: the rest is free again.
#[command]
pub struct CapturePayment {
    /// The payment that the money is held for.
    pub payment_id: Id,
    /// Amount; the whole hold when left out.
    pub amount: Option<Amount>,
    /// The order that pays. Only an order sets it.
    pub order_id: Option<Id>,
}

/// Frees the money that is held for a payment. If there is no hold, nothing changes.
#[command]
pub struct ReleasePayment {
    /// The payment that the money is held for.
    pub payment_id: Id,
    /// The order that was to pay. Only an order sets it.
    pub order_id: Option<Id>,
}

/// Frees a hold that has lasted too long.
#[command]
pub struct ExpirePayment {
    /// The payment that the money is held for.
    pub payment_id: Id,
}
