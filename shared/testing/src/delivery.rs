//! Letters of the simulator come to their destinations, or wait, or are parked: what becomes of a sequence is decided by
//! [`park`], as it is in the deployed system; here is only the store that it needs, and the loop.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::{
    contract::RefusedErrand,
    instance::Received,
    park::{self, Lane, Part, Place, Sequence, Sorted, Standing, Step, Verdict},
    publish::Letter,
    receive::Delivery,
    route::spans,
};
use edgefold_kernel::{Envelope, Failure, Id, StreamId, Timestamp, limits};

use crate::Simulator;

/// What fails, and what is parked: the store of dead letters.
#[derive(Debug, Default)]
pub(crate) struct Parking {
    /// Sequences that do not flow.
    standings: BTreeMap<Sequence, Standing>,
    letters: Sorted,
    /// Who takes nothing from the bus.
    broken: BTreeSet<StreamId>,
}

impl Parking {
    fn standing(&self, sequence: &Sequence) -> Standing {
        self.standings.get(sequence).copied().unwrap_or(Standing::Flowing)
    }

    fn fail(&mut self, sequence: &Sequence, now: Timestamp) {
        let attempts = match self.standing(sequence) {
            Standing::Failing { attempts, .. } => attempts + 1,
            _ => 1,
        };
        self.standings.insert(sequence.clone(), Standing::Failing { attempts, last: now });
    }

    fn park(&mut self, sequence: &Sequence, parts: BTreeMap<Place, Part>) {
        self.standings.insert(sequence.clone(), Standing::Parked);
        self.letters.entry(sequence.clone()).or_default().extend(parts);
    }
}

impl Simulator {
    /// From now on an instance takes nothing from the bus.
    #[track_caller]
    pub fn break_down(&mut self, aggregate_type: &str, id: &str) {
        self.parking.broken.insert(stream(aggregate_type, id));
    }

    /// From now on it does again.
    #[track_caller]
    pub fn mend(&mut self, aggregate_type: &str, id: &str) {
        self.parking.broken.remove(&stream(aggregate_type, id));
    }

    /// How often the sequence has failed that has failed most and is not parked.
    pub fn attempts(&self) -> u32 {
        let attempts = self.parking.standings.values().map(|standing| match standing {
            Standing::Failing { attempts, .. } => *attempts,
            _ => 0,
        });
        attempts.max().unwrap_or(0)
    }

    /// What is parked: the places of each sequence, in their order.
    pub fn parked(&self) -> BTreeMap<Sequence, Vec<Place>> {
        let places = |(sequence, parts): (&Sequence, &BTreeMap<Place, Part>)| {
            (sequence.clone(), parts.keys().copied().collect())
        };
        self.parking.letters.iter().map(places).collect()
    }

    /// Brings what is parked to its destinations, each sequence in order and as far as it goes. One of which nothing is left
    /// flows again.
    pub fn retry(&mut self) {
        for (sequence, mut parts) in std::mem::take(&mut self.parking.letters) {
            match self.bring(&sequence, &parts) {
                None => drop(self.parking.standings.remove(&sequence)),
                Some(from) => {
                    self.parking.letters.insert(sequence, parts.split_off(&from));
                }
            }
        }
    }

    /// Brings letters to all their destinations, those of one sequence together and in order, as the queue's consumer does.
    /// A letter of which something has neither arrived nor is parked goes back to the bus.
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
        let (mut settled, mut again) = (BTreeSet::new(), self.now);
        for (sequence, parts) in sorted {
            let (places, wait) = self.course(&sequence, parts);
            again = again.max(self.now.plus_millis(wait));
            settled.extend(places.into_iter().map(|place| (sequence.clone(), place)));
        }
        for (text, places, event) in held {
            if places.iter().all(|place| settled.contains(place)) {
                self.object(&event.stream).confirm(&[event.version]).expect("memory does not fail");
            } else {
                self.bus.again(again, text);
            }
        }
    }

    /// Takes one step with a sequence. Gives what has arrived or is parked, and after how many milliseconds the rest comes
    /// again.
    fn course(
        &mut self,
        sequence: &Sequence,
        mut parts: BTreeMap<Place, Part>,
    ) -> (Vec<Place>, i64) {
        let standing = self.parking.standing(sequence);
        let all: Vec<_> = parts.keys().copied().collect();
        match park::step(sequence.lane, standing, self.now) {
            Step::Wait(millis) => return (Vec::new(), millis),
            Step::Behind => {
                self.parking.park(sequence, parts);
                return (all, 0);
            }
            Step::Deliver => {}
        }
        let Some(from) = self.bring(sequence, &parts) else {
            self.parking.standings.remove(sequence);
            return (all, 0);
        };
        let left = parts.split_off(&from);
        match park::verdict(standing, limits::BUS_ATTEMPTS) {
            Verdict::Park => {
                self.parking.park(sequence, left);
                (all, 0)
            }
            Verdict::Again(millis) => {
                self.parking.fail(sequence, self.now);
                (parts.into_keys().collect(), millis)
            }
        }
    }

    /// Brings letters of one sequence to its destination. Gives the place of the first that does not arrive.
    fn bring(&mut self, sequence: &Sequence, parts: &BTreeMap<Place, Part>) -> Option<Place> {
        let Some(to) = &sequence.destination else { return None };
        if self.parking.broken.contains(to) {
            return parts.keys().next().copied();
        }
        if sequence.lane == Lane::Event {
            let event = |part: &Part| match part {
                Part::Event(event) => Some(event.clone()),
                _ => None,
            };
            self.receive(to, parts.values().filter_map(event).collect());
            return None;
        }
        let failed = |(_, part): &(&Place, &Part)| match part {
            Part::Errand(message) => !self.run(message, &sequence.source),
            _ => false,
        };
        parts.iter().find(failed).map(|(place, _)| *place)
    }

    /// Runs a command that follows from an event. Says whether it was decided, and its source knows of a refusal.
    fn run(&mut self, message: &edgefold_flow::Message, source: &StreamId) -> bool {
        match self.command(message) {
            Ok(_) => true,
            Err(Failure::Faulted(_)) => false,
            Err(Failure::Rejected(_)) if self.parking.broken.contains(source) => false,
            Err(Failure::Rejected(rejection)) => {
                let errand = RefusedErrand { message: message.clone(), rejection };
                let noted = self.with_stamp(source, |object, stamp| object.refused(&errand, stamp));
                noted.expect("a refusal is noted");
                self.publish(source);
                true
            }
        }
    }

    fn receive(&mut self, destination: &StreamId, events: Vec<Envelope>) {
        let source = events[0].stream.clone();
        let mut delivery = Delivery {
            source_type: source.aggregate_type.clone(),
            source_id: source.aggregate_id.clone(),
            spans: spans(events),
            discarded: Vec::new(),
        };
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
