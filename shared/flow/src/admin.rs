//! The requests of an administrator about parked letters, and the answers.

use edgefold_kernel::{Rejection, Timestamp, command::read_payload, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    command::parse_json,
    route::park::{Lane, Part, Place},
};

/// `GET /admin/dead-letters?status=&lane=&destinationType=&destinationId=&sourceType=&sourceId=&after=&limit=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageWanted {
    /// `PARKED` unless asked otherwise.
    pub status: &'static str,
    /// Only this lane.
    pub lane: Option<Lane>,
    /// Only this destination type, destination id, source type and source id.
    pub ends: [Option<String>; 4],
    /// It begins after this sequence.
    pub after: u64,
    /// Largest number of items.
    pub limit: usize,
}

impl PageWanted {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// `INVALID_FIELD` or `UNKNOWN_FIELD`, with its name.
    pub fn parse(query: &[(String, String)]) -> Result<Self, Rejection> {
        let mut wanted = Self {
            status: "PARKED",
            lane: None,
            ends: [const { None }; 4],
            after: 0,
            limit: limits::LIST_ROWS_DEFAULT,
        };
        for (name, value) in query {
            let end = |wanted: &mut Self, index: usize| {
                if let Some(end) = wanted.ends.get_mut(index) {
                    *end = Some(value.clone());
                }
            };
            match name.as_str() {
                "status" => {
                    let known = ["PARKED", "FAILING", "FREE"].into_iter();
                    wanted.status = known
                        .into_iter()
                        .find(|known| known == value)
                        .ok_or_else(|| invalid(name, "PARKED, FAILING or FREE"))?;
                }
                "lane" => {
                    let said = "EVENT, ERRAND, PROJECTION or UNREADABLE";
                    wanted.lane = Some(Lane::parse(value).ok_or_else(|| invalid(name, said))?);
                }
                "destinationType" => end(&mut wanted, 0),
                "destinationId" => end(&mut wanted, 1),
                "sourceType" => end(&mut wanted, 2),
                "sourceId" => end(&mut wanted, 3),
                "after" => {
                    let after = value.parse().ok().filter(|after| *after < 1 << 53);
                    wanted.after = after
                        .ok_or_else(|| invalid(name, "the value of next on an earlier page"))?;
                }
                "limit" => wanted.limit = limit(name, value)?,
                _ => return Err(unknown(name)),
            }
        }
        Ok(wanted)
    }
}

/// `GET /admin/dead-letters/{id}?after=&limit=`: letters after a place.
///
/// # Errors
/// `INVALID_FIELD` or `UNKNOWN_FIELD`, with its name.
pub fn parse_letters(query: &[(String, String)]) -> Result<(Option<Place>, usize), Rejection> {
    let (mut after, mut wanted) = (None, limits::LIST_ROWS_DEFAULT);
    for (name, value) in query {
        match name.as_str() {
            "after" => {
                let place = parse_place(value).ok_or_else(|| invalid(name, "the id of a letter"));
                after = Some(place?);
            }
            "limit" => wanted = limit(name, value)?,
            _ => return Err(unknown(name)),
        }
    }
    Ok((after, wanted))
}

/// `POST /admin/dead-letters/{id}/discard`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Discard {
    /// The first letter that is parked. It is named so that an administrator with an old page does not discard another
    /// one.
    #[cfg_attr(feature = "schema", schemars(pattern("^[0-9]+[.][0-9]+$")))]
    pub letter: String,
    /// The reason, for the record; 1 to 500 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 500)))]
    pub reason: String,
}

impl Discard {
    /// Reads the body, of at most `most` bytes.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`, `MALFORMED_JSON`, `MISSING_FIELD`, `UNKNOWN_FIELD` or `INVALID_FIELD`.
    pub fn parse(body: &[u8], most: usize) -> Result<(Place, String), Rejection> {
        let unrooted = |field: String| field.trim_start_matches("body.").to_owned();
        let Self { letter, reason } = read_payload("body", &parse_json(body, most)?)
            .map_err(|refusal| Rejection { field: refusal.field.map(unrooted), ..refusal })?;
        let place = parse_place(&letter).ok_or_else(|| invalid("letter", "the id of a letter"))?;
        if reason.trim().is_empty() || reason.chars().count() > limits::TEXT_CHARS {
            let said = format!("1 to {} characters", limits::TEXT_CHARS);
            return Err(invalid("reason", &said));
        }
        Ok((place, reason))
    }
}

/// Id of a letter within its sequence.
pub fn letter_id((version, part): Place) -> String {
    format!("{version}.{part}")
}

fn parse_place(id: &str) -> Option<Place> {
    let (version, part) = id.split_once('.')?;
    let place = (version.parse().ok()?, part.parse().ok()?);
    (place.0 < 1 << 53 && letter_id(place) == id).then_some(place)
}

fn limit(name: &str, value: &str) -> Result<usize, Rejection> {
    let limit = value.parse().ok().filter(|limit| (1..=limits::LIST_ROWS).contains(limit));
    limit.ok_or_else(|| invalid(name, &format!("1 to {}", limits::LIST_ROWS)))
}

fn invalid(field: &str, expected: &str) -> Rejection {
    Rejection::shape("INVALID_FIELD", field, format!("expected: {expected}"))
}

fn unknown(name: &str) -> Rejection {
    Rejection::shape("UNKNOWN_FIELD", name, format!("{name} is not a parameter here"))
}

/// A page of sequences.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page {
    /// In the order in which they first failed.
    pub sequences: Vec<SequenceView>,
    /// Totals of each lane, beyond this page too.
    pub totals: Vec<Total>,
    /// `after` of the next page; null at the end.
    pub next: Option<u64>,
}

/// The total of one lane.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Total {
    /// The lane.
    pub lane: Lane,
    /// Sequences.
    pub sequences: u64,
    /// Letters of theirs that are parked.
    pub letters: u64,
}

/// One end of a sequence.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct End {
    /// Stored name of the type.
    pub aggregate_type: String,
    /// The instance.
    pub aggregate_id: String,
}

impl End {
    /// The end of this name; none where the store has an empty type.
    pub fn of(aggregate_type: String, aggregate_id: String) -> Option<Self> {
        (!aggregate_type.is_empty()).then_some(Self { aggregate_type, aggregate_id })
    }
}

/// A sequence that fails, or did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SequenceView {
    /// Names it in paths.
    pub id: u64,
    /// The lane of the delivery.
    pub lane: Lane,
    /// The destination; null for a projection, and for a letter that cannot be read.
    pub destination: Option<End>,
    /// The source; null for a letter that cannot be read.
    pub source: Option<End>,
    /// `FAILING`: tried again by itself; `PARKED`: waits for an administrator; `FREE`: flows again.
    #[cfg_attr(feature = "schema", schemars(pattern("^(FAILING|PARKED|FREE)$")))]
    pub status: String,
    /// Failures since it last flowed.
    pub attempts: u32,
    /// Reason of the last failure.
    pub reason: String,
    /// Instant of the first failure since it last flowed.
    pub first_at: Timestamp,
    /// Instant of the last failure.
    pub last_at: Timestamp,
    /// Letters of it that are parked.
    pub letters: u64,
}

/// A sequence with a page of its letters.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SequencePage {
    /// The sequence.
    #[serde(flatten)]
    pub sequence: SequenceView,
    /// In its order.
    pub items: Vec<LetterView>,
    /// `after` of the next page; null at the end.
    pub next: Option<String>,
}

/// A letter that is parked, or was.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LetterView {
    /// Names it within its sequence.
    pub id: String,
    /// `PARKED`, `DELIVERED` or `DISCARDED`.
    #[cfg_attr(feature = "schema", schemars(pattern("^(PARKED|DELIVERED|DISCARDED)$")))]
    pub status: String,
    /// The event, command or text to deliver.
    #[serde(flatten)]
    pub part: Part,
    /// Instant at which it was parked.
    pub parked_at: Timestamp,
    /// Instant at which it was delivered or discarded.
    pub decided_at: Option<Timestamp>,
    /// The administrator who did it.
    pub decided_by: Option<String>,
    /// Reason of the discard.
    pub reason: Option<String>,
}

/// The result of a retry or a discard.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// Letters that were delivered.
    pub delivered: usize,
    /// Letters that were discarded.
    pub discarded: usize,
    /// The sequence as it is now.
    pub sequence: SequenceView,
}

/// The parameters of a list's statement.
pub fn filters(wanted: &PageWanted) -> Vec<Value> {
    let lane = wanted.lane.map(Lane::as_str);
    let ends = wanted.ends.iter().map(Option::as_deref);
    std::iter::once(lane).chain(ends).map(Value::from).collect()
}

#[cfg(test)]
mod tests {

    use super::*;

    fn query(text: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    #[test]
    fn a_page_is_asked_for_by_its_query() {
        let wanted = PageWanted::parse(&query("lane=ERRAND&sourceType=order&after=7&limit=3"));
        let wanted = wanted.unwrap();
        assert_eq!((wanted.status, wanted.lane), ("PARKED", Some(Lane::Errand)));
        assert_eq!((wanted.after, wanted.limit), (7, 3));
        assert_eq!(
            filters(&wanted),
            ["ERRAND".into(), Value::Null, Value::Null, "order".into(), Value::Null]
        );
        for (text, code, field) in [
            ("status=parked", "INVALID_FIELD", "status"),
            ("lane=", "INVALID_FIELD", "lane"),
            ("after=-1", "INVALID_FIELD", "after"),
            ("limit=0", "INVALID_FIELD", "limit"),
            ("limit=101", "INVALID_FIELD", "limit"),
            ("offset=1", "UNKNOWN_FIELD", "offset"),
        ] {
            let refusal = PageWanted::parse(&query(text)).unwrap_err();
            assert_eq!((&*refusal.code, refusal.field.as_deref()), (code, Some(field)), "{text}");
        }
    }

    #[test]
    fn a_letter_has_one_name() {
        for (text, place) in [
            ("5.0", Some((5, 0))),
            ("12.3", Some((12, 3))),
            ("5", None),
            ("05.0", None),
            ("5.0.0", None),
            ("-1.0", None),
            ("9007199254740992.0", None),
        ] {
            assert_eq!(parse_place(text), place, "{text}");
        }
        assert_eq!(parse_letters(&query("after=5.0&limit=2")).unwrap(), (Some((5, 0)), 2));
        assert_eq!(parse_letters(&query("after=5")).unwrap_err().field.as_deref(), Some("after"));
        assert_eq!(parse_letters(&query("x=5")).unwrap_err().code, "UNKNOWN_FIELD");
    }

    #[test]
    fn a_discard_names_the_letter_and_says_why() {
        let good = Discard::parse(br#"{"letter":"5.0","reason":"a test"}"#, 99).unwrap();
        assert_eq!(good, ((5, 0), "a test".to_owned()));
        let long = format!(r#"{{"letter":"5.0","reason":"{}"}}"#, "x".repeat(501));
        for (body, code, field) in [
            ("{", "MALFORMED_JSON", None),
            (r#"{"reason":"x"}"#, "MISSING_FIELD", Some("letter")),
            (r#"{"letter":"5.0"}"#, "MISSING_FIELD", Some("reason")),
            (r#"{"letter":"5","reason":"x"}"#, "INVALID_FIELD", Some("letter")),
            (r#"{"letter":"5.0","reason":" "}"#, "INVALID_FIELD", Some("reason")),
            (long.as_str(), "INVALID_FIELD", Some("reason")),
            (r#"{"letter":"5.0","reason":"x","by":"y"}"#, "UNKNOWN_FIELD", Some("by")),
        ] {
            let refusal = Discard::parse(body.as_bytes(), limits::BODY_BYTES).unwrap_err();
            assert_eq!((&*refusal.code, refusal.field.as_deref()), (code, field), "{body}");
        }
    }
}
