//! Messages come to the objects and to the journal, as the queue's consumer and the shell of the objects bring them.

use std::collections::BTreeMap;

use edgefold_flow::{
    contract::SpanWanted,
    instance::Received,
    publish::{Delivery, Entries, Letter},
    receive::{Incoming, Parcel, Receipt, Settled, Step, joined, spans, step},
};
use edgefold_kernel::{Envelope, Fault, StreamId, Version, limits};

use crate::Simulator;

/// Rounds in which a delivery should have come to its end.
const ROUNDS: usize = 100;

/// What the sources are to be told.
type Told = BTreeMap<StreamId, Settled>;

impl Simulator {
    /// Serves a batch of messages. `unheard`: the receipts get lost.
    pub(crate) fn serve(&mut self, texts: Vec<String>, unheard: bool) {
        let life = self.lives;
        let (mut letters, mut entries) = (Vec::new(), Vec::new());
        for text in texts {
            match serde_json::from_str::<Letter>(&text) {
                Ok(letter) => letters.push(letter),
                Err(_) => entries.push(serde_json::from_str::<Entries>(&text).expect("a message")),
            }
        }
        let told = [self.deliver(letters), self.journal(entries)];
        if unheard {
            return;
        }
        for (source, settled) in told.into_iter().flatten() {
            self.meanwhile();
            if self.lives != life {
                return;
            }
            self.settled(&source, &settled);
        }
    }

    /// Tells a source what has become of its messages.
    fn settled(&mut self, source: &StreamId, settled: &Settled) {
        if self.check(source).is_err() {
            return;
        }
        let moved = self.with_stamp(source, |object, stamp| {
            object.settled(settled, limits::BUS_ATTEMPTS, stamp)
        });
        self.tell(source);
        self.set_alarm(source);
        if moved == Ok(true) {
            self.unkept.insert(source.clone());
        }
    }

    /// Brings the deliveries of letters to their destinations.
    fn deliver(&mut self, letters: Vec<Letter>) -> Told {
        let (mut told, life) = (Told::new(), self.lives);
        let mut bound: BTreeMap<StreamId, BTreeMap<StreamId, Vec<Delivery>>> = BTreeMap::new();
        for Letter { source, after, through, deliveries } in letters {
            told.entry(source.clone()).or_default().covered.push((after, through));
            for one in deliveries {
                bound
                    .entry(one.to)
                    .or_default()
                    .entry(source.clone())
                    .or_default()
                    .push(one.delivery);
            }
        }
        for (to, from) in bound {
            let deliveries =
                from.into_iter().map(|(from, all)| Incoming { from, delivery: joined(all) });
            let parcel = Parcel { deliveries: deliveries.collect() };
            self.meanwhile();
            if self.lives != life {
                return Told::new();
            }
            let receipts = self.hand_over(&to, &parcel);
            for (Incoming { from, .. }, receipt) in parcel.deliveries.into_iter().zip(receipts) {
                told.entry(from).or_default().receipts.push((Some(to.clone()), receipt));
            }
        }
        told
    }

    /// Hands an instance its parcel. Returns the receipt of each delivery in it.
    pub(crate) fn hand_over(&mut self, to: &StreamId, parcel: &Parcel) -> Vec<Receipt> {
        if let Err(fault) = self.check(to) {
            let failed = |one: &Incoming| Receipt::failed(&one.delivery, fault.clone());
            return parcel.deliveries.iter().map(failed).collect();
        }
        let (deliveries, life) = (&parcel.deliveries, self.lives);
        self.busy.push(to.clone());
        let at_once = self.with_stamp(to, |object, stamp| object.receive_all(deliveries, stamp));
        self.tell(to);
        let mut receipts = Vec::with_capacity(deliveries.len());
        for (incoming, receipt) in deliveries.iter().zip(at_once) {
            let receipt = receipt.unwrap_or_else(|| self.take_one(to, incoming));
            // With the runtime, the call ends.
            receipts.push(match self.lives == life {
                true => receipt,
                false => Receipt::failed(&incoming.delivery, ended()),
            });
        }
        if self.lives == life {
            self.is_free(to);
        }
        receipts
    }

    fn take_one(&mut self, to: &StreamId, incoming: &Incoming) -> Receipt {
        let (mut refused, life) = (Vec::new(), self.lives);
        for _ in 0..ROUNDS {
            if self.lives != life {
                return self.stopped(to, incoming, refused, ended());
            }
            let (after, through) = match self.take_part(to, incoming) {
                Ok(Received::Done(mut receipt)) => {
                    refused.append(&mut receipt.refused);
                    return Receipt { refused, ..receipt };
                }
                Ok(Received::Gap { after, through }) => (after, through),
                Err(fault) => return self.stopped(to, incoming, refused, fault),
            };
            let from = &incoming.from;
            let part = self
                .check_reachable(from)
                .and_then(|()| self.object(from).part(to, after, through, limits::PAGE_EVENTS));
            let part = match part {
                Ok(part) if part.through > after => part,
                Ok(_) => {
                    let fault =
                        Fault::Unavailable("the source".into(), "it has no such version".into());
                    return self.stopped(to, incoming, refused, fault);
                }
                Err(fault) => return self.stopped(to, incoming, refused, fault),
            };
            self.meanwhile();
            if self.lives != life {
                return self.stopped(to, incoming, refused, ended());
            }
            let part = Incoming { from: from.clone(), delivery: part };
            match self.take_part(to, &part) {
                Ok(Received::Done(mut receipt)) => {
                    refused.append(&mut receipt.refused);
                    if receipt.failure.is_some() {
                        return Receipt { refused, ..receipt };
                    }
                }
                // Another delivery has moved the mark meanwhile: look again.
                Ok(Received::Gap { .. }) => {}
                Err(fault) => return self.stopped(to, &part, refused, fault),
            }
        }
        panic!("a gap that is filled stays open: {incoming:?}");
    }

    fn take_part(&mut self, to: &StreamId, incoming: &Incoming) -> Result<Received, Fault> {
        let streams = self.object(to).delivery_rests_on(incoming)?;
        let foreign = match streams.is_empty() {
            true => Default::default(),
            false => {
                let (foreign, life) = (self.ask(streams)?, self.lives);
                self.meanwhile();
                if self.lives != life {
                    return Err(ended());
                }
                foreign
            }
        };
        let received =
            self.with_stamp(to, |object, stamp| object.receive(incoming, &foreign, stamp));
        self.tell(to);
        received
    }

    fn stopped(
        &mut self,
        to: &StreamId,
        incoming: &Incoming,
        refused: Vec<edgefold_flow::receive::RefusedErrand>,
        fault: Fault,
    ) -> Receipt {
        let failed = Receipt::failed(&incoming.delivery, fault);
        let mark = self.object(to).mark(&incoming.from).expect("memory does not fail");
        Receipt { mark, refused, ..failed }
    }

    /// Journals what came for the journal.
    fn journal(&mut self, entries: Vec<Entries>) -> Told {
        let mut told = Told::new();
        let mut streams: BTreeMap<StreamId, Vec<Envelope>> = BTreeMap::new();
        for Entries { source, after, through, mut events } in entries {
            if events.is_empty() {
                match self.span(&source, after, through) {
                    Ok(span) => events = span,
                    Err(_) => continue,
                }
            }
            told.entry(source.clone()).or_default().covered.push((after, through));
            streams.entry(source).or_default().extend(events);
        }
        for (source, events) in streams {
            let failure = self.journal_one(&source, events).err();
            let settled = told.entry(source).or_default();
            let through = settled.covered.iter().map(|(_, through)| *through).max().unwrap_or(0);
            let mark = failure.as_ref().map_or(through, |(version, _)| version.saturating_sub(1));
            settled.receipts.push((None, Receipt { mark, refused: Vec::new(), failure }));
        }
        told
    }

    /// Journals events of one stream, and before them what is missing.
    fn journal_one(
        &mut self,
        source: &StreamId,
        events: Vec<Envelope>,
    ) -> Result<(), (Version, Fault)> {
        let first = events.iter().map(|event| event.version).min().unwrap_or(1);
        self.journal.check().map_err(|fault| (first, fault))?;
        for span in spans(events) {
            let mark = self.journal.mark(source);
            if let Step::Fill { after, through } = step(mark, (span.after, span.through)) {
                let missing =
                    self.span(source, after, through).map_err(|fault| (mark + 1, fault))?;
                self.journal.append(&self.catalogue, source, missing, None)?;
            }
            self.journal.append(&self.catalogue, source, span.events, None)?;
        }
        Ok(())
    }

    fn span(
        &mut self,
        source: &StreamId,
        after: Version,
        through: Version,
    ) -> Result<Vec<Envelope>, Fault> {
        self.check_reachable(source)?;
        let wanted = SpanWanted { after, through: Some(through) };
        let mut found = self.object(source).span(&wanted)?.span.events;
        while let Some(last) = found.last().map(|event| event.version).filter(|it| *it < through) {
            let wanted = SpanWanted { after: last, ..wanted };
            let next = self.object(source).span(&wanted)?.span.events;
            if next.is_empty() {
                break;
            }
            found.extend(next);
        }
        Ok(found)
    }
}

/// The fault of a call that ends with the runtime.
fn ended() -> Fault {
    Fault::Unavailable("the runtime".into(), "it has ended".into())
}
