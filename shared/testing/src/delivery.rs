//! Messages come to the objects, as the queue's consumer brings them.

use std::collections::BTreeMap;

use edgefold_flow::{
    instance::Received,
    publish::{Delivery, Letter},
    receive::{Incoming, Parcel, Receipt, Settled, joined},
};
use edgefold_kernel::{Fault, StreamId, Version, limits};

use crate::Simulator;

/// Rounds in which a delivery should have come to its end.
const ROUNDS: usize = 100;

/// What the sources are to be told.
type Told = BTreeMap<StreamId, Settled>;

impl Simulator {
    /// Serves a batch of messages. `unheard`: the receipts get lost.
    pub(crate) fn serve(&mut self, texts: Vec<String>, unheard: bool) {
        let life = self.lives;
        let read = |text: &String| serde_json::from_str::<Letter>(text).expect("a letter");
        let told = self.deliver(texts.iter().map(read).collect());
        if unheard {
            return;
        }
        for (source, settled) in told {
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
                told.entry(from).or_default().receipts.push((to.clone(), receipt));
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
        let marks = self.marks(to, deliveries);
        let at_once = self.with_stamp(to, |object, stamp| object.receive_all(deliveries, stamp));
        self.note(to, deliveries, &marks);
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
        let one = std::slice::from_ref(incoming);
        let marks = self.marks(to, one);
        let received =
            self.with_stamp(to, |object, stamp| object.receive(incoming, &foreign, stamp));
        self.note(to, one, &marks);
        self.tell(to);
        received
    }

    fn marks(&mut self, to: &StreamId, deliveries: &[Incoming]) -> Vec<Version> {
        let object = self.object(to);
        let mark = |one: &Incoming| object.mark(&one.from).expect("memory does not fail");
        deliveries.iter().map(mark).collect()
    }

    /// Notes which versions the destination was given where its mark has moved.
    fn note(&mut self, to: &StreamId, deliveries: &[Incoming], before: &[Version]) {
        let marks = self.marks(to, deliveries);
        for ((one, before), mark) in deliveries.iter().zip(before).zip(marks) {
            let versions = one.delivery.items.iter().map(|item| item.version);
            let given = self.given.entry((one.from.clone(), to.clone())).or_default();
            given.extend(versions.filter(|version| (before + 1..=mark).contains(version)));
        }
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
}

/// The fault of a call that ends with the runtime.
fn ended() -> Fault {
    Fault::Unavailable("the runtime".into(), "it has ended".into())
}
