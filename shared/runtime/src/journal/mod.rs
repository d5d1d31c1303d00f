//! The journal and the read models, in D1.
//!
//! | file | what it does |
//! |---|---|
//! | `category` | who follows a category, and what is new in it, is read |
//! | `projector` | letters are journalled and projected |
//! | [`correlation`] | what a command has caused is read |

pub(crate) mod category;
pub(crate) mod projector;
pub mod correlation;
