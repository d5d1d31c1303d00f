//! The bus and the queue of commands: each hands what it has to its consumer.
//!
//! | file | what happens |
//! |---|---|
//! | `rehearse` | in development some destinations answer late, or never |
//! | `consume` | a batch of letters is served |
//! | `commands` | … or a batch of commands whose senders do not wait |
//! | `serve` | a queue hands over a batch of either |
//! | `listed` | the list of what is held back, for administrators, is kept in D1 |

mod rehearse;
pub(crate) mod consume;
mod commands;
mod serve;
pub(crate) mod listed;

pub(crate) use consume::fault_of;
pub use serve::serve as consume;
