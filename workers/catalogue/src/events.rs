//! The events of a catalogue. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

events! {
    /// The events of a catalogue.
    pub enum Event {
        "CatalogueOpened" v 1 => Opened(CatalogueOpened),
        "PriceSet" v 1 => PriceSet(PriceSet),
        "ArticleWithdrawn" v 1 => Withdrawn(ArticleWithdrawn),
    }
}

/// The catalogue is there, without any articles.
#[event]
pub struct CatalogueOpened {
    /// Currency of its prices.
    pub currency: Currency,
}

/// An article has this price from now on.
#[event]
pub struct PriceSet {
    /// The article.
    pub sku: Id,
    /// Price of one piece, in minor units.
    pub unit_price: Amount,
}

/// An article is not sold any more.
#[event]
pub struct ArticleWithdrawn {
    /// The article.
    pub sku: Id,
}
