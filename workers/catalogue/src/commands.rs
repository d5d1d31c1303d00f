//! The commands of a catalogue.

use edgefold_flow::prelude::*;

commands! {
    /// The commands of a catalogue.
    pub enum Command {
        "OpenCatalogue" [creates] => Open(OpenCatalogue),
        "SetPrice" => Set(SetPrice),
        "WithdrawArticle" => Withdraw(WithdrawArticle),
    }
}

/// Opens a catalogue without any articles.
#[command]
pub struct OpenCatalogue {
    /// Currency of its prices.
    pub currency: Currency,
}

/// Sets the price of an article, which is in the catalogue from then on.
#[command]
pub struct SetPrice {
    /// The article, by the seller's numbering.
    pub sku: Id,
    /// Price of one piece, in minor units.
    #[within(1..)]
    pub unit_price: Amount,
}

/// Takes an article out of the catalogue.
#[command]
pub struct WithdrawArticle {
    /// The article.
    pub sku: Id,
}
