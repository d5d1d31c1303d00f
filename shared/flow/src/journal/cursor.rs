//! A place in a journal, and the cursor of a category: a place in each of its partitions, as sealed text. A position counts the events of
//! everybody, which is for nobody to read; and whoever cannot make a cursor up can name no partition that there is not.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

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

/// Characters of a check.
const CHECK_BYTES: usize = 8;

/// The check of a place behind the event of this identifier: 8 characters.
pub fn check(event: &str) -> String {
    let digest = Sha256::digest(event);
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Seals the cursors of a deployment, and opens none that others have made.
///
/// The text is encrypted under a tag that is computed from it, and that tells when it is opened whether it is the same: a synthetic
/// initialization vector as in RFC 5297, with SHA-256 as its pseudorandom function. Each text begins with a number that was never used,
/// and has the same length wherever it is: so nobody can tell whether a place has moved, nor how far.
#[derive(Clone, Debug)]
pub struct Seal {
    key: [u8; 32],
    /// What the numbers of this seal begin from.
    salt: [u8; 32],
    /// How many it has used.
    used: Arc<AtomicU64>,
}

const TAG_BYTES: usize = 16;
const NUMBER_BYTES: usize = 16;

impl Seal {
    /// The seal of a deployment, from a text that its clients do not know, and another one that nobody has used before.
    pub fn new(secret: &str, unused: &str) -> Self {
        let (key, salt) = (Sha256::digest(secret).into(), Sha256::digest(unused).into());
        Self { key, salt, used: Arc::default() }
    }

    /// A number that was never used.
    fn number(&self) -> Vec<u8> {
        let count = self.used.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let digest = Sha256::new_with_prefix(self.salt).chain_update(count).finalize();
        digest.iter().take(NUMBER_BYTES).copied().collect()
    }

    fn tag(&self, text: &[u8]) -> Vec<u8> {
        let digest =
            Sha256::new_with_prefix(self.key).chain_update([0]).chain_update(text).finalize();
        digest.iter().take(TAG_BYTES).copied().collect()
    }

    /// Encrypts a text under its tag; decrypts what was encrypted.
    fn under(&self, tag: &[u8], text: &[u8]) -> Vec<u8> {
        let prefix = Sha256::new_with_prefix(self.key).chain_update([1]).chain_update(tag);
        let block = |index: u32| prefix.clone().chain_update(index.to_be_bytes()).finalize();
        text.iter().zip((0..).flat_map(block)).map(|(byte, key)| byte ^ key).collect()
    }

    fn close(&self, text: &[u8]) -> Vec<u8> {
        let text = [self.number().as_slice(), text].concat();
        let tag = self.tag(&text);
        let sealed = self.under(&tag, &text);
        [tag, sealed].concat()
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (tag, sealed) = sealed.split_at_checked(TAG_BYTES)?;
        let text = Some(self.under(tag, sealed)).filter(|text| self.tag(text) == tag)?;
        Some(text.split_at_checked(NUMBER_BYTES)?.1.to_vec())
    }
}

/// The text of a cursor: these places, in the order of the partitions.
pub fn write(seal: &Seal, category: &str, places: &[Place]) -> String {
    let mut text = category.as_bytes().to_vec();
    text.push(0);
    for Place { position, check } in places {
        text.extend(position.to_be_bytes());
        text.extend(check.bytes().chain([0; CHECK_BYTES]).take(CHECK_BYTES));
    }
    URL_SAFE_NO_PAD.encode(seal.close(&text))
}

/// A place as it was written.
fn place(bytes: &[u8]) -> Option<Place> {
    let (position, check) = bytes.split_at_checked(8)?;
    let check = check.split(|byte| *byte == 0).next().unwrap_or_default();
    let position = u64::from_be_bytes(position.try_into().ok()?);
    Some(Place { position, check: String::from_utf8(check.to_vec()).ok()? })
        .filter(|place| place.position < 1 << 53)
}

/// The places of a cursor of this category, in the order of the partitions. Those that are missing are at the beginning: such a
/// partition did not exist when the cursor was given out. `0` stands before everything.
///
/// # Errors
/// `INVALID_CURSOR` for a text that is no cursor of this category.
pub fn read(seal: &Seal, category: &str, text: &str) -> Result<Vec<Place>, Rejection> {
    if text == "0" {
        return Ok(Vec::new());
    }
    let opened = URL_SAFE_NO_PAD.decode(text).ok().and_then(|text| seal.open(&text));
    let places = opened.as_deref().and_then(|text| {
        let places = text.strip_prefix(category.as_bytes())?.strip_prefix(&[0])?;
        let places = places.chunks(8 + CHECK_BYTES).map(place).collect::<Option<Vec<_>>>()?;
        (places.len() <= usize::from(limits::JOURNAL_PARTITIONS)).then_some(places)
    });
    places.ok_or_else(|| {
        let detail = "after: expected an updatesCursor or a cursor of this field";
        Rejection::shape("INVALID_CURSOR", "after", detail)
    })
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
        let seal = Seal::new("ours", "1");
        let text = write(&seal, "claim", &places);
        assert_eq!(read(&seal, "claim", &text), Ok(places.to_vec()));
        assert_eq!(read(&seal, "claim", "0"), Ok(Vec::new()));
        let codes =
            |category, text: &str| read(&seal, category, text).unwrap_err().code.into_owned();
        assert_eq!(codes("meter", &text), "INVALID_CURSOR");
        let many = vec![Place::START; usize::from(limits::JOURNAL_PARTITIONS) + 1];
        let many = write(&seal, "claim", &many);
        let ahead = write(&seal, "claim", &[Place::version(1 << 53)]);
        let others = write(&Seal::new("theirs", "1"), "claim", &places);
        let open = URL_SAFE_NO_PAD.encode(r#"["claim",[[0,""]]]"#);
        for wrong in ["", "x", "7", "-1", &text[1..], &many, &ahead, &others, &open] {
            assert_eq!(codes("claim", wrong), "INVALID_CURSOR", "{wrong}");
        }
    }

    #[test]
    fn a_cursor_shows_nothing_of_its_places_and_cannot_be_changed() {
        let seal = Seal::new("ours", "1");
        let text = write(&seal, "claim", &[Place::behind(4_711, "e-1")]);
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for other in [Place::behind(4_711, "e-1"), Place::START, Place::behind(1 << 52, "e-9")] {
            let places = [other];
            let again = write(&seal, "claim", &places);
            assert_ne!(again, text, "nothing tells whether it has moved");
            assert_eq!(again.len(), text.len(), "nor how far");
            assert_eq!(read(&seal.clone(), "claim", &again), Ok(places.to_vec()));
            assert_eq!(read(&Seal::new("ours", "2"), "claim", &again), Ok(places.to_vec()));
        }
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert!(read(&seal, "claim", &URL_SAFE_NO_PAD.encode(changed)).is_err(), "{index}");
        }
        let long = write(&seal, "claim", &vec![Place::behind((1 << 53) - 1, "e-1"); 64]);
        assert_eq!(read(&seal, "claim", &long).unwrap().len(), 64);
    }

    #[test]
    fn a_check_is_short_and_tells_events_apart() {
        assert_eq!(check("e-1").len(), 8);
        assert_ne!(check("e-1"), check("e-2"));
        assert_ne!(Place::behind(1, "e-1"), Place::behind(1, "e-2"));
    }
}
