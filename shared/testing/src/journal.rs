//! The journals in memory, with what can go wrong with them: calls that fail before or after the commit, come twice, or come
//! late; a partition that starts anew; one that is restored to an earlier state. Each has a reader, who must miss nothing.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::journal::{Appended, Item, Partition, Partitions};
use edgefold_kernel::{Envelope, Fault, StreamId};

use crate::MemoryJournal;

/// A partition of a category.
pub(crate) type Place = (String, u16);

/// The journals of all categories.
#[derive(Debug, Default)]
pub struct Journal {
    /// True while they take nothing.
    pub away: bool,
    /// True while they take everything, but answer too late.
    pub slow: bool,
    /// How many partitions streams may begin in.
    pub partitions: Partitions,
    kept: BTreeMap<Place, Kept>,
    /// Calls that failed before the commit, or were answered: they may come late, or once more.
    late: Vec<(Place, String)>,
}

/// One partition, with somebody who reads it.
#[derive(Debug)]
struct Kept {
    storage: MemoryJournal,
    partition: Partition<MemoryJournal>,
    backup: MemoryJournal,
    reader: Reader,
}

#[derive(Debug, Default)]
struct Reader {
    at: u64,
    check: String,
    seen: Vec<String>,
}

/// How a call goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    /// It fails before the commit.
    pub(crate) fails: bool,
    /// It is committed, and the answer is lost.
    pub(crate) unheard: bool,
    /// An earlier call comes with it, before it or after it.
    pub(crate) late: bool,
    /// It comes twice.
    pub(crate) doubled: bool,
    /// The partition starts anew before it.
    pub(crate) restarts: bool,
}

impl Kept {
    fn new() -> Self {
        let storage = MemoryJournal::default();
        let (partition, backup) = (Partition::new(storage.clone()), storage.backup());
        Self { storage, partition, backup, reader: Reader::default() }
    }

    fn restart(&mut self) {
        self.partition = Partition::new(self.storage.clone());
    }

    fn items(&self) -> Vec<Item> {
        self.partition.page(0, usize::MAX, usize::MAX).expect("memory does not fail")
    }
}

impl Reader {
    /// Reads on, or from the beginning where the journal is another one.
    fn read(&mut self, partition: &Partition<MemoryJournal>, limit: usize) {
        let check = |at| partition.check(at).expect("memory does not fail");
        if check(self.at).as_ref() != Some(&self.check) {
            *self = Self::default();
        }
        for item in partition.page(self.at, limit, usize::MAX).expect("memory does not fail") {
            assert_eq!(item.position, self.at + 1, "a gap in the journal: positions rise by 1");
            self.at = item.position;
            self.seen.push(item.event.id.clone());
        }
        self.check = check(self.at).expect("it was just read");
    }
}

impl Journal {
    /// Takes everything again.
    pub fn heal(&mut self) {
        (self.away, self.slow) = (false, false);
    }

    /// Remembers how all partitions are now.
    pub fn back_up(&mut self) {
        self.kept.values_mut().for_each(|kept| kept.backup = kept.storage.backup());
    }

    /// All partitions become what they were when they were [backed up](Self::back_up). Returns the streams that they had.
    pub(crate) fn restore(&mut self) -> BTreeSet<StreamId> {
        let known = self.streams().into_keys().collect();
        for kept in self.kept.values_mut() {
            kept.storage.restore(&kept.backup);
            kept.restart();
        }
        known
    }

    /// All partitions start anew.
    pub(crate) fn restart(&mut self) {
        self.kept.values_mut().for_each(Kept::restart);
    }

    /// The journalled events of each stream, in the order of their positions.
    ///
    /// # Panics
    /// When a stream lies in two partitions, or a reader has missed something.
    pub fn streams(&self) -> BTreeMap<StreamId, Vec<Envelope>> {
        let (mut streams, mut places) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
        for (place, kept) in &self.kept {
            for item in kept.items() {
                let stream = item.event.stream.clone();
                let known = places.entry(stream.clone()).or_insert(place);
                assert_eq!(*known, place, "a gap in the journal: {stream:?} has moved");
                streams.entry(stream).or_default().push((*item.event).clone());
            }
        }
        streams
    }

    /// Lets every reader read to the end.
    ///
    /// # Panics
    /// When one of them has not read exactly what is there.
    pub fn read_all(&mut self) {
        for kept in self.kept.values_mut() {
            kept.reader.read(&kept.partition, usize::MAX);
            // A journal that was restored may have events of different streams in another order than before: whoever has read
            // further has each of them once, and those of a stream in their order.
            let items = kept.items();
            let there = items.iter().map(|item| (&item.event.id, &item.event.stream));
            let streams: BTreeMap<_, _> = there.clone().collect();
            let by_stream = |ids: Vec<&String>| {
                let mut found = BTreeMap::<_, Vec<_>>::new();
                for id in ids {
                    found.entry(streams.get(id)).or_default().push(id.clone());
                }
                found
            };
            assert_eq!(
                by_stream(kept.reader.seen.iter().collect()),
                by_stream(there.map(|(id, _)| id).collect()),
                "a gap in the journal: a reader has missed something"
            );
        }
    }

    /// Takes an append of a stream that belongs to this partition. `roll` gives a number below its argument.
    pub(crate) fn append(
        &mut self,
        place: &Place,
        text: &str,
        course: Course,
        roll: impl Fn(usize) -> usize,
    ) -> Result<Appended, Fault> {
        let failed = |said: &str| Err(Fault::Unavailable("the journal".into(), said.to_owned()));
        let is_late = course.late && !self.late.is_empty();
        let late = is_late.then(|| self.late[roll(self.late.len())].clone());
        self.late.push((place.clone(), text.to_owned()));
        if self.late.len() > 100 {
            self.late.remove(roll(100));
        }
        if self.away || course.fails {
            return failed("away");
        }
        let kept = self.kept.entry(place.clone()).or_insert_with(Kept::new);
        if course.restarts {
            kept.restart();
        }
        let mut texts = vec![text.to_owned()];
        if course.doubled {
            texts.push(text.to_owned());
        }
        let late = late.filter(|(of, _)| of == place).map(|(_, text)| text);
        let at = late.as_ref().map_or(0, |_| roll(texts.len() + 1));
        late.into_iter().for_each(|late| texts.insert(at, late));
        let answers = kept.partition.append_all(&texts);
        kept.reader.read(&kept.partition, roll(4));
        let own = texts.iter().zip(answers).find(|(one, _)| *one == text).expect("it is there");
        match self.slow || course.unheard {
            true => failed("no answer in time"),
            false => own.1,
        }
    }
}
