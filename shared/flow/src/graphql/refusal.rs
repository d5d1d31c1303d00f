//! The entries under `errors`: faults, and refused queries. Each has its code in `extensions.code`.

use std::sync::Arc;

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions, Response};
use edgefold_kernel::{Failure, Fault, Rejection};
use serde_json::{Value, json};

/// A fault under `errors`: its code, never its text. That stays with the error, for the log: see [`faults`].
pub fn faulted(fault: &Fault) -> Error {
    let error = Error { source: Some(Arc::new(fault.clone())), ..Error::new(told(fault)) };
    error.extend_with(|_, extensions| extensions.set("code", fault.code()))
}

/// The message about a fault for the caller, beside its code.
fn told(fault: &Fault) -> &'static str {
    if fault.retryable() { "try again" } else { "an error on our side" }
}

/// The faults that resolvers have met.
pub fn faults(response: &Response) -> impl Iterator<Item = &Fault> {
    response.errors.iter().filter_map(|error| error.source::<Fault>())
}

/// A refusal of a query under `errors`, with its code and, where they are known, the field and the current version.
pub fn unanswered(failure: impl Into<Failure>) -> Error {
    match failure.into() {
        Failure::Faulted(fault) => faulted(&fault),
        Failure::Rejected(rejection) => {
            let mut extensions = ErrorExtensionValues::default();
            extensions.set("code", rejection.code.as_ref());
            if let Some(field) = &rejection.field {
                extensions.set("field", field.as_str());
            }
            if let Some(version) = rejection.current_version {
                extensions.set("currentVersion", version);
            }
            Error { extensions: Some(extensions), ..Error::new(rejection.detail) }
        }
    }
}

/// The same entry before anything is executed, as JSON. Of a fault it says the code, never the text.
pub fn entry(failure: impl Into<Failure>) -> Value {
    let Error { message, extensions, .. } = unanswered(failure);
    json!({"message": message, "extensions": extensions})
}

/// The refusal of an argument.
pub(super) fn invalid(code: &'static str, field: &'static str, detail: impl Into<String>) -> Error {
    unanswered(Rejection::shape(code, field, detail))
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
    use futures_util::FutureExt;

    use super::*;
    use crate::graphql::http::{Media, answer};

    struct Query;

    #[Object]
    impl Query {
        async fn broken(&self) -> Result<i32, Error> {
            Err(faulted(&Fault::Unavailable("the database".into(), "no such table: rooms".into())))
        }

        async fn refused(&self) -> Result<i32, Error> {
            Err(invalid("INVALID_FIELD", "id", "no id"))
        }
    }

    #[test]
    fn the_text_of_a_fault_is_there_for_the_log_and_never_for_the_caller() {
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription).finish();
        let executed = schema.execute("{ a: broken b: broken refused }").now_or_never();
        let response = executed.expect("nothing is awaited");
        let texts: Vec<_> = faults(&response).map(ToString::to_string).collect();
        assert_eq!(texts, ["the database is unavailable: no such table: rooms"; 2]);
        let body = answer(response, Media::Json).body.to_string();
        assert!(body.contains("UNAVAILABLE") && !body.contains("no such table"), "{body}");
    }
}
