//! Every business rule of a catalogue.

use edgefold_flow::prelude::*;

use crate::{
    Catalogue,
    commands::{Command, OpenCatalogue},
    events::{ArticleWithdrawn, CatalogueOpened, Event, PriceSet},
    state::State,
};

/// Most articles. An order reads all of them in one answer: a thousand with the longest numbers are 165 KB, with usual ones 40.
pub const ARTICLES: usize = 1_000;

/// Why a catalogue refuses.
#[refusals]
pub enum Refusal {
    /// The catalogue has as many articles as there may be.
    TooManyArticles,
}

impl Rules for Catalogue {
    type Create = OpenCatalogue;
    type Refusal = Refusal;

    fn begin(open: &OpenCatalogue, _context: &Context<'_>) -> Decision<Event> {
        happened(CatalogueOpened { currency: open.currency.clone() })
    }

    fn decide(state: &State, command: &Command, _context: &Context<'_>) -> Decision<Event> {
        match command.clone() {
            Command::Open(_) => nothing(),
            Command::Set(set) => match state.price(&set.sku) {
                Some(price) if price == set.unit_price => nothing(),
                None if state.articles.len() >= ARTICLES => {
                    let detail = format!("the catalogue has {ARTICLES} articles already");
                    refuse_with(Refusal::TooManyArticles, detail)
                }
                _ => happened(PriceSet { sku: set.sku, unit_price: set.unit_price }),
            },
            Command::Withdraw(withdraw) => match state.price(&withdraw.sku) {
                Some(_) => happened(ArticleWithdrawn { sku: withdraw.sku }),
                None => nothing(),
            },
        }
    }
}
