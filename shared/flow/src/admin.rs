//! The requests of an administrator about what is held back, and the answers.
//!
//! What one stream has for one destination is a **sequence**. One that a destination does not take is held back in its source,
//! see [`hold`](crate::publish::hold); a list of them is kept for administrators.

use edgefold_kernel::{
    Described, Fault, Rejection, Shape, StreamId, Timestamp, Version, limits, payload,
    shape::{Field, Object},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    command::parse_json,
    door::json,
    publish::{
        Hold, Item,
        hold::{Decided, Status},
    },
};

/// The query of a list: `?status=&code=&destinationType=&destinationId=&sourceType=&sourceId=&after=&limit=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageWanted {
    /// Only this standing; what fails and what is parked unless asked otherwise.
    pub status: Option<Status>,
    /// Only this code of the failure.
    pub code: Option<String>,
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
            status: None,
            code: None,
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
                    let known = named(value).filter(|status| *status != Status::Free);
                    let said = "FAILING or PARKED";
                    wanted.status = Some(known.ok_or_else(|| invalid(name, said))?);
                }
                "code" => wanted.code = Some(value.clone()),
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

/// The query of one sequence, `?after=&limit=`: a page of what waits in it, after a version.
///
/// # Errors
/// `INVALID_FIELD` or `UNKNOWN_FIELD`, with its name.
pub fn parse_items(query: &[(String, String)]) -> Result<(Version, usize), Rejection> {
    let (mut after, mut wanted) = (0, limits::LIST_ROWS_DEFAULT);
    for (name, value) in query {
        match name.as_str() {
            "after" => {
                let version = value.parse().ok().filter(|version| *version < 1 << 53);
                after = version.ok_or_else(|| invalid(name, "a version"))?;
            }
            "limit" => wanted = limit(name, value)?,
            _ => return Err(unknown(name)),
        }
    }
    Ok((after, wanted))
}

/// `POST /admin/dead-letters/{id}/discard`, and `POST /admin/dead-letters/discard` for all that a query finds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Discard {
    /// The version at which the sequence stands. It is named so that an administrator with an old page does not discard
    /// another one; for many sequences at once it is left out.
    #[serde(default)]
    pub version: Option<Version>,
    /// The reason, for the record; 1 to 500 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 500)))]
    pub reason: String,
}

impl Described for Discard {
    const SHAPE: Shape = Shape::Object(&Object {
        name: "Discard",
        about: "",
        is_strict: true,
        fields: &[
            Field::new("version", "", Version::SHAPE).optional(),
            Field::new("reason", "", Shape::ANY_TEXT),
        ],
    });
}

impl Discard {
    /// Reads the body, of at most `most` bytes. `is_one`: it is about one sequence, and names its version.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`, `MALFORMED_JSON`, `MISSING_FIELD`, `UNKNOWN_FIELD` or `INVALID_FIELD`.
    pub fn parse(body: &[u8], most: usize, is_one: bool) -> Result<Self, Rejection> {
        let discard: Self = payload::body("body", parse_json(body, most)?)?;
        if is_one && discard.version.is_none() {
            return Err(Rejection::shape("MISSING_FIELD", "version", "version is required"));
        }
        if !is_one && discard.version.is_some() {
            return Err(unknown("version"));
        }
        let reason = &discard.reason;
        if reason.trim().is_empty() || reason.chars().count() > limits::TEXT_CHARS {
            let said = format!("1 to {} characters", limits::TEXT_CHARS);
            return Err(invalid("reason", &said));
        }
        Ok(discard)
    }
}

/// The stored name of a value.
fn name_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The value of this stored name.
fn named<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
    json::of(&name.into()).ok()
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
    /// In the order in which they were first listed.
    pub sequences: Vec<SequenceView>,
    /// Totals by standing and code, beyond this page too.
    pub totals: Vec<Total>,
    /// `after` of the next page; null at the end.
    pub next: Option<u64>,
}

/// A total.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Total {
    /// The standing.
    pub status: Status,
    /// Code of the failure.
    pub code: String,
    /// Number of sequences.
    pub sequences: u64,
}

/// A sequence that a destination does not take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SequenceView {
    /// Names it in paths.
    pub id: u64,
    /// The source, which holds it back.
    pub source: StreamId,
    /// The destination.
    pub destination: StreamId,
    /// `FAILING`: tried again by itself; `PARKED`: waits for an administrator; `FREE`: flows again, and leaves the list.
    pub status: Status,
    /// The version of the source that the destination does not take.
    pub version: Version,
    /// Attempts since it last took something.
    pub attempts: u32,
    /// Code of the failure.
    pub code: String,
    /// The failure.
    pub reason: String,
    /// Instant of the first failure.
    pub first_at: Timestamp,
    /// Instant of the last attempt.
    pub last_at: Timestamp,
    /// Instant of the next attempt; null when there is none by itself.
    pub next_at: Option<Timestamp>,
    /// The last thing that an administrator did about it.
    pub decided: Option<Decided>,
}

impl SequenceView {
    /// A hold of this source, listed under this id.
    pub fn new(id: u64, source: StreamId, hold: &Hold) -> Self {
        let is_failing = hold.status == Status::Failing;
        Self {
            id,
            source,
            destination: hold.to.clone(),
            status: hold.status,
            version: hold.version,
            attempts: hold.attempts,
            code: hold.fault.code().to_owned(),
            reason: hold.fault.to_string().chars().take(limits::TEXT_CHARS).collect(),
            first_at: hold.since,
            last_at: hold.last,
            next_at: is_failing.then_some(hold.next),
            decided: hold.decided.clone(),
        }
    }
}

/// A row of the list.
#[derive(Clone, Debug, Deserialize)]
pub struct SequenceRow {
    id: u64,
    held: String,
}

impl SequenceRow {
    /// The sequence.
    ///
    /// # Errors
    /// [`Fault::Unreadable`] when the row has another form.
    pub fn view(self) -> Result<SequenceView, Fault> {
        let view = serde_json::from_str::<SequenceView>(&self.held);
        let view = view.map_err(|error| Fault::Unreadable(error.to_string()))?;
        Ok(SequenceView { id: self.id, ..view })
    }
}

/// Number of the columns that name a sequence: the first ones of a [`row`].
pub const SEQUENCE_COLUMNS: usize = 4;

/// The parameters of the statement that lists a hold.
///
/// # Errors
/// [`Fault::Defect`] when it has no JSON form.
pub fn row(source: &StreamId, hold: &Hold) -> Result<Vec<Value>, Fault> {
    let view = SequenceView::new(0, source.clone(), hold);
    let held = serde_json::to_string(&view).map_err(|error| Fault::Defect(error.to_string()))?;
    Ok(vec![
        source.aggregate_type.as_str().into(),
        source.aggregate_id.as_str().into(),
        hold.to.aggregate_type.as_str().into(),
        hold.to.aggregate_id.as_str().into(),
        name_of(&view.status),
        view.code.into(),
        held.into(),
    ])
}

/// A sequence with a page of what waits in it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SequencePage {
    /// The sequence.
    pub sequence: SequenceView,
    /// In the order of the source.
    pub items: Vec<ItemView>,
    /// `after` of the next page; null at the end.
    pub next: Option<Version>,
}

/// What one version of the source has for the destination.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemView {
    /// The version.
    pub version: Version,
    /// The event, if the destination wants it.
    pub event: Option<edgefold_kernel::Envelope>,
    /// The commands that follow from it for the destination, as they would be sent.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, Value>>"))]
    pub commands: Vec<crate::Message>,
}

impl From<Item> for ItemView {
    fn from(Item { version, event, errands }: Item) -> Self {
        Self { version, event, commands: errands }
    }
}

/// The result of a retry or a discard.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// Versions that the destination took.
    pub delivered: usize,
    /// The sequence as it is now.
    pub sequence: SequenceView,
}

/// The result of a retry or a discard of all that a query finds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BulkOutcome {
    /// Sequences that were tried.
    pub tried: usize,
    /// Those among them that flow again.
    pub freed: usize,
    /// Versions that their destinations took.
    pub delivered: usize,
    /// Sequences whose source could not be reached.
    pub unreached: usize,
    /// `after` of the next call; null when the query finds no more.
    pub next: Option<u64>,
}

/// The parameters by which a list's statements filter.
pub fn filters(wanted: &PageWanted) -> Vec<Value> {
    let status = wanted.status.map(|status| name_of(&status));
    let code = wanted.code.clone().map(Value::from);
    let ends = wanted.ends.iter().map(|end| end.clone().map(Value::from));
    let all = [status, code].into_iter().chain(ends);
    all.map(|value| value.unwrap_or(Value::Null)).collect()
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::Id;

    use super::*;

    fn query(text: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    #[test]
    fn a_page_is_asked_for_by_its_query() {
        let text = "status=PARKED&code=INTERNAL&sourceType=order&after=7&limit=3";
        let wanted = PageWanted::parse(&query(text)).unwrap();
        assert_eq!(wanted.status, Some(Status::Parked));
        assert_eq!((wanted.after, wanted.limit), (7, 3));
        let null = Value::Null;
        let expected =
            ["PARKED".into(), "INTERNAL".into(), null.clone(), null.clone(), "order".into(), null];
        assert_eq!(filters(&wanted), expected);
        for (text, code, field) in [
            ("status=parked", "INVALID_FIELD", "status"),
            ("status=FREE", "INVALID_FIELD", "status"),
            ("lane=DELIVERY", "UNKNOWN_FIELD", "lane"),
            ("after=-1", "INVALID_FIELD", "after"),
            ("limit=0", "INVALID_FIELD", "limit"),
            ("limit=101", "INVALID_FIELD", "limit"),
            ("offset=1", "UNKNOWN_FIELD", "offset"),
        ] {
            let refusal = PageWanted::parse(&query(text)).unwrap_err();
            assert_eq!((&*refusal.code, refusal.field.as_deref()), (code, Some(field)), "{text}");
        }
        assert_eq!(parse_items(&query("after=5&limit=2")).unwrap(), (5, 2));
        assert_eq!(parse_items(&query("after=x")).unwrap_err().field.as_deref(), Some("after"));
        assert_eq!(parse_items(&query("x=5")).unwrap_err().code, "UNKNOWN_FIELD");
    }

    #[test]
    fn a_row_reads_back_as_the_sequence() {
        let stream = |kind: &str| StreamId::new(kind, Id::parse("x").unwrap());
        let fault = Fault::Defect("it is broken".into());
        let now = Timestamp::from_millis(1_767_225_600_000);
        let hold = Hold::new(stream("room"), 3, (4, fault), now, 8);
        let row = row(&stream("order"), &hold).unwrap();
        assert_eq!(row[2..6], ["room", "x", "FAILING", "INTERNAL"].map(Value::from));
        let held = row[6].as_str().unwrap().to_owned();
        let view = SequenceRow { id: 9, held }.view().unwrap();
        assert_eq!(view, SequenceView::new(9, stream("order"), &hold));
    }

    #[test]
    fn a_discard_says_why_and_names_the_version_of_one_sequence() {
        let good = Discard::parse(br#"{"version":5,"reason":"a test"}"#, 99, true).unwrap();
        assert_eq!(good, Discard { version: Some(5), reason: "a test".into() });
        assert_eq!(Discard::parse(br#"{"reason":"a test"}"#, 99, false).unwrap().version, None);
        let long = format!(r#"{{"version":5,"reason":"{}"}}"#, "x".repeat(501));
        for (body, is_one, code, field) in [
            ("{", true, "MALFORMED_JSON", None),
            (r#"{"reason":"x"}"#, true, "MISSING_FIELD", Some("version")),
            (r#"{"version":5,"reason":"x"}"#, false, "UNKNOWN_FIELD", Some("version")),
            (r#"{"version":5}"#, true, "MISSING_FIELD", Some("reason")),
            (r#"{"version":"5","reason":"x"}"#, true, "INVALID_FIELD", Some("version")),
            (r#"{"version":5,"reason":" "}"#, true, "INVALID_FIELD", Some("reason")),
            (long.as_str(), true, "INVALID_FIELD", Some("reason")),
            (r#"{"version":5,"reason":"x","by":"y"}"#, true, "UNKNOWN_FIELD", Some("by")),
        ] {
            let refusal = Discard::parse(body.as_bytes(), limits::BODY_BYTES, is_one).unwrap_err();
            assert_eq!((&*refusal.code, refusal.field.as_deref()), (code, field), "{body}");
        }
    }
}
