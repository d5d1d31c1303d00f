//! Step 4, **publish**: the stored events *are* the outbox. Cursors run over them; what lies after a cursor goes out,
//! together with the commands that follow from it.
//!
//! | file | what it says |
//! |---|---|
//! | [`errand`] | the commands that follow from an event, with ids that follow from the event's |
//! | [`letter`] | what one stream has to say to others, in one message |
//! | [`again`] | the instants at which something is tried again |
//! | [`hold`] | what a source keeps about a destination that fails: the way of a failure in five sentences |

pub mod errand;
pub mod letter;
pub mod again;
pub mod hold;

pub use errand::{caused_by, derived_id, is_reserved, messages};
pub use hold::Hold;
pub use letter::{Addressed, Delivery, Item, Letter, Outgoing};
