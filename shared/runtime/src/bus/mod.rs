//! The bus: the queue hands letters to its consumer.
//!
//! | file | what happens |
//! |---|---|
//! | `parked` | letters that cannot be delivered are kept in D1 |
//! | `deliver` | the parts of letters reach their destinations |
//! | `redrive` | parked letters are delivered once more |
//! | `consume` | a batch of letters is served |

pub(crate) mod parked;
pub(crate) mod deliver;
pub(crate) mod redrive;
mod consume;

pub use consume::consume;
