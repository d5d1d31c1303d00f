//! Currencies of amounts.

use crate::text;

/// Code of a currency as in ISO 4217.
#[text(3..=3, of = "A-Z", expected = "a code of ISO 4217, such as EUR")]
pub struct Currency(String);
