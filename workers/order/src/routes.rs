//! The events of other aggregates that an order wants.

use edgefold_account::Account;
use edgefold_flow::participant::{Route, To};
use edgefold_kernel::Aggregate;

/// Events about an order's payment go to that order. A payment that no order made names none, and its events go
/// nowhere.
pub const ROUTES: &[Route] = &[
    to_its_order("PaymentAuthorised"),
    to_its_order("PaymentCaptured"),
    to_its_order("PaymentReleased"),
    to_its_order("PaymentExpired"),
];

const fn to_its_order(event: &'static str) -> Route {
    Route { source: Account::TYPE, event, to: To::Field("orderId") }
}
