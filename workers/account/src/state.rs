//! The state of an account, and how an event changes it.

use edgefold_flow::prelude::*;

use crate::{
    Account,
    events::{AccountOpened, Event, PaymentAuthorised},
};

/// The money of one owner in one currency.
#[state]
pub struct State {
    /// The owner.
    #[owner]
    pub owner_id: Subject,
    /// Currency of its amounts.
    pub currency: Currency,
    /// Amount by which its balance may go below zero.
    pub overdraft_limit: Amount,
    /// Deposits minus withdrawals and captured payments. Negative when it is overdrawn, but never below the limit.
    pub balance: Balance,
    /// Amount that may be withdrawn or held: balance plus overdraft limit, minus holds. Never negative.
    pub available: Balance,
    /// True if the balance is below zero.
    pub overdrawn: bool,
    /// Total of the holds for payments.
    pub held: Balance,
    /// Number of payments for which money is held.
    pub hold_count: u32,
    /// The holds for payments, in the order in which they were made.
    #[inner]
    pub holds: Vec<Hold>,
}

/// Money held for one payment.
#[state]
pub struct Hold {
    /// The payment.
    pub payment_id: Id,
    /// The order that pays, if it is one.
    pub order_id: Option<Id>,
    /// Amount.
    pub amount: Amount,
    /// Instant at which it expires.
    pub expires_at: Timestamp,
    /// Version of the event that made it; 0 in a state of an older script, which did not keep it.
    #[serde(default)]
    pub set_by: Version,
}

impl State {
    /// The hold for a payment.
    pub fn hold(&self, payment_id: &Id) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.payment_id == *payment_id)
    }

    fn end_hold(&mut self, payment_id: &Id) {
        self.holds.retain(|hold| hold.payment_id != *payment_id);
    }

    /// Counts anew after an entry. The rules keep amounts far from the limits of the number type; should a stored stream exceed
    /// them, a sum stops at the limit and does not wrap around.
    fn count(&mut self, entry: i64) {
        let held = self.holds.iter().map(|hold| hold.amount.minor_units());
        let held = held.fold(0_i64, i64::saturating_add);
        let balance = self.balance.minor_units().saturating_add(entry);
        let available = balance.saturating_add(self.overdraft_limit.minor_units());
        self.balance = Balance::of(balance);
        self.available = Balance::of(available.saturating_sub(held));
        self.overdrawn = balance < 0;
        self.held = Balance::of(held);
        self.hold_count = u32::try_from(self.holds.len()).unwrap_or(u32::MAX);
    }
}

impl Reducer for Account {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Opened(opened) = event.clone() else { return None };
        let AccountOpened { owner_id, currency, overdraft_limit } = opened;
        let mut state = State {
            owner_id,
            currency,
            overdraft_limit,
            balance: Balance::default(),
            available: Balance::default(),
            overdrawn: false,
            held: Balance::default(),
            hold_count: 0,
            holds: Vec::new(),
        };
        state.count(0);
        Some(state)
    }

    fn evolve(state: &mut State, event: &Event, version: Version) {
        let mut entry = 0;
        match event.clone() {
            Event::Opened(_) => {}
            Event::Deposited(deposited) => entry = deposited.amount.minor_units(),
            Event::Withdrawn(withdrawn) => entry = -withdrawn.amount.minor_units(),
            Event::Authorised(authorised) => {
                let PaymentAuthorised { payment_id, order_id, amount, expires_at } = authorised;
                let set_by = version;
                state.holds.push(Hold { payment_id, order_id, amount, expires_at, set_by });
            }
            Event::Captured(captured) => {
                state.end_hold(&captured.payment_id);
                entry = -captured.amount.minor_units();
            }
            Event::Released(released) => state.end_hold(&released.payment_id),
            Event::Expired(expired) => state.end_hold(&expired.payment_id),
        }
        state.count(entry);
    }
}
