//! The parts of letters reach their destinations: all parts of a batch for one instance in one call, each sequence in
//! order and up to its first failure.

use std::collections::BTreeSet;

use edgefold_flow::{
    Catalogue, contract,
    receive::{
        Delivery,
        parcel::{Load, Parcel, Receipt, RefusedErrand, Taken},
    },
    route::park::{Lane, Part, Parts, Place, Sequence},
};
use edgefold_kernel::{Envelope, Failure, Fault, Kind, Rejection, StreamId};
use futures_util::future::join_all;
use worker::{Env, QueueContentType, RawMessageBuilder, console_error, wasm_bindgen::JsValue};

use crate::{
    journal::projector::{self, Unprojected},
    platform::{bindings, stub},
};

/// The result of delivering a sequence.
#[derive(Default)]
pub(crate) struct Delivered {
    /// The places that have arrived.
    pub(crate) done: BTreeSet<Place>,
    /// The failure of the next one; nothing behind it was tried.
    pub(crate) failure: Option<String>,
}

impl Delivered {
    fn failed(failure: &Failure) -> Self {
        Self { failure: Some(failure.to_string()), ..Self::default() }
    }
}

/// Delivers the letters of a sequence.
pub(crate) async fn deliver(
    env: &Env,
    catalogue: &'static Catalogue,
    sequence: &Sequence,
    parts: &Parts,
) -> Delivered {
    match (sequence.lane, &sequence.destination) {
        (Lane::Event | Lane::Errand, Some(to)) => {
            let delivered = deliver_to(env, catalogue, to, &[(sequence, parts)]).await;
            delivered.into_iter().next().unwrap_or_default()
        }
        (Lane::Projection, _) => {
            let streams = [(sequence.source.clone(), events(parts))].into();
            let Unprojected { failed, untold } = projector::project(env, catalogue, streams).await;
            if !untold.is_empty() {
                return Delivered::failed(&projector::untold().into());
            }
            let failed = failed.into_values().next();
            let from = failed.as_ref().map(|(version, _)| (*version, 0));
            let done = parts.keys().filter(|place| from.is_none_or(|from| **place < from));
            let failure = failed.map(|(_, failure)| failure.to_string());
            Delivered { done: done.copied().collect(), failure }
        }
        (Lane::Unreadable, _) => read_again(env, parts).await,
        (_, None) => {
            Delivered::failed(&Fault::Defect("a sequence without a destination".into()).into())
        }
    }
}

/// Delivers all sequences for one instance. If the whole parcel fails although the instance answers, the sequences are
/// delivered one by one, so that good ones need not wait for the bad one.
pub(crate) async fn deliver_to(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    sequences: &[(&Sequence, &Parts)],
) -> Vec<Delivered> {
    match hand_over(env, catalogue, to, sequences).await {
        Ok(delivered) => delivered,
        Err(Failure::Faulted(fault)) if !fault.retryable() && sequences.len() > 1 => {
            console_error!("{} {}: {fault}", to.aggregate_type, to.aggregate_id);
            let alone = sequences.iter().map(|one| async move {
                let delivered = hand_over(env, catalogue, to, &[*one]).await;
                delivered.map(|one| one.into_iter().next().unwrap_or_default())
            });
            let alone = join_all(alone).await.into_iter();
            alone.map(|one| one.unwrap_or_else(|failure| Delivered::failed(&failure))).collect()
        }
        Err(failure) => sequences.iter().map(|_| Delivered::failed(&failure)).collect(),
    }
}

async fn hand_over(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    sequences: &[(&Sequence, &Parts)],
) -> Result<Vec<Delivered>, Failure> {
    let load = |(sequence, parts): &(&Sequence, &Parts)| Load::new(&sequence.source, parts);
    let parcel = Parcel { loads: sequences.iter().map(load).collect() };
    let Receipt { taken } = call(env, catalogue, to, contract::DELIVER, &parcel).await?;
    if taken.len() != sequences.len() {
        let said = format!("{} loads, and a receipt for {}", sequences.len(), taken.len());
        return Err(Fault::Defect(said).into());
    }
    let settled = taken
        .into_iter()
        .zip(sequences)
        .map(|(taken, (sequence, parts))| settle(env, catalogue, &sequence.source, parts, taken));
    Ok(join_all(settled).await)
}

/// Sends refusals back to the instance that asked. A refusal that cannot be sent stays, with everything behind it.
async fn settle(
    env: &Env,
    catalogue: &Catalogue,
    source: &StreamId,
    parts: &Parts,
    taken: Taken,
) -> Delivered {
    let mut delivered = Delivered::default();
    let (places, failure) = taken.of(parts);
    for (place, refused) in places {
        if let Some(refused) = refused
            && let Err(failure) =
                call::<()>(env, catalogue, source, contract::REFUSED, &refused).await
        {
            delivered.failure = Some(failure.to_string());
            return delivered;
        }
        delivered.done.insert(place);
    }
    Delivered { failure, ..delivered }
}

/// Discards a letter: its destination learns only what the order of its stream needs.
///
/// # Errors
/// A fault when the destination does not take even that.
pub(crate) async fn discard(
    env: &Env,
    catalogue: &'static Catalogue,
    sequence: &Sequence,
    part: &Part,
    reason: &str,
) -> Result<(), Failure> {
    match (sequence.lane, &sequence.destination, part) {
        (Lane::Event, Some(to), Part::Event(event)) => {
            let mut delivery = Delivery::of(&sequence.source, vec![event.clone()]);
            delivery.discarded = vec![event.version];
            let parcel = Parcel { loads: vec![Load::Events(delivery)] };
            let receipt: Receipt = call(env, catalogue, to, contract::DELIVER, &parcel).await?;
            match receipt.taken.into_iter().find_map(|taken| taken.failure) {
                Some(failure) => Err(Fault::Unavailable("the destination".into(), failure).into()),
                None => Ok(()),
            }
        }
        (Lane::Errand, _, Part::Errand(message)) => {
            let rejection = Rejection::rule("DISCARDED", reason);
            let refused = RefusedErrand { message: message.clone(), rejection };
            call::<()>(env, catalogue, &sequence.source, contract::REFUSED, &refused).await
        }
        (Lane::Projection, _, Part::Event(event)) => {
            projector::journal_only(env, catalogue, event).await
        }
        _ => Ok(()),
    }
}

/// The events among some letters.
pub(crate) fn events(parts: &Parts) -> Vec<Envelope> {
    parts.values().filter_map(Part::event).cloned().collect()
}

async fn call<T: serde::de::DeserializeOwned>(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    path: &'static str,
    body: &impl serde::Serialize,
) -> Result<T, Failure> {
    stub::within(stub::BUS_WAITS, "the object", stub::call(env, catalogue, to, path, body)).await
}

/// A letter that could not be read goes to the queue once more, if this code can read it.
async fn read_again(env: &Env, parts: &Parts) -> Delivered {
    let mut delivered = Delivered::default();
    for (place, part) in parts {
        let Part::Text(text) = part else { continue };
        let sent = match serde_json::from_str::<edgefold_flow::publish::Letter>(text) {
            Ok(_) => send(env, text).await,
            Err(error) => {
                Err(Rejection::new(Kind::Malformed, "UNREADABLE", error.to_string()).into())
            }
        };
        if let Err(failure) = sent {
            delivered.failure = Some(failure.to_string());
            break;
        }
        delivered.done.insert(*place);
    }
    delivered
}

async fn send(env: &Env, text: &str) -> Result<(), Failure> {
    let letter = RawMessageBuilder::new(JsValue::from_str(text))
        .build_with_content_type(QueueContentType::Text);
    let sent = match env.queue(bindings::BUS) {
        Ok(queue) => queue.send_raw(letter).await,
        Err(error) => Err(error),
    };
    sent.map_err(|error| Fault::Unavailable("the queue".into(), error.to_string()).into())
}
