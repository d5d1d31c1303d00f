//! The store of dead letters of the simulator.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::route::park::{Parts, Sequence, Sorted, Standing};
use edgefold_kernel::{StreamId, Timestamp};

/// The store of dead letters: sequences that fail, and those that are parked.
#[derive(Debug, Default)]
pub(crate) struct Parking {
    /// Sequences that do not flow.
    pub(crate) standings: BTreeMap<Sequence, Standing>,
    pub(crate) letters: Sorted,
    /// Instances that take nothing from the bus.
    pub(crate) broken: BTreeSet<StreamId>,
}

impl Parking {
    pub(crate) fn standing(&self, sequence: &Sequence) -> Standing {
        self.standings.get(sequence).copied().unwrap_or(Standing::Flowing)
    }

    pub(crate) fn fail(&mut self, sequence: &Sequence, now: Timestamp) {
        let attempts = match self.standing(sequence) {
            Standing::Failing { attempts, .. } => attempts + 1,
            _ => 1,
        };
        self.standings.insert(sequence.clone(), Standing::Failing { attempts, last: now });
    }

    pub(crate) fn park(&mut self, sequence: &Sequence, parts: Parts) {
        self.standings.insert(sequence.clone(), Standing::Parked);
        self.letters.entry(sequence.clone()).or_default().extend(parts);
    }
}
