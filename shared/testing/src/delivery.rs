//! Letters of the simulator reach their destinations, wait, or are parked. [`park`] decides about each sequence, as in
//! the deployed system; this file has only the loop.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::{
    Accepted, Message,
    instance::Received,
    publish::Letter,
    receive::{
        Delivery,
        parcel::{Load, Taken},
    },
    route::park::{self, Parts, Place, Sequence, Sorted, Standing, Step, Verdict},
};
use edgefold_kernel::{Failure, Id, StreamId, Timestamp, limits};

use crate::Simulator;

impl Simulator {
    /// Makes an instance take nothing from the bus from now on.
    #[track_caller]
    pub fn break_down(&mut self, aggregate_type: &str, id: &str) {
        self.parking.broken.insert(stream(aggregate_type, id));
    }

    /// Makes the instance take deliveries again.
    #[track_caller]
    pub fn mend(&mut self, aggregate_type: &str, id: &str) {
        self.parking.broken.remove(&stream(aggregate_type, id));
    }

    /// Failures of the sequence that has failed most often and is not parked.
    pub fn attempts(&self) -> u32 {
        let attempts = self.parking.standings.values().map(|standing| match standing {
            Standing::Failing { attempts, .. } => *attempts,
            _ => 0,
        });
        attempts.max().unwrap_or(0)
    }

    /// The places that are parked, by sequence and in order.
    pub fn parked(&self) -> BTreeMap<Sequence, Vec<Place>> {
        let places = |(sequence, parts): (&Sequence, &Parts)| {
            (sequence.clone(), parts.keys().copied().collect())
        };
        self.parking.letters.iter().map(places).collect()
    }

    /// Delivers parked letters, each sequence in order and up to its first failure. A sequence with nothing left flows
    /// again.
    pub fn retry(&mut self) {
        for (sequence, mut parts) in std::mem::take(&mut self.parking.letters) {
            let parcel = Sorted::from([(sequence.clone(), parts.clone())]);
            match self.bring(parcel).remove(&sequence) {
                None => drop(self.parking.standings.remove(&sequence)),
                Some(from) => {
                    self.parking.letters.insert(sequence, parts.split_off(&from));
                }
            }
        }
    }

    /// Delivers letters to all their destinations, all parts for one instance in one parcel, as the queue's consumer
    /// does. A letter with a part that has neither arrived nor is parked goes back to the bus.
    pub(crate) fn deliver(&mut self, texts: Vec<String>) {
        let mut sorted = Sorted::new();
        let mut held = Vec::with_capacity(texts.len());
        for text in texts {
            let letter: Letter = serde_json::from_str(&text).expect("a letter");
            let mut places = Vec::new();
            for (sequence, place, part) in park::parts(&self.catalogue, &letter) {
                places.push((sequence.clone(), place));
                sorted.entry(sequence).or_default().insert(place, part);
            }
            held.push((text, places, letter.event));
        }
        let (settled, again) = self.run(sorted);
        for (text, places, event) in held {
            if places.iter().all(|place| settled.contains(place)) {
                self.object(&event.stream).confirm(&[event.version]).expect("memory does not fail");
            } else {
                self.bus.again(again, text);
            }
        }
    }

    /// Takes one step with each sequence. Returns the places that have arrived or are parked, and the instant of the
    /// rest.
    fn run(&mut self, sorted: Sorted) -> (BTreeSet<(Sequence, Place)>, Timestamp) {
        let (mut settled, mut again) = (BTreeSet::new(), self.now);
        let (mut flowing, mut behind) = (Sorted::new(), Sorted::new());
        for (sequence, parts) in sorted {
            match park::step(sequence.lane, self.parking.standing(&sequence), self.now) {
                Step::Deliver => drop(flowing.insert(sequence, parts)),
                Step::Behind => drop(behind.insert(sequence, parts)),
                Step::Wait(millis) => again = again.max(self.now.plus_millis(millis)),
                Step::Later => again = again.max(self.now.plus_millis(limits::BUS_AGAIN_MS)),
            }
        }
        let failed = self.bring(flowing.clone());
        for (sequence, mut parts) in flowing {
            let left = failed.get(&sequence).map(|from| parts.split_off(from));
            settled.extend(parts.into_keys().map(|place| (sequence.clone(), place)));
            let Some(left) = left else {
                self.parking.standings.remove(&sequence);
                continue;
            };
            match park::verdict(self.parking.standing(&sequence), limits::BUS_ATTEMPTS) {
                Verdict::Park => drop(behind.insert(sequence, left)),
                Verdict::Again(millis) => {
                    self.parking.fail(&sequence, self.now);
                    again = again.max(self.now.plus_millis(millis));
                }
                Verdict::Later => again = again.max(self.now.plus_millis(limits::BUS_AGAIN_MS)),
            }
        }
        for (sequence, parts) in behind {
            settled.extend(parts.keys().map(|place| (sequence.clone(), *place)));
            self.parking.park(&sequence, parts);
        }
        (settled, again)
    }

    /// Delivers each instance its parcel. Returns the first place that has not arrived of each sequence that fails.
    fn bring(&mut self, sorted: Sorted) -> BTreeMap<Sequence, Place> {
        let mut bound: BTreeMap<StreamId, Vec<(Sequence, Parts)>> = BTreeMap::new();
        for (sequence, parts) in sorted {
            if let Some(to) = sequence.destination.clone() {
                bound.entry(to).or_default().push((sequence, parts));
            }
        }
        let mut failed = BTreeMap::new();
        for (to, parcel) in bound {
            if self.parking.broken.contains(&to) {
                let first = |(sequence, parts): (Sequence, Parts)| {
                    parts.into_keys().next().map(|place| (sequence, place))
                };
                failed.extend(parcel.into_iter().filter_map(first));
            } else {
                self.hand_over(&to, parcel, &mut failed);
            }
        }
        failed
    }

    /// Delivers one instance its parcel. Its refusals go back to the source.
    fn hand_over(
        &mut self,
        to: &StreamId,
        parcel: Vec<(Sequence, Parts)>,
        failed: &mut BTreeMap<Sequence, Place>,
    ) {
        let (mut at_once, mut ran) = (Vec::new(), Vec::new());
        for (sequence, parts) in parcel {
            match Load::new(&sequence.source, &parts) {
                Load::Events(delivery) => self.receive(to, delivery),
                Load::Errands(messages) if self.rests(to, &messages) => {
                    let results = messages.iter().map(|one| self.command(one)).collect();
                    ran.push((sequence, parts, results));
                }
                Load::Errands(messages) => at_once.push((sequence, parts, messages)),
            }
        }
        let messages: Vec<_> = at_once.iter().map(|(.., messages)| messages.as_slice()).collect();
        let results = self.with_stamp(to, |object, stamp| object.handle_all(&messages, stamp));
        self.publish(to);
        let at_once = at_once.into_iter().zip(results);
        ran.extend(at_once.map(|((sequence, parts, _), results)| (sequence, parts, results)));
        for (sequence, parts, results) in ran {
            if let Some(place) = self.settle_errands(&sequence.source, &parts, &results) {
                failed.insert(sequence, place);
            }
        }
    }

    fn rests(&mut self, to: &StreamId, messages: &[Message]) -> bool {
        let now = self.now;
        let object = self.object(to);
        let rests = |one| object.rests_on(one, now).expect("memory does not fail");
        messages.iter().any(|one| !rests(one).is_empty())
    }

    /// Tells the source of refusals. Returns the first command that was not decided, or whose refusal the source does
    /// not take.
    fn settle_errands(
        &mut self,
        source: &StreamId,
        parts: &Parts,
        results: &[Result<Accepted, Failure>],
    ) -> Option<Place> {
        let (done, failure) = Taken::ran(results).of(parts);
        assert_eq!(failure, None, "an errand that can be decided");
        for (place, refused) in done {
            let Some(refused) = refused else { continue };
            if self.parking.broken.contains(source) {
                return Some(place);
            }
            let noted = self.with_stamp(source, |object, stamp| object.refused(&refused, stamp));
            noted.expect("a refusal is noted");
            self.publish(source);
        }
        None
    }

    fn receive(&mut self, destination: &StreamId, mut delivery: Delivery) {
        let source = delivery.source();
        loop {
            let step =
                self.with_stamp(destination, |object, stamp| object.receive(&delivery, stamp));
            match step.expect("a readable delivery") {
                Received::Through(_) => break,
                Received::Gap { after, through } => {
                    let fill = self.copy(&source, after, through);
                    delivery.spans.splice(0..0, fill.spans);
                }
            }
        }
        self.publish(destination);
    }
}

#[track_caller]
fn stream(aggregate_type: &str, id: &str) -> StreamId {
    StreamId::new(aggregate_type, Id::parse(id).expect("a well-formed id"))
}
