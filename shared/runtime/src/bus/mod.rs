//! The bus: the queue hands letters to its consumer.
//!
//! | file | what happens |
//! |---|---|
//! | `consume` | a batch of letters is served |
//! | `listed` | the list of what is held back, for administrators, is kept in D1 |

pub(crate) mod consume;
pub(crate) mod listed;

pub use consume::consume;
