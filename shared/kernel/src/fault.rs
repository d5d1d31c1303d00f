//! A failure. We caused it; the caller may try again if it is retryable.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A failure on our side. Only the code leaves the system; the text is for the log.
///
/// Between objects it travels as `{"kind","what","detail"}`. During a deploy the two sides may be of different releases:
/// a kind that this code does not know reads as [`Defect`](Self::Defect).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(into = "Wire", from = "Wire")]
pub enum Fault {
    /// Storage, queue, database or another object failed; a second attempt may succeed.
    #[error("{0} is unavailable: {1}")]
    Unavailable(Cow<'static, str>, String),
    /// A newer release wrote what this one is to read, or asks for what this one does not know. Newer code knows it: a
    /// second attempt succeeds once the deploy is through.
    #[error("this code is older than what it is asked: {0}")]
    Newer(String),
    /// Something stored cannot be read, though this code knows its form.
    #[error("cannot read what is stored: {0}")]
    Unreadable(String),
    /// An invariant does not hold.
    #[error("defect: {0}")]
    Defect(String),
}

impl Fault {
    /// True if the same request may succeed later by itself.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable(..) | Self::Newer(_))
    }

    /// Stable code, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(..) => "UNAVAILABLE",
            Self::Newer(_) => "NEWER_CODE_NEEDED",
            Self::Unreadable(_) => "UNREADABLE",
            Self::Defect(_) => "INTERNAL",
        }
    }

    /// The status of this fault over HTTP.
    pub fn status(&self) -> u16 {
        if self.retryable() { 503 } else { 500 }
    }
}

/// The form of a fault between objects. The kind is a text and the rest may be absent, so that each release reads the
/// faults of every other one.
#[derive(Serialize, Deserialize)]
struct Wire {
    kind: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    what: Option<Cow<'static, str>>,
    #[serde(default)]
    detail: String,
}

impl From<Fault> for Wire {
    fn from(fault: Fault) -> Self {
        let (kind, what, detail) = match fault {
            Fault::Unavailable(what, detail) => ("unavailable", Some(what), detail),
            Fault::Newer(detail) => ("newer", None, detail),
            Fault::Unreadable(detail) => ("unreadable", None, detail),
            Fault::Defect(detail) => ("defect", None, detail),
        };
        Self { kind: kind.into(), what, detail }
    }
}

impl From<Wire> for Fault {
    fn from(Wire { kind, what, detail }: Wire) -> Self {
        match kind.as_ref() {
            "unavailable" => Self::Unavailable(what.unwrap_or("another part".into()), detail),
            "newer" => Self::Newer(detail),
            "unreadable" => Self::Unreadable(detail),
            "defect" => Self::Defect(detail),
            unknown => Self::Defect(format!("a fault of the kind {unknown:?}: {detail}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json, to_value};

    use super::*;

    fn read(wire: Value) -> Fault {
        from_value(wire).unwrap()
    }

    #[test]
    fn each_kind_has_its_code_and_its_form_between_objects() {
        for (fault, code, status, wire) in [
            (
                Fault::Unavailable("storage".into(), "full".into()),
                "UNAVAILABLE",
                503,
                json!({"kind": "unavailable", "what": "storage", "detail": "full"}),
            ),
            (
                Fault::Newer("v4".into()),
                "NEWER_CODE_NEEDED",
                503,
                json!({"kind": "newer", "detail": "v4"}),
            ),
            (
                Fault::Unreadable("{".into()),
                "UNREADABLE",
                500,
                json!({"kind": "unreadable", "detail": "{"}),
            ),
            (
                Fault::Defect("a panic".into()),
                "INTERNAL",
                500,
                json!({"kind": "defect", "detail": "a panic"}),
            ),
        ] {
            assert_eq!((fault.code(), fault.status()), (code, status));
            assert_eq!(fault.retryable(), status == 503, "{code}");
            assert_eq!(to_value(&fault).unwrap(), wire);
            assert_eq!(read(wire), fault);
        }
    }

    #[test]
    fn the_fault_of_another_release_is_read_as_well_as_this_one_can() {
        let tired = json!({"kind": "tired", "since": 3, "detail": "of it"});
        assert_eq!(read(tired), Fault::Defect("a fault of the kind \"tired\": of it".into()));
        assert!(read(json!({"kind": "unavailable"})).retryable());
        assert_eq!(read(json!({"kind": "newer", "what": "x"})), Fault::Newer(String::new()));
    }
}
