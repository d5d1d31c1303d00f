//! What stands under `errors`: faults, and queries that were refused. Each has its code in `extensions.code`.

use async_graphql::{Error, ErrorExtensions};
use edgefold_kernel::{Failure, Fault, Rejection, Version};

/// Versions fit GraphQL's `Int`: a stream of two thousand million events does not fit an object.
pub(super) fn int(version: Version) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}

/// A fault under `errors`: its code, never its text.
pub fn faulted(fault: &Fault) -> Error {
    let detail = if fault.retryable() { "try again" } else { "an error on our side" };
    Error::new(detail).extend_with(|_, extensions| extensions.set("code", fault.code()))
}

/// A refusal of a query under `errors`, with its code and, where it is known, the current version.
pub fn unanswered(failure: impl Into<Failure>) -> Error {
    match failure.into() {
        Failure::Faulted(fault) => faulted(&fault),
        Failure::Rejected(rejection) => {
            Error::new(rejection.detail.clone()).extend_with(|_, extensions| {
                extensions.set("code", rejection.code.as_ref());
                if let Some(version) = rejection.current_version {
                    extensions.set("currentVersion", int(version));
                }
            })
        }
    }
}

/// The refusal of an argument.
pub(super) fn invalid(code: &'static str, field: &'static str, detail: impl Into<String>) -> Error {
    unanswered(Rejection::shape(code, field, detail))
}
