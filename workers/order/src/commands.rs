//! The commands of an order.

use edgefold_flow::prelude::*;
use edgefold_kernel::limits;

use crate::rules::Refusal;

commands! {
    /// The commands of an order.
    pub enum Command {
        "PlaceOrder" [creates, checked] => Place(PlaceOrder),
        "UpdateOrderStatus" => Update(UpdateOrderStatus),
        "CancelOrder" => Cancel(CancelOrder),
        "AcceptOrder" [internal] => Accept(AcceptOrder),
        "DeclineOrder" [internal] => Decline(DeclineOrder),
        "TimeOutOrder" [internal] => TimeOut(TimeOutOrder),
        "ShipOrder" [internal] => Ship(ShipOrder),
        "LosePayment" [internal] => Lose(LosePayment),
        "ReturnPayment" [internal] => ReturnPayment(ReturnPayment),
    }
}

/// Orders goods, to be paid from an account. Accepted means PLACED: ACCEPTED or DECLINED follows when the account has answered,
/// DECLINED with the refusal `NO_ANSWER` when it does not in time. A customer names the prices of the catalogue `main`, and is
/// refused where one has changed; the staff names any.
#[command]
pub struct PlaceOrder {
    /// The customer.
    #[caller]
    pub customer_id: Subject,
    /// The account that pays. It is the customer's own.
    pub account_id: Id,
    /// The goods. With the longest ids 100 lines are 25 KB of an event's 127.
    #[within(1..=100)]
    pub lines: Vec<Line>,
}

/// A quantity of one article.
#[command]
pub struct Line {
    /// The article, by the seller's numbering.
    pub sku: Id,
    /// Quantity.
    #[within(1..=1_000_000)]
    pub quantity: u32,
    /// Price of one piece, in minor units.
    pub unit_price: Amount,
}

impl PlaceOrder {
    /// Total price of all lines, in minor units.
    ///
    /// # Errors
    /// `TOTAL_TOO_HIGH` above the largest amount.
    pub fn total(&self) -> Result<Amount, Rejection> {
        let total = self.lines.iter().try_fold(0_i64, |total, line| {
            let cost = line.unit_price.minor_units().checked_mul(i64::from(line.quantity))?;
            total.checked_add(cost)
        });
        if let Some(total) = total.and_then(|total| Amount::parse(total).ok()) {
            return Ok(total);
        }
        let most = limits::AMOUNT_MAX;
        let detail = format!("the total of an order may be at most {most} minor units");
        refuse_shape(Refusal::TotalTooHigh, "payload.lines", detail)
    }

    fn check(&self) -> Result<(), Rejection> {
        self.total().map(drop)
    }
}

/// Reports the progress of the goods. SHIPPED is a request: the order is SHIPPING until the account has paid, and SHIPPED then;
/// CANCELLED when the money is held no more.
#[command]
pub struct UpdateOrderStatus {
    /// The progress.
    pub status: Progress,
}

/// Progress of the goods.
#[command]
pub enum Progress {
    /// They leave as soon as they are paid.
    Shipped,
    /// They have arrived.
    Delivered,
}

/// Cancels an order and frees the money. Refused once it is SHIPPING.
#[command]
pub struct CancelOrder {
    /// Reason, for the record.
    pub reason: Option<Text>,
}

/// The account holds the money.
#[command]
pub struct AcceptOrder {}

/// The account refused to hold the money.
#[command]
pub struct DeclineOrder {
    /// Code of the account's refusal.
    pub reason: Code,
}

/// The account did not answer in time.
#[command]
pub struct TimeOutOrder {}

/// The account has paid: the goods leave.
#[command]
pub struct ShipOrder {}

/// The account holds the money no more, before it was captured.
#[command]
pub struct LosePayment {
    /// End of the payment: `PAYMENT_EXPIRED` or `PAYMENT_RELEASED`.
    pub reason: Code,
}

/// The account holds money that is not wanted any more.
#[command]
pub struct ReturnPayment {}
