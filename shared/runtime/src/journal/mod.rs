//! The journal and the read models, in D1.
//!
//! | file | what it does |
//! |---|---|
//! | `follow` | sessions that follow a partition are told, and given the rows that changed |
//! | `projector` | letters are journalled and projected |
//! | [`correlation`] | the events and commands that a command caused are read |

pub(crate) mod follow;
pub(crate) mod projector;
pub mod correlation;
