//! Which events of other aggregates an order wants.

use edgefold_account::Account;
use edgefold_flow::participant::{Remembered, Route, To};
use edgefold_kernel::Aggregate;

/// What becomes of an order's payment goes to that order. A payment that no order made names none, and goes to nobody.
pub const ROUTES: &[Route] = &[
    to_its_order("PaymentAuthorised"),
    to_its_order("PaymentCaptured"),
    to_its_order("PaymentReleased"),
    to_its_order("PaymentExpired"),
];

/// Whose the account is.
pub const REMEMBERS: &[Remembered] = &[Remembered::of::<Account>(&["AccountOpened"])];

const fn to_its_order(event: &'static str) -> Route {
    Route { source: Account::TYPE, event, to: To::Field("orderId") }
}
