//! A place in a journal, and the cursor of a category: a place in each of its partitions, as opaque text.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use edgefold_kernel::{Kind, Rejection, limits};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A place behind an event of a partition. `[position, check]` as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u64, String)", into = "(u64, String)")]
pub struct Place {
    /// Position of the event; 0 before the first.
    pub position: u64,
    /// Tells the event from another one that came to the same position after the journal was restored to an older state. Empty
    /// at 0, and for a stream, whose versions are never given out twice.
    pub check: String,
}

impl Place {
    /// The beginning.
    pub const START: Self = Self { position: 0, check: String::new() };

    /// The place behind the event of this identifier.
    pub fn behind(position: u64, event: &str) -> Self {
        Self { position, check: check(event) }
    }

    /// The place behind a version of a stream.
    pub fn version(position: u64) -> Self {
        Self { position, check: String::new() }
    }
}

impl From<(u64, String)> for Place {
    fn from((position, check): (u64, String)) -> Self {
        Self { position, check }
    }
}

impl From<Place> for (u64, String) {
    fn from(Place { position, check }: Place) -> Self {
        (position, check)
    }
}

/// The check of a place behind the event of this identifier: 8 characters.
pub fn check(event: &str) -> String {
    let digest = Sha256::digest(event);
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// The cursor of a category, as clients get it.
#[derive(Serialize, Deserialize)]
struct Written<T>(T, Vec<Place>);

/// The text of a cursor: these places, in the order of the partitions.
pub fn write(category: &str, places: &[Place]) -> String {
    // Strings and numbers have a JSON form.
    let text = serde_json::to_vec(&Written(category, places.to_vec())).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(text)
}

/// The places of a cursor of this category, in the order of the partitions. Those that are missing are at the beginning: such a
/// partition did not exist when the cursor was given out. `0` stands before everything.
///
/// # Errors
/// `INVALID_CURSOR` for a text that is no cursor of this category.
pub fn read(category: &str, text: &str) -> Result<Vec<Place>, Rejection> {
    if text == "0" {
        return Ok(Vec::new());
    }
    let read = URL_SAFE_NO_PAD.decode(text).ok().and_then(|text| String::from_utf8(text).ok());
    let read = read.and_then(|text| serde_json::from_str::<Written<String>>(&text).ok());
    let is_whole = |place: &Place| place.position < 1 << 53 && place.check.len() <= 8;
    match read {
        Some(Written(of, places))
            if of == category
                && places.len() <= usize::from(limits::JOURNAL_PARTITIONS)
                && places.iter().all(is_whole) =>
        {
            Ok(places)
        }
        _ => {
            let detail = "after: expected an updatesCursor or a cursor of this field";
            Err(Rejection::shape("INVALID_CURSOR", "after", detail))
        }
    }
}

/// The refusal of a cursor that does not fit the journal any more.
pub fn stale() -> Rejection {
    let detail =
        "the journal was restored since this cursor was given out: begin again with the list";
    Rejection {
        field: Some("after".into()),
        ..Rejection::new(Kind::Conflict, "STALE_CURSOR", detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_by_the_same_category_alone() {
        let places = [Place::behind(7, "e-1"), Place::START, Place::behind((1 << 53) - 1, "e-2")];
        let text = write("claim", &places);
        assert_eq!(read("claim", &text), Ok(places.to_vec()));
        assert_eq!(read("claim", "0"), Ok(Vec::new()));
        let codes = |category, text: &str| read(category, text).unwrap_err().code.into_owned();
        assert_eq!(codes("meter", &text), "INVALID_CURSOR");
        let many = write("claim", &vec![Place::START; usize::from(limits::JOURNAL_PARTITIONS) + 1]);
        let ahead = write("claim", &[Place::version(1 << 53)]);
        for wrong in ["", "x", "7", "-1", &text[1..], many.as_str(), ahead.as_str()] {
            assert_eq!(codes("claim", wrong), "INVALID_CURSOR", "{wrong}");
        }
    }

    #[test]
    fn a_check_is_short_and_tells_events_apart() {
        assert_eq!(check("e-1").len(), 8);
        assert_ne!(check("e-1"), check("e-2"));
        assert_ne!(Place::behind(1, "e-1"), Place::behind(1, "e-2"));
    }
}
