//! Step 7, **project**: the journal of a category keeps the events of its streams, and runs processors over them.
//!
//! The journal is an object, or several: partitions by stream. A stream sends it what it has appended, in order; the
//! answer is the receipt.
//!
//! | file | what it is |
//! |---|---|
//! | [`append`] | what a stream sends to its journal, and the answer |
//! | [`layout`] | how many partitions a category has, and where a stream begins |
//! | [`storage`] | the port behind which a partition keeps its journal |
//! | [`partition`] | one partition: appends, repeats, gaps, positions, pages |
//! | [`cursor`] | a place in a journal, and the cursor of a category |
//! | [`follow`] | the rows that changed, for the subscriptions to a category |
//! | [`rows`] | the state rows of a category: their table, and how they are written |
//! | [`failure`] | what an error of the database says |
//! | [`database`] | the port to the database of the read models |
//! | [`generation`] | the generations of a processor: which begins, which ends |
//! | [`track`] | one generation in one partition |
//! | [`work`] | what a processor makes of a page |
//! | [`runner`] | the processors of a partition at work |
//! | [`turnover`] | a generation begins, and another one ends |
//! | [`step`] | one page for tracks that are equally far |
//! | [`mend`] | what cannot be digested is found, and tried again |
//! | [`restored`] | instances send again what a journal lacks that was restored |
//! | [`order`] | what an administrator does about a processor |
//! | [`status`] | how the processors are, as it is shown |
//! | [`correlation`] | the events and commands of a correlation |

pub mod append;
pub mod layout;
pub mod storage;
pub mod partition;
pub mod cursor;
pub mod follow;
pub mod rows;
pub mod failure;
pub mod database;
pub mod generation;
pub mod track;
pub mod work;
pub mod runner;
pub mod turnover;
pub mod step;
pub mod mend;
pub mod restored;
pub mod order;
pub mod status;
pub mod correlation;

pub use append::{Append, Appended, Link, Row};
pub use cursor::{Place, Seal};
pub use follow::{RowChange, RowsPage, RowsPull};
pub use layout::Partitions;
pub use partition::{Item, Partition};
pub use rows::StateRows;
pub use runner::{Round, Runner};
pub use storage::Storage;
