//! Which commands of an instance are remembered, in memory. The outcome of a command lies in the row of its first event, so it
//! costs no row of its own; this says where that row is. Every [`BLOCK_EVENTS`] events the latest places are stored together, as a
//! [`Block`], so that an instance that is loaded reads the places of the last day from few rows, and forgets them block by block.

use std::collections::{HashMap, VecDeque};

use edgefold_kernel::{Fault, Id, Timestamp, Version};
use sha2::{Digest, Sha256};

use crate::decide::{Outcome, day};

/// Events after which the places of their commands are stored together. A row for so many commands costs next to nothing, and an
/// instance that is loaded reads no more events than these besides.
pub const BLOCK_EVENTS: Version = 128;

/// Places that are kept in memory, at most (about 24 bytes each). The outcomes of an instance that takes more commands in the
/// time for which they are remembered are rows of their own.
pub const PLACES: usize = 100_000;

/// The places of commands whose events follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Version of the last event before the next block.
    pub through: Version,
    /// The [day](crate::decide::day) on which the last of them expires.
    pub day: i64,
    /// For each command, 16 hexadecimal digits of the hash of its id and the version of its first event, with blanks in between.
    pub places: String,
}

/// Where the outcome of one command lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u64,
    /// Version of the first event.
    version: Version,
    /// On which it expires.
    day: i64,
}

impl Place {
    fn of(outcome: &Outcome) -> Self {
        let hash = hash(outcome.command_id.as_str());
        Self { hash, version: outcome.after + 1, day: outcome.day() }
    }

    /// Reads `version expires_at id`.
    fn read(line: &str) -> Option<Self> {
        let (version, rest) = line.split_once(' ')?;
        let (expires_at, id) = rest.split_once(' ')?;
        let expires_at = Timestamp::from_millis(expires_at.parse().ok()?);
        Some(Self { hash: hash(id), version: version.parse().ok()?, day: day(expires_at) })
    }
}

/// The places of the outcomes that lie in rows of events. Two ids may have one hash: the row says whose it is.
#[derive(Debug, Default)]
pub struct Ledger {
    places: HashMap<u64, Version>,
    /// `through` and `day` of each block, ascending.
    blocks: VecDeque<(Version, i64)>,
    /// The places that are in no block yet.
    young: Vec<Place>,
}

impl Ledger {
    /// The ledger as it is stored: its blocks, ascending, and the outcomes in the events after them, each as a line of `version
    /// expires_at id`.
    ///
    /// # Errors
    /// Fails if that cannot be read.
    pub fn stored(blocks: &[Block], young: &str) -> Result<Self, Fault> {
        let mut ledger = Self::default();
        for Block { through, day, places } in blocks {
            ledger.blocks.push_back((*through, *day));
            for place in places.split_ascii_whitespace() {
                let read = place.split_at_checked(16).and_then(|(hash, version)| {
                    Some((u64::from_str_radix(hash, 16).ok()?, version.parse().ok()?))
                });
                ledger.places.extend([read.ok_or_else(|| unreadable(place))?]);
            }
        }
        for line in young.lines() {
            ledger.add(Place::read(line).ok_or_else(|| unreadable(line))?);
        }
        Ok(ledger)
    }

    /// Version of the first event of a command, if its outcome lies there: the row says whether it is this command's.
    pub fn place(&self, command_id: &Id) -> Option<Version> {
        self.places.get(&hash(command_id.as_str())).copied()
    }

    /// True if so many more places can be kept.
    pub fn has_room(&self, more: usize) -> bool {
        self.places.len() + more <= PLACES
    }

    /// The block that is to be stored together with these outcomes, if there are enough events with them: the stream is at `head`
    /// then.
    pub fn block(&self, more: &[&Outcome], head: Version) -> Option<Block> {
        let after = self.blocks.back().map_or(0, |(through, _)| *through);
        if head < after + BLOCK_EVENTS {
            return None;
        }
        let more = more.iter().map(|outcome| Place::of(outcome));
        let all: Vec<_> = self.young.iter().copied().chain(more).collect();
        let places = all.iter().map(|Place { hash, version, .. }| format!("{hash:016x}{version}"));
        let places = places.collect::<Vec<_>>().join(" ");
        let day = all.iter().map(|place| place.day).max().unwrap_or_default();
        Some(Block { through: head, day, places })
    }

    /// These outcomes were stored in rows of events, and perhaps a [`block`](Self::block) with them.
    pub fn stores(&mut self, more: &[&Outcome], block: Option<&Block>) {
        more.iter().for_each(|outcome| self.add(Place::of(outcome)));
        if let Some(Block { through, day, .. }) = block {
            self.blocks.push_back((*through, *day));
            self.young.clear();
        }
    }

    fn add(&mut self, place: Place) {
        self.places.insert(place.hash, place.version);
        self.young.push(place);
    }

    /// Forgets the blocks that expired before this day, but the last one: it says where the next one begins.
    pub fn expire(&mut self, before: i64) {
        let mut expired = 0;
        while let Some((through, day)) = self.blocks.front().copied() {
            if day >= before || self.blocks.len() == 1 {
                break;
            }
            expired = through;
            self.blocks.pop_front();
        }
        if expired > 0 {
            self.places.retain(|_, version| *version > expired);
        }
    }
}

/// The first 8 bytes of SHA-256: nobody makes ids that meet by accident.
fn hash(id: &str) -> u64 {
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

fn unreadable(place: &str) -> Fault {
    Fault::Unreadable(format!("the place of a command: {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1000;

    fn id(text: impl ToString) -> Id {
        Id::parse(text.to_string()).unwrap()
    }

    /// The outcome of a command with one event, this one.
    fn outcome(version: Version, day: i64) -> Outcome {
        Outcome {
            command_id: id(version),
            fingerprint: String::new(),
            after: version - 1,
            through: version,
            expires_at: Timestamp::from_millis(day * DAY),
        }
    }

    /// Commands of these versions, one after the other, each expiring on this day; gives the blocks.
    fn decided(
        ledger: &mut Ledger,
        versions: std::ops::RangeInclusive<Version>,
        day: i64,
    ) -> Vec<Block> {
        let mut blocks = Vec::new();
        for version in versions {
            let outcome = outcome(version, day);
            let block = ledger.block(&[&outcome], version);
            ledger.stores(&[&outcome], block.as_ref());
            blocks.extend(block);
        }
        blocks
    }

    #[test]
    fn what_is_stored_says_where_every_command_is() {
        let mut ledger = Ledger::default();
        let blocks = decided(&mut ledger, 1..=300, 7);
        assert_eq!(blocks.iter().map(|block| block.through).collect::<Vec<_>>(), [128, 256]);
        let line = |version: Version| format!("{version} {} {version}", 7 * DAY);
        let young: Vec<_> = (257..=300).map(line).collect();
        let mut loaded = Ledger::stored(&blocks, &young.join("\n")).unwrap();
        for ledger in [&ledger, &loaded] {
            for version in 1..=300 {
                assert_eq!(ledger.place(&id(version)), Some(version));
            }
            assert_eq!(ledger.place(&id(301)), None);
        }
        // Both go on alike.
        let next = decided(&mut loaded, 301..=384, 8);
        assert_eq!(next, decided(&mut ledger, 301..=384, 8));
        assert_eq!((next[0].through, next[0].day), (384, 8));
    }

    #[test]
    fn events_without_a_command_of_somebody_count_too() {
        let mut ledger = Ledger::default();
        decided(&mut ledger, 1..=1, 7);
        assert_eq!(ledger.block(&[], BLOCK_EVENTS - 1), None);
        let block = ledger.block(&[], BLOCK_EVENTS + 50).unwrap();
        assert_eq!((block.through, block.day, block.places.len()), (BLOCK_EVENTS + 50, 7, 17));
        ledger.stores(&[], Some(&block));
        let empty = ledger.block(&[], 2 * BLOCK_EVENTS + 50).unwrap();
        assert_eq!((empty.day, empty.places.as_str()), (0, ""));
        assert_eq!(Ledger::stored(&[block, empty], "").unwrap().place(&id(1)), Some(1));
    }

    #[test]
    fn blocks_are_forgotten_once_all_of_them_has_expired_and_the_last_one_stays() {
        let mut ledger = Ledger::default();
        for (first, day) in [(1, 7), (129, 8), (257, 9)] {
            decided(&mut ledger, first..=first + 127, day);
        }
        decided(&mut ledger, 385..=390, 9);
        ledger.expire(8);
        assert_eq!(
            [1, 128, 129, 390].map(|version| ledger.place(&id(version))),
            [None, None, Some(129), Some(390)]
        );
        ledger.expire(100);
        assert_eq!(
            [256, 257, 390].map(|version| ledger.place(&id(version))),
            [None, Some(257), Some(390)]
        );
        assert_eq!(ledger.block(&[], 511), None, "it is known where the next block begins");
        assert!(ledger.block(&[], 512).is_some());
    }

    #[test]
    fn there_are_only_so_many_places_and_what_cannot_be_read_is_a_fault() {
        let mut ledger = Ledger::default();
        assert!(ledger.has_room(PLACES) && !ledger.has_room(PLACES + 1));
        decided(&mut ledger, 1..=1, 7);
        assert!(!ledger.has_room(PLACES));
        let block = |places: &str| [Block { through: 9, day: 7, places: places.into() }];
        for (places, young) in [("12", ""), ("xxxxxxxxxxxxxxxx1", ""), ("", "1 2"), ("", "a 1 b")] {
            assert!(Ledger::stored(&block(places), young).is_err(), "{places} {young}");
        }
    }
}
