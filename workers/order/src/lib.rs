//! **Order**: a saga that pays from an account, with compensation.
//!
//! It is PLACED until the account has answered, then ACCEPTED or DECLINED. Shipping is a request: the order is SHIPPING
//! until the account has paid, and SHIPPED then. When the hold has expired, it is CANCELLED instead. No goods leave
//! unpaid, and nothing is paid for goods that stay.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod process;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// One customer's order of goods.
#[derive(Debug)]
pub struct Order;

impl Aggregate for Order {
    const TYPE: &'static str = "order";
    const STATE_VERSION: u32 = 3;

    type Command = commands::Command;
    type Event = events::Event;
}
