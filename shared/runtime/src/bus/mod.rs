//! The bus: the queue hands letters to its consumer.
//!
//! | file | what happens |
//! |---|---|
//! | `consume` | a batch of letters is served |
//! | `commands` | … or a batch of commands whose senders do not wait |
//! | `listed` | the list of what is held back, for administrators, is kept in D1 |

mod commands;
pub(crate) mod consume;
pub(crate) mod listed;

pub use consume::consume;
pub(crate) use consume::fault_of;
