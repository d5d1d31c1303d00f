//! What every room uses of Workers.
//!
//! | file | what it is |
//! |---|---|
//! | [`bindings`] | names of what a deployment binds |
//! | [`clock`] | time and fresh identifiers |
//! | `flag` | says that something is under way |
//! | `statement` | SQL statements over an object's SQLite, with few crossings into JavaScript |
//! | `database` | statements in D1 |
//! | [`answer`] | results as HTTP responses |
//! | `request` | what a request asks for |
//! | [`stub`] | a call to an object, bounded in time |
//! | `span` | … for what a destination lacks of a stream |

pub mod bindings;
pub mod clock;
pub(crate) mod flag;
pub(crate) mod statement;
pub(crate) mod database;
pub mod answer;
pub(crate) mod request;
pub mod stub;
pub(crate) mod span;
