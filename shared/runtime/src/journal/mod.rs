//! The journal and the read models, in D1.
//!
//! | file | what it does |
//! |---|---|
//! | `category` | the followers and new events of a category are read |
//! | `projector` | letters are journalled and projected |
//! | [`correlation`] | the events and commands that a command caused are read |

pub(crate) mod category;
pub(crate) mod projector;
pub mod correlation;
