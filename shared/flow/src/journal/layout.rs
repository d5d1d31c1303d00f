//! How many partitions the journal of a category has, and in which of them a stream begins.

use std::collections::BTreeMap;

use edgefold_kernel::{Id, limits};

/// The partitions of each category, as the setting `JOURNAL_PARTITIONS` names them. A category that it does not name has one.
/// A number may only grow: a stream stays in the partition in which it began, so all of them are needed for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partitions(BTreeMap<String, u16>);

impl Partitions {
    /// Reads the setting, `order=4, device=8`. Gives the parts that make no sense, too; they are ignored.
    pub fn parse(setting: &str) -> (Self, Vec<String>) {
        let (mut found, mut wrong) = (Self::default(), Vec::new());
        for part in setting.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let pair =
                part.split_once('=').map(|(category, number)| (category.trim(), number.trim()));
            let number = pair.and_then(|(_, number)| number.parse::<u16>().ok());
            match (pair, number) {
                (Some((category, _)), Some(number @ 1..=limits::JOURNAL_PARTITIONS))
                    if !category.is_empty() =>
                {
                    found.0.insert(category.to_owned(), number);
                }
                _ => wrong.push(part.to_owned()),
            }
        }
        (found, wrong)
    }

    /// Number of partitions of a category.
    pub fn of(&self, category: &str) -> u16 {
        self.0.get(category).copied().unwrap_or(1)
    }

    /// True if a partition exists: the setting names it, or something was appended to it, whose last position is `head`. A stream
    /// may have begun in it under another setting. Nothing is done and kept for any other.
    pub fn has(&self, category: &str, partition: u16, head: u64) -> bool {
        partition < self.of(category) || head > 0
    }

    /// The partition in which a stream of this category begins. The stream keeps it: a later setting moves nothing.
    pub fn begins(&self, category: &str, id: &Id) -> u16 {
        let number = u64::from(self.of(category)).max(1);
        u16::try_from(spread(id) % number).unwrap_or_default()
    }
}

/// FNV-1a, with its halves folded: the lowest bits of the plain hash depend on the lowest bits of the bytes alone.
fn spread(id: &Id) -> u64 {
    let hash = id.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_categories_and_what_makes_no_sense_is_told() {
        let (found, wrong) = Partitions::parse(" order=4,device = 8 , room, =2, x=0, y=65, z=a,,");
        assert_eq!(
            ["order", "device", "room", "x", "y"].map(|name| found.of(name)),
            [4, 8, 1, 1, 1]
        );
        assert_eq!(wrong, ["room", "=2", "x=0", "y=65", "z=a"]);
        let has = |category, partition, head| found.has(category, partition, head);
        assert!(has("order", 3, 0) && !has("order", 4, 0) && has("room", 0, 0));
        assert!(has("order", 4, 1), "something lies in it");
        assert_eq!(Partitions::parse(""), (Partitions::default(), Vec::new()));
    }

    #[test]
    fn streams_spread_over_the_partitions() {
        for number in [1, 2, 3, 8, 64] {
            let (partitions, _) = Partitions::parse(&format!("order={number}"));
            let mut counts = vec![0; number];
            for stream in 0..number * 1_000 {
                let id = Id::parse(format!("o-{stream}")).unwrap();
                let partition = partitions.begins("order", &id);
                assert_eq!(partition, partitions.begins("order", &id));
                counts[usize::from(partition)] += 1;
            }
            assert!(counts.iter().all(|count| (700..1_300).contains(count)), "{counts:?}");
        }
    }
}
