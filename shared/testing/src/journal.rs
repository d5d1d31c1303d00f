//! The journal in memory, with what can go wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::Catalogue;
use edgefold_kernel::{Envelope, Failure, Fault, Id, StreamId, Version};

/// Keeps every stream without gaps, and drops repeats. The list of what is held back lies in the same database: while one is
/// away, so is the other.
#[derive(Debug, Default)]
pub struct Journal {
    /// True while it takes nothing.
    pub away: bool,
    /// True while it takes everything, but answers too late.
    pub slow: bool,
    streams: BTreeMap<StreamId, Vec<Envelope>>,
    poison: BTreeSet<(StreamId, Version)>,
}

impl Journal {
    /// Does not take this version of a stream from now on.
    #[track_caller]
    pub fn refuse(&mut self, aggregate_type: &str, id: &str, version: Version) {
        let id = Id::parse(id).expect("a well-formed id");
        self.poison.insert((StreamId::new(aggregate_type, id), version));
    }

    /// Takes everything again.
    pub fn heal(&mut self) {
        (self.away, self.slow) = (false, false);
        self.poison.clear();
    }

    /// The journalled events of each stream, in the order in which they came.
    pub fn streams(&self) -> &BTreeMap<StreamId, Vec<Envelope>> {
        &self.streams
    }

    pub(crate) fn mark(&self, stream: &StreamId) -> Version {
        self.streams.get(stream).map_or(0, |events| events.len() as Version)
    }

    /// Fails while it cannot be reached.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match self.away {
            true => Err(Fault::Unavailable("the database".into(), "away".into())),
            false => Ok(()),
        }
    }

    /// Appends events that follow each other, up to the first that is not taken. Those that it has are dropped.
    ///
    /// # Errors
    /// The version that is not taken, and why.
    pub(crate) fn append(
        &mut self,
        catalogue: &Catalogue,
        stream: &StreamId,
        events: Vec<Envelope>,
        discarded: Option<Version>,
    ) -> Result<(), (Version, Fault)> {
        for event in events {
            let (version, mark) = (event.version, self.mark(stream));
            if version <= mark {
                continue;
            }
            let bad = |fault| (version, fault);
            self.check().map_err(bad)?;
            assert_eq!(version, mark + 1, "a gap in the journal of {stream:?}");
            if discarded != Some(version) {
                if self.poison.contains(&(stream.clone(), version)) {
                    return Err(bad(Fault::Unreadable("poison".into())));
                }
                let entry = catalogue.entry(&stream.aggregate_type).map_err(Failure::from);
                entry.map_err(|failure| bad(Fault::Defect(failure.to_string())))?;
            }
            self.streams.entry(stream.clone()).or_default().push(event);
        }
        match self.slow {
            true => {
                let fault = Fault::Unavailable("the database".into(), "not in time".into());
                Err((self.mark(stream), fault))
            }
            false => Ok(()),
        }
    }
}
