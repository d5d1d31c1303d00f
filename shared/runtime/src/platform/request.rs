//! The parameters of a request: query and ids of its URL, and the content type of its body.

use edgefold_flow::{instance::When, subscribe::socket};
use edgefold_kernel::{Failure, Id, Kind, Rejection, Version, limits};
use percent_encoding::percent_decode_str;
use worker::Url;

use super::http::Request;

/// The parameters of a URL's query.
///
/// # Errors
/// `DUPLICATE_PARAMETER`: what reads the first of two and what reads the last would understand two things.
pub(crate) fn parameters(url: &Url) -> Result<Vec<(String, String)>, Rejection> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in url.query_pairs().into_owned() {
        if found.iter().any(|(known, _)| *known == name) {
            let detail = format!("the parameter {name} comes twice");
            return Err(Rejection::shape("DUPLICATE_PARAMETER", name, detail));
        }
        found.push((name, value));
    }
    Ok(found)
}

/// The same, where these are known.
///
/// # Errors
/// `UNKNOWN_PARAMETER`, or what [`parameters`] says.
pub(crate) fn expect_parameters(
    url: &Url,
    known: &[&str],
) -> Result<Vec<(String, String)>, Rejection> {
    let found = parameters(url)?;
    match found.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(found),
        Some((name, _)) => {
            let detail = match known {
                [] => "there are no parameters here".to_owned(),
                known => format!("the parameters here: {}", known.join(", ")),
            };
            Err(Rejection::shape("UNKNOWN_PARAMETER", name.clone(), detail))
        }
    }
}

/// `version` or `at` of a state.
///
/// # Errors
/// `UNKNOWN_PARAMETER`, `INVALID_INSTANT`, or what [`parameters`] and [`socket::parse_version`] say.
pub(crate) fn when(url: &Url) -> Result<When, Failure> {
    let mut when = When::Now;
    for (name, value) in parameters(url)? {
        let asked = match name.as_str() {
            "version" => When::Version(socket::parse_version("version", &value)?),
            "at" => When::Instant(socket::parse_instant("at", &value)?),
            other => {
                return Err(Rejection::shape(
                    "UNKNOWN_PARAMETER",
                    other,
                    "the parameters here are version and at",
                )
                .into());
            }
        };
        if when != When::Now {
            return Err(Rejection::shape(
                "UNKNOWN_PARAMETER",
                name,
                "give version or at, not both",
            )
            .into());
        }
        when = asked;
    }
    Ok(when)
}

/// `commandId` of an outcome.
///
/// # Errors
/// `INVALID_FIELD`, or what [`parameters`] says.
pub(crate) fn command_id(url: &Url) -> Result<Id, Failure> {
    let id = parameters(url)?.into_iter().find(|(name, _)| name == "commandId");
    let id = id.map(|(_, value)| value).unwrap_or_default();
    Ok(Id::parse(id).map_err(|said| Rejection::shape("INVALID_FIELD", "commandId", said))?)
}

/// `after` and `limit` of a page of at most `most` items.
///
/// # Errors
/// `UNKNOWN_PARAMETER`, `INVALID_LIMIT`, or what [`parameters`] and [`socket::parse_version`] say.
pub(crate) fn page(url: &Url, most: usize) -> Result<(Version, usize), Failure> {
    let (mut after, mut limit) = (0, limits::PAGE_EVENTS_DEFAULT as u64);
    for (name, value) in parameters(url)? {
        match name.as_str() {
            "after" => after = socket::parse_version("after", &value)?,
            "limit" => limit = socket::parse_version("limit", &value)?,
            other => {
                return Err(Rejection::shape(
                    "UNKNOWN_PARAMETER",
                    other,
                    "the parameters here are after and limit",
                )
                .into());
            }
        }
    }
    match usize::try_from(limit) {
        Ok(limit) if (1..=most).contains(&limit) => Ok((after, limit)),
        _ => Err(Rejection::shape(
            "INVALID_LIMIT",
            "limit",
            format!("limit: expected a number from 1 to {most}"),
        )
        .into()),
    }
}

/// An id in a path.
///
/// # Errors
/// `INVALID_FIELD`.
pub(crate) fn decoded(field: &'static str, id: &str) -> Result<Id, Rejection> {
    let id = percent_decode_str(id).decode_utf8().map_err(|_| "UTF-8").and_then(Id::parse);
    id.map_err(|said| Rejection::shape("INVALID_FIELD", field, format!("expected: {said}")))
}

/// Refuses a body that says it is something else than JSON.
///
/// # Errors
/// `UNSUPPORTED_CONTENT_TYPE`.
pub(crate) fn expect_json(request: &Request) -> Result<(), Failure> {
    let said = request.header("content-type").unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.is_empty() || essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let detail = format!("expected application/json, got {essence}");
    Err(Rejection::new(Kind::Unsupported, "UNSUPPORTED_CONTENT_TYPE", detail).into())
}
