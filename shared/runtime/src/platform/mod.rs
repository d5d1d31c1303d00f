//! The parts of Workers that every room uses.
//!
//! | file | what it is |
//! |---|---|
//! | [`bindings`] | the names of a deployment's bindings |
//! | [`clock`] | time and fresh identifiers |
//! | `flag` | says that something is under way |
//! | `turn` | work that waits, each for its turn |
//! | `later` | work that goes on after the answer |
//! | `statement` | SQL statements over an object's SQLite, with few crossings into JavaScript |
//! | [`http`] | requests and answers as data, with one crossing for each |
//! | [`answer`] | results as HTTP responses |
//! | `request` | the parameters of a request |
//! | [`stub`] | a call to an object, bounded in time |
//! | `apart` | what is kept of queued commands with their sender |
//! | `queue` | texts on their way to a queue |
//! | `database` | calls to D1, bounded in time as well |

pub mod bindings;
pub mod clock;
pub(crate) mod flag;
pub(crate) mod turn;
pub(crate) mod later;
pub(crate) mod statement;
pub mod http;
pub mod answer;
pub(crate) mod request;
pub mod stub;
pub(crate) mod apart;
pub(crate) mod queue;
pub(crate) mod database;
