//! A failure. We caused it; the caller may try again if it is retryable.

/// A failure on our side. Only the code leaves the system; the text is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Storage, queue, database or another object failed; a second attempt may succeed.
    #[error("{0} is unavailable: {1}")]
    Unavailable(&'static str, String),
    /// Something stored cannot be read by this version of the code.
    #[error("cannot read what is stored: {0}")]
    Unreadable(String),
    /// An invariant does not hold.
    #[error("defect: {0}")]
    Defect(String),
}

impl Fault {
    /// True if the same request may succeed later by itself.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable(..))
    }

    /// Stable code, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(..) => "UNAVAILABLE",
            Self::Unreadable(_) => "UNREADABLE",
            Self::Defect(_) => "INTERNAL",
        }
    }

    /// The status of this fault over HTTP.
    pub fn status(&self) -> u16 {
        if self.retryable() { 503 } else { 500 }
    }
}
