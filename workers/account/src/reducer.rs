//! The state of an account, and how an event changes it.

use edgefold_kernel::{Amount, Id, Subject, Timestamp, Version};
use serde::{Deserialize, Serialize};

use crate::{commands::Currency, events::AccountEvent};

/// `None` until the account was opened.
pub type State = Option<AccountState>;

/// An account that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountState {
    /// The owner.
    pub owner_id: Subject,
    /// Currency of its amounts.
    pub currency: Currency,
    /// Amount by which its balance may go below zero.
    pub overdraft_limit: Amount,
    /// Deposits minus withdrawals and captured payments, in minor units. Never below the negative overdraft limit.
    pub balance: i64,
    /// Amount that may be withdrawn or held, in minor units: balance plus overdraft limit, minus holds. Never negative.
    pub available: i64,
    /// True if the balance is below zero.
    pub overdrawn: bool,
    /// Total of the holds for payments, in minor units.
    pub held: i64,
    /// Number of payments for which money is held.
    pub hold_count: u32,
    /// The holds for payments, in the order in which they were made.
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
    /// Amount.
    pub amount: Amount,
    /// Instant at which it expires.
    pub expires_at: Timestamp,
    /// Version of the event that made it; 0 in a state of an older script, which did not keep it.
    #[serde(default)]
    pub set_by: Version,
}

impl AccountState {
    /// The hold for a payment.
    pub fn hold(&self, payment_id: &Id) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.payment_id == *payment_id)
    }

    fn end_hold(&mut self, payment_id: &Id) {
        self.holds.retain(|hold| hold.payment_id != *payment_id);
    }
}

/// The state that others decide on and lists show: the account without its holds. `available` has counted them already.
pub fn outline(state: &State) -> State {
    state.as_ref().map(|account| AccountState {
        owner_id: account.owner_id.clone(),
        currency: account.currency.clone(),
        overdraft_limit: account.overdraft_limit,
        balance: account.balance,
        available: account.available,
        overdrawn: account.overdrawn,
        held: account.held,
        hold_count: account.hold_count,
        holds: Vec::new(),
    })
}

/// Changes the state as the event says. The rules keep amounts far from the limits of the number type; should a stored
/// stream exceed them, a sum stops at the limit and does not wrap around.
pub fn evolve(state: &mut State, event: &AccountEvent, version: Version) {
    if let AccountEvent::Opened(opened) = event {
        *state = Some(AccountState {
            owner_id: opened.owner_id.clone(),
            currency: opened.currency.clone(),
            overdraft_limit: opened.overdraft_limit,
            balance: 0,
            available: 0,
            overdrawn: false,
            held: 0,
            hold_count: 0,
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
                set_by: version,
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
    account.overdrawn = account.balance < 0;
    account.hold_count = u32::try_from(account.holds.len()).unwrap_or(u32::MAX);
    account.held = account
        .holds
        .iter()
        .fold(0_i64, |held, hold| held.saturating_add(hold.amount.minor_units()));
    let limit = account.overdraft_limit.minor_units();
    account.available = account.balance.saturating_add(limit).saturating_sub(account.held);
}
