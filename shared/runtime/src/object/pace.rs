//! The times of answers that the objects of this isolate share. They are lost with the isolate, which harms nobody.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use edgefold_flow::pace::Pace;

thread_local! {
    static PACES: RefCell<BTreeMap<&'static str, Rc<RefCell<Pace>>>> = const { RefCell::new(BTreeMap::new()) };
}

/// What is known of the answers to this aggregate's instances.
pub(super) fn pace(aggregate_type: &'static str) -> Rc<RefCell<Pace>> {
    PACES.with_borrow_mut(|paces| Rc::clone(paces.entry(aggregate_type).or_default()))
}
