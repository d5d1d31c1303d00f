//! Faults that tests plant, to see that they are found. Without the feature `planted`, which only tests switch on, there are
//! none.

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// A destination takes everything as new.
    NoDedup,
    /// What was sent counts as arrived.
    SentIsArrived,
    /// A gap is passed over.
    GapIgnored,
    /// Deadlines are not met.
    DeadlineLost,
    /// The stored cursor runs ahead of what has arrived.
    CursorAhead,
    /// A failure that heals by itself counts as poison.
    RetryableIsPoison,
    /// What this code does not know is refused, as by a rule.
    UnknownIsAnswer,
    /// A hold begins behind what was not taken.
    HoldMarkLost,
    /// A mark is not stored with what follows from the delivery.
    MarkLost,
    /// A refusal is not remembered.
    RefusalForgotten,
    /// Nobody knows who waits for an answer.
    AnswerByLost,
    /// What the journal did not take counts as journalled.
    JournalAssumed,
    /// A journal keeps what it has already once more.
    RepeatsKept,
    /// A journal takes what does not follow the events that it has.
    BeforeIgnored,
    /// A stream says that nothing was before what it sends.
    BeforeLost,
}

#[cfg(feature = "planted")]
mod place {
    use std::cell::Cell;

    use super::Planted;

    thread_local! {
        static PLANTED: Cell<Option<Planted>> = const { Cell::new(None) };
    }

    /// Plants a fault in this thread, or takes it away.
    pub fn plant(fault: Option<Planted>) {
        PLANTED.set(fault);
    }

    pub(crate) fn is(fault: Planted) -> bool {
        PLANTED.get() == Some(fault)
    }
}

#[cfg(feature = "planted")]
pub use place::plant;

#[cfg(feature = "planted")]
pub(crate) use place::is;

/// True if this fault is planted: never.
#[cfg(not(feature = "planted"))]
pub(crate) const fn is(_: Planted) -> bool {
    false
}
