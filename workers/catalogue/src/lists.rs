//! By what catalogues are listed.

use edgefold_flow::prelude::*;

use crate::Catalogue;

impl Lists for Catalogue {
    const FILTERS: &'static [Filter] =
        &[Filter::equal("currency", "Those with prices in this currency.")];
}
