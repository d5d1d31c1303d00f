//! The bus hands an object a parcel: what a batch has for it. What is missing before a delivery is read from its source.

use std::{rc::Rc, time::Duration};

use edgefold_flow::{
    contract::{self, PartWanted},
    door::Asker,
    instance::Received,
    publish::Delivery,
    receive::{Incoming, Parcel, Receipt},
};
use edgefold_kernel::{Fault, StreamId, Version};
use futures_util::future::{Either, FutureExt, join_all, select};
use worker::Delay;

use super::instance::Object;
use crate::{
    bus::consume::fault_of,
    platform::{clock, later::later, stub},
};

/// Time for a delivery that needs something of another object: half of what the bus waits for a parcel, so that a slow source
/// holds up only its own deliveries.
const DELIVERY_WITHIN: Duration = Duration::from_secs(5);

impl Object {
    /// Takes every delivery up to its first failure. Those that need nothing of other objects share one transaction.
    pub(super) async fn take(self: &Rc<Self>, parcel: Parcel) -> Vec<Receipt> {
        let stamp = clock::stamp(&Asker::System);
        let at_once = self.instance.receive_all(&parcel.deliveries, &stamp);
        self.tell();
        let others =
            parcel.deliveries.into_iter().zip(at_once).map(
                async |(incoming, receipt)| match receipt {
                    Some(receipt) => receipt,
                    None => {
                        let (object, delivery) = (Rc::clone(self), incoming.delivery.clone());
                        self.bounded(delivery, async move { object.take_one(incoming).await }).await
                    }
                },
            );
        let receipts = join_all(others).await;
        // A refusal is remembered, and deleted some day.
        if receipts.iter().any(|receipt| !receipt.refused.is_empty()) {
            self.set_alarm();
        }
        receipts
    }

    async fn take_one(self: Rc<Self>, incoming: Incoming) -> Receipt {
        let mut refused = Vec::new();
        loop {
            let received = self.take_part(&incoming).await;
            let (after, through) = match received {
                Ok(Received::Done(mut receipt)) => {
                    refused.append(&mut receipt.refused);
                    return Receipt { refused, ..receipt };
                }
                Ok(Received::Gap { after, through }) => (after, through),
                Err(fault) => return self.stopped(&incoming, refused, fault),
            };
            let from = &incoming.from;
            let part = match self.part(from, after, through).await {
                Ok(part) if part.through > after => part,
                Ok(_) => {
                    let StreamId { aggregate_type, aggregate_id } = from;
                    let said = format!("{aggregate_type} {aggregate_id} has no version {through}");
                    let fault = Fault::Unavailable("the source".into(), said);
                    return self.stopped(&incoming, refused, fault);
                }
                Err(fault) => return self.stopped(&incoming, refused, fault),
            };
            let part = Incoming { from: from.clone(), delivery: part };
            match self.take_part(&part).await {
                Ok(Received::Done(mut receipt)) if receipt.failure.is_none() => {
                    refused.append(&mut receipt.refused);
                }
                Ok(Received::Done(mut receipt)) => {
                    refused.append(&mut receipt.refused);
                    return Receipt { refused, ..receipt };
                }
                // Another delivery has moved the mark meanwhile: look again.
                Ok(Received::Gap { .. }) => {}
                Err(fault) => return self.stopped(&part, refused, fault),
            }
        }
    }

    async fn take_part(self: &Rc<Self>, incoming: &Incoming) -> Result<Received, Fault> {
        let streams = self.instance.delivery_rests_on(incoming)?;
        let foreign = self.ask(streams).await.map_err(|failure| fault_of(&failure))?;
        let stamp = clock::stamp(&Asker::System);
        let received = self.instance.receive(incoming, &foreign, &stamp);
        self.tell();
        received
    }

    fn stopped(
        &self,
        incoming: &Incoming,
        refused: Vec<edgefold_flow::receive::RefusedErrand>,
        fault: Fault,
    ) -> Receipt {
        let failed = Receipt::failed(&incoming.delivery, fault);
        let mark = self.instance.mark(&incoming.from).unwrap_or_default();
        Receipt { mark, refused, ..failed }
    }

    /// What a source has for this instance, as much as one page takes.
    async fn part(
        &self,
        from: &StreamId,
        after: Version,
        through: Version,
    ) -> Result<Delivery, Fault> {
        let to = self.instance.stream().clone();
        let wanted = PartWanted { to, after, through };
        let part = stub::call(&self.env, self.catalogue, from, contract::PART, &wanted).await;
        part.map_err(|failure| fault_of(&failure))
    }

    /// A delivery that takes longer goes on, and is found done at the next attempt.
    async fn bounded(
        &self,
        delivery: Delivery,
        work: impl Future<Output = Receipt> + 'static,
    ) -> Receipt {
        match select(work.boxed_local(), Delay::from(DELIVERY_WITHIN)).await {
            Either::Left((receipt, _)) => receipt,
            Either::Right(((), rest)) => {
                later(&self.state, rest.map(drop));
                let said = format!("not within {DELIVERY_WITHIN:?}");
                Receipt::failed(&delivery, Fault::Unavailable("the source".into(), said))
            }
        }
    }
}
