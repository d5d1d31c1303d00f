//! The state of an account, and how an event changes it.

use edgefold_kernel::{Amount, Id, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{commands::Currency, events::AccountEvent};

/// `None` until the account was opened.
pub type State = Option<AccountState>;

/// An account that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountState {
    /// Whose it is.
    pub owner_id: Id,
    /// What its amounts are in.
    pub currency: Currency,
    /// How far its balance may go below nothing.
    pub overdraft_limit: Amount,
    /// What came in less what went out, in minor units. Never below the negative overdraft limit.
    pub balance: i64,
    /// What may go out or be held, in minor units: balance and overdraft limit, less what is held. Never negative.
    pub available: i64,
    /// What is held for payments, in the order in which they were asked for.
    pub holds: Vec<Hold>,
}

/// Money held for one payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hold {
    /// The payment.
    pub payment_id: Id,
    /// The order that pays, if it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<Id>,
    /// How much.
    pub amount: Amount,
    /// Until when.
    pub expires_at: Timestamp,
}

impl AccountState {
    /// What is held for a payment.
    pub fn hold(&self, payment_id: &Id) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.payment_id == *payment_id)
    }

    fn end_hold(&mut self, payment_id: &Id) {
        self.holds.retain(|hold| hold.payment_id != *payment_id);
    }
}

/// Changes the state as the event says. What the rules let happen stays far from the ends of the numbers; should a stored
/// stream say otherwise, a sum stops at the end rather than turning over.
pub fn evolve(state: &mut State, event: &AccountEvent) {
    if let AccountEvent::Opened(opened) = event {
        *state = Some(AccountState {
            owner_id: opened.owner_id.clone(),
            currency: opened.currency.clone(),
            overdraft_limit: opened.overdraft_limit,
            balance: 0,
            available: 0,
            holds: Vec::new(),
        });
    }
    let Some(account) = state else { return };
    let entry = match event {
        AccountEvent::Opened(_) => 0,
        AccountEvent::Deposited(deposited) => deposited.amount.minor_units(),
        AccountEvent::Withdrawn(withdrawn) => -withdrawn.amount.minor_units(),
        AccountEvent::Authorised(authorised) => {
            account.holds.push(Hold {
                payment_id: authorised.payment_id.clone(),
                order_id: authorised.order_id.clone(),
                amount: authorised.amount,
                expires_at: authorised.expires_at,
            });
            0
        }
        AccountEvent::Captured(captured) => {
            account.end_hold(&captured.payment_id);
            -captured.amount.minor_units()
        }
        AccountEvent::Released(released) => {
            account.end_hold(&released.payment_id);
            0
        }
        AccountEvent::Expired(expired) => {
            account.end_hold(&expired.payment_id);
            0
        }
    };
    account.balance = account.balance.saturating_add(entry);
    let held = account
        .holds
        .iter()
        .fold(0_i64, |held, hold| held.saturating_add(hold.amount.minor_units()));
    let limit = account.overdraft_limit.minor_units();
    account.available = account.balance.saturating_add(limit).saturating_sub(held);
}
