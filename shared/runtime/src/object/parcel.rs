//! The bus hands an object a parcel: all parts of a batch for it.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use edgefold_flow::{
    Message, Participant,
    append::storage::Storage,
    door::Asker,
    receive::{
        Delivery,
        parcel::{Load, Parcel, Receipt, Taken},
    },
};
use edgefold_kernel::{Failure, Fault, Version};
use futures_util::future::{Either, FutureExt, join_all, select};
use worker::Delay;

use super::instance::Object;
use crate::platform::clock;

/// Time for a load that has to fetch something from its source: half of what the bus waits for a parcel, so that a slow
/// source holds up only its own letters.
const LOAD_WITHIN: Duration = Duration::from_secs(5);

impl<A: Participant> Object<A> {
    /// Takes every load up to its first failure. Commands that need no foreign stream share one transaction.
    pub(crate) async fn take(self: &Rc<Self>, parcel: Parcel) -> Receipt {
        let by = &Asker::System;
        let (mut at_once, mut others) = (Vec::new(), Vec::new());
        for (number, load) in parcel.loads.into_iter().enumerate() {
            match load {
                Load::Errands(messages) if !messages.iter().any(|one| self.rests(one, by)) => {
                    at_once.push((number, messages));
                }
                load => others.push((number, load)),
            }
        }
        let sequences: Vec<_> = at_once.iter().map(|(_, messages)| messages.as_slice()).collect();
        let results = self.instance.handle_all(&sequences, &clock::stamp(by));
        self.tell();
        results.iter().flatten().for_each(|one| self.set_alarm_for_outcome(one, by));
        let numbers = at_once.iter().map(|(number, _)| *number);
        let mut taken: BTreeMap<usize, Taken> =
            numbers.zip(results.iter().map(|results| Taken::ran(results))).collect();
        let others = others.into_iter().map(|(number, load)| async move {
            let object = Rc::clone(self);
            (number, self.bounded(async move { object.take_load(load).await }).await)
        });
        taken.extend(join_all(others).await);
        Receipt { taken: taken.into_values().collect() }
    }

    /// True if the decision on a command needs foreign streams.
    pub(crate) fn rests(&self, message: &Message, by: &Asker) -> bool {
        let needed = self.instance.rests_on(message, by, clock::now());
        needed.map_or(true, |streams| !streams.is_empty())
    }

    async fn take_load(self: Rc<Self>, load: Load) -> Taken {
        match load {
            Load::Events(delivery) => self.take_events(delivery).await,
            Load::Errands(messages) => {
                let mut results = Vec::with_capacity(messages.len());
                for message in &messages {
                    results.push(self.command(message, &Asker::System).await);
                    if matches!(results.last(), Some(Err(Failure::Faulted(_)))) {
                        break;
                    }
                }
                Taken::ran(&results)
            }
        }
    }

    async fn take_events(self: &Rc<Self>, delivery: Delivery) -> Taken {
        let source = delivery.source();
        let versions: Vec<Version> = delivery.versions().collect();
        match self.receive(delivery).await {
            Ok(()) => Taken { done: versions.len(), ..Taken::default() },
            Err(failure) => {
                // What stands before the event that is to blame was taken.
                let mark = self.instance.storage().mark(&source).unwrap_or_default();
                let done = versions.iter().filter(|version| **version <= mark).count();
                Taken { done, failure: Some(failure.to_string()), ..Taken::default() }
            }
        }
    }

    /// A load that takes longer goes on, and is found done at the next attempt.
    async fn bounded(&self, load: impl Future<Output = Taken> + 'static) -> Taken {
        match select(load.boxed_local(), Delay::from(LOAD_WITHIN)).await {
            Either::Left((taken, _)) => taken,
            Either::Right(((), rest)) => {
                self.state.wait_until(rest.map(drop));
                let fault = Fault::Unavailable("the source", format!("not within {LOAD_WITHIN:?}"));
                Taken { failure: Some(fault.to_string()), ..Taken::default() }
            }
        }
    }
}
