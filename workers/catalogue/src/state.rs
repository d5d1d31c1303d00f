//! The state of a catalogue, and how an event changes it.

use edgefold_flow::prelude::*;

use crate::{Catalogue, events::Event};

/// The price list of a shop.
#[state]
pub struct State {
    /// Currency of its prices.
    pub currency: Currency,
    /// The articles, by their numbers.
    pub articles: Vec<Article>,
}

/// An article with its price.
#[state]
pub struct Article {
    /// The article, by the seller's numbering.
    pub sku: Id,
    /// Price of one piece, in minor units.
    pub unit_price: Amount,
}

impl State {
    /// The price of an article; `None` when it is not sold.
    pub fn price(&self, sku: &Id) -> Option<Amount> {
        let article = self.place(sku).ok().and_then(|at| self.articles.get(at));
        article.map(|article| article.unit_price)
    }

    /// The index of an article; `Err` with the one that it would have.
    fn place(&self, sku: &Id) -> Result<usize, usize> {
        self.articles.binary_search_by(|article| article.sku.cmp(sku))
    }
}

impl Reducer for Catalogue {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Opened(opened) = event.clone() else { return None };
        Some(State { currency: opened.currency, articles: Vec::new() })
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        match event.clone() {
            Event::Opened(_) => {}
            Event::PriceSet(set) => {
                let article = Article { sku: set.sku, unit_price: set.unit_price };
                match state.place(&article.sku) {
                    Ok(at) => drop(state.articles.splice(at..=at, [article])),
                    Err(at) => state.articles.insert(at, article),
                }
            }
            Event::Withdrawn(withdrawn) => {
                state.articles.retain(|article| article.sku != withdrawn.sku);
            }
        }
    }
}
