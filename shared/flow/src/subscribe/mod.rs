//! Step 8, **subscribe**: live events, each with a cursor.
//!
//! A client subscribes: on an aggregate's native socket, where it is a **reader**, or in GraphQL. There its session **follows**
//! the sources of its subscriptions, and each source **tells** its followers how far it has come.
//!
//! | file | what it says |
//! |---|---|
//! | [`window`] | how far a sender may be ahead of its reader |
//! | [`crowd`] | how far an object may be ahead of all its readers together |
//! | [`socket`] | the protocol of an aggregate's native socket |
//! | [`source`] | what a subscription follows, and where it begins |
//! | [`page`] | part of a source, as a follower gets it |
//! | [`followers`] | the followers of a source, and the version up to which each was told |
//! | [`listeners`] | those of a journal's partition, each told only of what concerns it |
//! | [`pace`] | whoever reads much lets others have their turn |

pub mod window;
pub mod crowd;
pub mod socket;
pub mod source;
pub mod page;
pub mod followers;
pub mod listeners;
pub mod pace;

pub use followers::Followers;
pub use listeners::Listeners;
pub use pace::Pace;
pub use page::{Fold, Page, Part, Told};
pub use source::{Begin, RowsWanted, Source, Wanted};
