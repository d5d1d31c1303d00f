//! The port behind which a partition keeps its journal. It is synchronous, as the object's SQLite is: nothing comes in between
//! a look and the commit that rests on it.
//!
//! **Invariant:** what a call reads does not grow with the age of the journal. Each asks for rows by their key.

use edgefold_kernel::{Fault, Id};

use super::Link;

/// Appends that were committed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Position of the last event in it. Events are counted by 1, so the row says the positions of all of them.
    pub position: u64,
    /// JSON text: an array of [`Append`](super::Append)s, each of at least one event.
    pub appends: String,
}

/// The place of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The instance.
    pub id: Id,
    /// The event.
    pub link: Link,
    /// Its position.
    pub position: u64,
    /// True if a caller from outside has named its correlation: nobody has checked that the chain is its own.
    pub is_claimed: bool,
}

/// The changes of one transaction: all of them are written, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Write {
    /// Ascending, each below [`limits::JOURNAL_ROW_BYTES`](edgefold_kernel::limits::JOURNAL_ROW_BYTES) unless it is one append.
    pub rows: Vec<Stored>,
    /// A link for each event in them, ascending.
    pub links: Vec<Placed>,
}

/// Keeps the journal of one partition.
pub trait Storage {
    /// Position of the last event; 0 when there is none.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn head(&self) -> Result<u64, Fault>;

    /// Position of an event of this instance; none when the journal does not have it.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn place(&self, id: &Id, link: &Link) -> Result<Option<u64>, Fault>;

    /// Writes all of it in one transaction, or nothing.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn commit(&self, write: &Write) -> Result<(), Fault>;

    /// Rows with a position after this one, ascending: those in which the next events are. At most so many rows, and no further
    /// one once they have this many bytes; at least one if there is one.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn rows(&self, after: u64, limit: usize, bytes: usize) -> Result<Vec<Stored>, Fault>;

    /// The places of the events of a correlation, at most so many: the earliest, those first whose correlation nobody has claimed.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn caused(&self, correlation: &Id, limit: usize) -> Result<Vec<Placed>, Fault>;
}
