//! What fails, and what an administrator does about it.

use std::collections::BTreeMap;

use edgefold_flow::{
    append::storage::Storage,
    contract::HoldDiscarded,
    publish::{
        Hold,
        hold::{Decided, Status},
    },
};
use edgefold_kernel::{Failure, Fault, StreamId, Subject, Timestamp, Version};

use crate::{
    Simulator,
    simulator::{Sequence, stream},
};

impl Simulator {
    /// Makes every call of the queue to an instance fail from now on, in a way that cannot heal.
    #[track_caller]
    pub fn break_down(&mut self, aggregate_type: &str, id: &str) {
        let fault = Fault::Defect("broken".into());
        self.failing.insert(stream(aggregate_type, id), fault);
    }

    /// Makes every call to an instance fail from now on, as one that has too much to do.
    #[track_caller]
    pub fn overload(&mut self, aggregate_type: &str, id: &str) {
        let fault = Fault::Unavailable("the object".into(), "overloaded".into());
        self.failing.insert(stream(aggregate_type, id), fault);
    }

    /// Makes the instance take calls again.
    #[track_caller]
    pub fn mend(&mut self, aggregate_type: &str, id: &str) {
        self.failing.remove(&stream(aggregate_type, id));
    }

    /// Makes every instance, the journals and the administrators' list take calls again.
    pub fn heal(&mut self) {
        self.failing.clear();
        self.list_away = false;
        self.journal.heal();
    }

    /// Fails while an instance has too much to do; one that is broken for the queue alone answers.
    pub(crate) fn check_reachable(&self, stream: &StreamId) -> Result<(), Fault> {
        self.check(stream).or_else(|fault| if fault.retryable() { Err(fault) } else { Ok(()) })
    }

    pub(crate) fn check(&self, stream: &StreamId) -> Result<(), Fault> {
        self.failing.get(stream).cloned().map_or(Ok(()), Err)
    }

    pub(crate) fn holds_of(&self, source: &StreamId) -> Vec<Hold> {
        let Some(storage) = self.storages.get(source) else { return Vec::new() };
        let texts = storage.holds(Timestamp::MAX, usize::MAX).expect("memory does not fail");
        texts.iter().map(|text| serde_json::from_str(text).expect("a hold")).collect()
    }

    /// True unless we make it fail in a way that heals by itself: then it is tried for ever.
    pub(crate) fn heals(&self, hold: &Hold) -> bool {
        !self.failing.get(&hold.to).is_some_and(Fault::retryable)
    }

    /// What is held back.
    pub fn held(&self) -> BTreeMap<Sequence, Hold> {
        let of = |source: &StreamId| {
            let source = source.clone();
            let holds = self.holds_of(&source).into_iter();
            holds.map(move |hold| ((source.clone(), hold.to.clone()), hold)).collect::<Vec<_>>()
        };
        let all = self.storages.keys().flat_map(of);
        all.filter(|(_, hold)| hold.status != Status::Free).collect()
    }

    /// The versions that wait for an administrator, by source and destination and in order.
    pub fn parked(&self) -> BTreeMap<Sequence, Vec<Version>> {
        let parked = self.held().into_iter().filter(|(_, hold)| hold.status == Status::Parked);
        parked
            .map(|(sequence, hold)| {
                let storage = &self.storages[&sequence.0];
                let head = storage.head().expect("memory does not fail").version;
                let versions = storage.addressed(&hold.to, hold.after, head, usize::MAX);
                (sequence, versions.expect("memory does not fail"))
            })
            .collect()
    }

    /// What has not reached whom it concerns: source, destination, the version up to which that has everything, and the last
    /// one that is for it or, where a version before that was passed over, that one.
    pub fn lacking(&self) -> Vec<(StreamId, StreamId, Version, Version)> {
        let pairs =
            self.storages.iter().flat_map(|one| self.storages.iter().map(move |to| (one, to)));
        let lacking = pairs.filter_map(|((source, from), (to, at))| {
            let last = from.last_addressed(to, Version::MAX).expect("memory does not fail");
            let mark = at.mark(source).expect("memory does not fail");
            let wanted = from.addressed(to, 0, mark, usize::MAX).expect("memory does not fail");
            let sequence = (source.clone(), to.clone());
            let given = self.given.get(&sequence);
            let mut passed_over = wanted
                .into_iter()
                .filter(|version| !given.is_some_and(|given| given.contains(version)));
            let lacks = passed_over.next().or((mark < last).then_some(last))?;
            Some((source.clone(), to.clone(), mark, lacks))
        });
        lacking.collect()
    }

    /// What the administrators' list says.
    pub fn listed(&self) -> &BTreeMap<Sequence, Hold> {
        &self.listed
    }

    /// Attempts of the destination that has failed most often and is not parked.
    pub fn attempts(&self) -> u32 {
        let failing = self.held().into_values().filter(|hold| hold.status == Status::Failing);
        failing.map(|hold| hold.attempts).max().unwrap_or(0)
    }

    /// An administrator lets everything be tried that is parked.
    pub fn retry(&mut self) {
        for sequence in self.parked().into_keys() {
            let (source, to) = &sequence;
            let decided = Decided { discarded: None, by: admin(), at: self.now, reason: None };
            self.object(source).retry_hold(to, decided).expect("a hold");
            self.attempt(&sequence);
            self.set_alarm(source);
        }
    }

    /// An administrator lets the version go at which a sequence stands.
    ///
    /// # Errors
    /// The refusal or fault of the source.
    pub fn discard(&mut self, sequence: &Sequence) -> Result<(), Failure> {
        let (source, to) = sequence;
        let (to, reason) = (to.clone(), "beyond repair".to_owned());
        let asked = HoldDiscarded { to, version: None, by: admin(), reason };
        self.with_stamp(source, |object, stamp| object.discard(&asked, stamp))?;
        self.tell(source);
        self.attempt(sequence);
        self.set_alarm(source);
        Ok(())
    }
}

fn admin() -> Subject {
    Subject::parse("admin").expect("a well-formed subject")
}
