//! A refusal. The caller caused it; it changes nothing and says what the caller has to change.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Fault, Version};

/// The kind of a refusal. Each door maps it to a status of its own; the HTTP status is given here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// 400: the bytes are not what the content type says.
    Malformed,
    /// 422: a field is missing, unknown, of a wrong type or out of range.
    Shape,
    /// 422: a business rule says no.
    Rule,
    /// 409: the stream is not at the expected version.
    Conflict,
    /// 401: the caller has shown no valid token.
    Unauthenticated,
    /// 404: nothing has that name.
    NotFound,
    /// 403: the caller may not do this.
    Forbidden,
    /// 413: over a limit in size.
    TooLarge,
    /// 405: the door does not take this method.
    Method,
    /// 415 or 426: the door takes another content type or protocol.
    Unsupported,
    /// 429: too many requests or sockets.
    TooMany,
}

/// The reason why a command or a query was refused.
///
/// `code` is stable and in `UPPER_SNAKE_CASE`; `detail` is for people and may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{code}: {detail}")]
pub struct Rejection {
    /// The kind of refusal.
    pub kind: Kind,
    /// Stable code, for programs.
    pub code: Cow<'static, str>,
    /// A sentence for people that says what was expected.
    pub detail: String,
    /// Path of the offending field, such as `payload.dateStart`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// Name of the business rule that said no.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<Cow<'static, str>>,
    /// Version of the stream when it was refused, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub current_version: Option<Version>,
}

impl Rejection {
    /// A refusal with neither field nor rule.
    pub fn new(kind: Kind, code: &'static str, detail: impl Into<String>) -> Self {
        let (code, detail) = (Cow::Borrowed(code), detail.into());
        Self { kind, code, detail, field: None, rule: None, current_version: None }
    }

    /// A field that is missing, unknown, of a wrong type or out of range.
    pub fn shape(code: &'static str, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Kind::Shape, code, detail) }
    }

    /// A business rule that says no. The code is the rule's name.
    pub fn rule(rule: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let rule = rule.into();
        Self { code: rule.clone(), rule: Some(rule), ..Self::new(Kind::Rule, "", detail) }
    }

    /// The same refusal, saying at which version the stream was.
    #[must_use]
    pub fn at(self, version: Version) -> Self {
        Self { current_version: Some(version), ..self }
    }

    /// The status of this refusal over HTTP.
    pub fn status(&self) -> u16 {
        match self.kind {
            Kind::Malformed => 400,
            Kind::Unauthenticated => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::Method => 405,
            Kind::Conflict => 409,
            Kind::TooLarge => 413,
            Kind::Unsupported => 415,
            Kind::TooMany => 429,
            Kind::Shape | Kind::Rule => 422,
        }
    }
}

/// The two ways in which a request fails: the caller caused it, or we did.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The caller caused it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// We caused it.
    #[error(transparent)]
    Faulted(#[from] Fault),
}
