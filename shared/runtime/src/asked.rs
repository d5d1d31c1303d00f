//! What the query of a URL asks for.

use edgefold_flow::{instance::When, subscribe};
use edgefold_kernel::{Failure, Id, Rejection, Timestamp, Version, limits};
use worker::Url;

/// `version` or `at` of a state.
///
/// # Errors
/// `UNKNOWN_PARAMETER`, `INVALID_INSTANT`, or what [`subscribe::parse_version`] says.
pub(crate) fn when(url: &Url) -> Result<When, Failure> {
    let mut when = When::Now;
    for (name, value) in url.query_pairs() {
        let asked = match name.as_ref() {
            "version" => When::Version(subscribe::parse_version("version", &value)?),
            "at" => {
                let invalid =
                    |said| Rejection::shape("INVALID_INSTANT", "at", format!("expected: {said}"));
                When::Instant(Timestamp::parse(&value).map_err(invalid)?)
            }
            other => {
                return Err(Rejection::shape(
                    "UNKNOWN_PARAMETER",
                    other,
                    "known are version and at",
                )
                .into());
            }
        };
        if when != When::Now {
            return Err(Rejection::shape("UNKNOWN_PARAMETER", name, "version or at, once").into());
        }
        when = asked;
    }
    Ok(when)
}

/// `commandId` of an outcome.
///
/// # Errors
/// `INVALID_FIELD`
pub(crate) fn command_id(url: &Url) -> Result<Id, Failure> {
    let id = url.query_pairs().find(|(name, _)| name == "commandId");
    let id = id.map(|(_, value)| value.into_owned()).unwrap_or_default();
    Ok(Id::parse(id).map_err(|said| Rejection::shape("INVALID_FIELD", "commandId", said))?)
}

/// `after` and `limit` of a page that holds at most so many.
///
/// # Errors
/// `UNKNOWN_PARAMETER`, `INVALID_LIMIT`, or what [`subscribe::parse_version`] says.
pub(crate) fn page(url: &Url, most: usize) -> Result<(Version, usize), Failure> {
    let (mut after, mut limit) = (0, limits::PAGE_EVENTS_DEFAULT as u64);
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "after" => after = subscribe::parse_version("after", &value)?,
            "limit" => limit = subscribe::parse_version("limit", &value)?,
            other => {
                return Err(Rejection::shape(
                    "UNKNOWN_PARAMETER",
                    other,
                    "known are after and limit",
                )
                .into());
            }
        }
    }
    match usize::try_from(limit) {
        Ok(limit) if (1..=most).contains(&limit) => Ok((after, limit)),
        _ => {
            Err(Rejection::shape("INVALID_LIMIT", "limit", format!("limit: from 1 to {most}"))
                .into())
        }
    }
}
