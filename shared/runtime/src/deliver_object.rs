//! What letters hold reaches its destination: one sequence at a time, in order, as far as it goes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use edgefold_flow::{
    Catalogue, Message,
    contract::{self, Asker, Marked, RefusedErrand},
    park::{Lane, Part, Place, Sequence},
    receive::Delivery,
    route::spans,
};
use edgefold_kernel::{Envelope, Failure, Fault, Kind, Rejection, StreamId};
use worker::{Env, QueueContentType, RawMessageBuilder, wasm_bindgen::JsValue};

use crate::{
    bindings,
    journal_d1::{self, Unprojected},
    stub,
};

/// How long a destination may take to answer the bus. The letters that came with it wait as long, whomever they are for;
/// what takes longer goes on at the other end, and is found done at the next attempt.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Letters of one sequence.
pub(crate) type Parts = BTreeMap<Place, Part>;

/// How far a sequence came.
#[derive(Default)]
pub(crate) struct Delivered {
    /// What has arrived.
    pub(crate) done: BTreeSet<Place>,
    /// What went wrong with the next; then nothing behind it was tried.
    pub(crate) failure: Option<Failure>,
}

/// Delivers what waits in a sequence.
pub(crate) async fn deliver(
    env: &Env,
    catalogue: &'static Catalogue,
    sequence: &Sequence,
    parts: &Parts,
) -> Delivered {
    let source = &sequence.source;
    match (sequence.lane, &sequence.destination) {
        (Lane::Event, Some(to)) => receive(env, catalogue, to, source, parts).await,
        (Lane::Errand, Some(to)) => run_errands(env, catalogue, to, source, parts).await,
        (Lane::Projection, _) => {
            let streams = BTreeMap::from([(source.clone(), events(parts))]);
            let Unprojected { failed, untold } = journal_d1::project(env, catalogue, streams).await;
            if !untold.is_empty() {
                let failure = Some(journal_d1::untold().into());
                return Delivered { failure, ..Delivered::default() };
            }
            let failed = failed.into_values().next();
            let from = failed.as_ref().map(|(version, _)| (*version, 0));
            let done = parts.keys().filter(|place| from.is_none_or(|from| **place < from));
            Delivered { done: done.copied().collect(), failure: failed.map(|(_, failure)| failure) }
        }
        (Lane::Unreadable, _) => read_again(env, parts).await,
        (_, None) => {
            let defect = Fault::Defect("a sequence without a destination".into());
            Delivered { failure: Some(defect.into()), ..Delivered::default() }
        }
    }
}

/// Lets a letter go that is not to be delivered: its destination is told as little as its order needs.
///
/// # Errors
/// When the destination does not take even that.
pub(crate) async fn discard(
    env: &Env,
    catalogue: &'static Catalogue,
    sequence: &Sequence,
    part: &Part,
    reason: &str,
) -> Result<(), Failure> {
    match (sequence.lane, &sequence.destination, part) {
        (Lane::Event, Some(to), Part::Event(event)) => {
            let mut delivery = delivery(&sequence.source, vec![event.clone()]);
            delivery.discarded = vec![event.version];
            call::<Marked>(env, catalogue, to, contract::RECEIVE, &delivery).await.map(drop)
        }
        (Lane::Errand, _, Part::Errand(message)) => {
            let rejection = Rejection::rule("DISCARDED", reason);
            let refused = RefusedErrand { message: message.clone(), rejection };
            call::<()>(env, catalogue, &sequence.source, contract::REFUSED, &refused).await
        }
        (Lane::Projection, _, Part::Event(event)) => {
            journal_d1::journal_only(env, catalogue, event).await
        }
        _ => Ok(()),
    }
}

/// The events among some letters.
pub(crate) fn events(parts: &Parts) -> Vec<Envelope> {
    let event = |part: &Part| match part {
        Part::Event(event) => Some(event.clone()),
        Part::Errand(_) | Part::Text(_) => None,
    };
    parts.values().filter_map(event).collect()
}

fn delivery(source: &StreamId, events: Vec<Envelope>) -> Delivery {
    Delivery {
        source_type: source.aggregate_type.clone(),
        source_id: source.aggregate_id.clone(),
        spans: spans(events),
        discarded: Vec::new(),
    }
}

async fn call<T: serde::de::DeserializeOwned>(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    path: &'static str,
    body: &impl serde::Serialize,
) -> Result<T, Failure> {
    stub::within(ANSWER_WITHIN, "the object", stub::call(env, catalogue, to, path, body)).await
}

async fn receive(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    source: &StreamId,
    parts: &Parts,
) -> Delivered {
    let tell = |events| async {
        let delivery = delivery(source, events);
        call::<Marked>(env, catalogue, to, contract::RECEIVE, &delivery).await
    };
    match tell(events(parts)).await {
        Ok(_) => Delivered { done: parts.keys().copied().collect(), failure: None },
        Err(failure) => {
            // What stands before the event that is to blame was taken: told nothing, it says how far it has come.
            let mark = match parts.len() {
                1 => 0,
                _ => tell(Vec::new()).await.map_or(0, |Marked { mark }| mark),
            };
            let done = parts.keys().filter(|(version, _)| *version <= mark).copied().collect();
            Delivered { done, failure: Some(failure) }
        }
    }
}

/// Runs the commands that follow from the events of one stream for one destination, in order: a failed one keeps those
/// behind it back, and none for another destination.
async fn run_errands(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    source: &StreamId,
    parts: &Parts,
) -> Delivered {
    let mut delivered = Delivered::default();
    for (place, part) in parts {
        if let Part::Errand(message) = part
            && let Err(failure) = run_errand(env, catalogue, to, source, message).await
        {
            delivered.failure = Some(failure);
            break;
        }
        delivered.done.insert(*place);
    }
    delivered
}

/// Sends a command to its instance. A refusal goes back to the instance that asks.
async fn run_errand(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    source: &StreamId,
    message: &Message,
) -> Result<(), Failure> {
    let request = stub::post_as(&Asker::System, contract::COMMAND, message)?;
    let run = async {
        stub::read::<serde_json::Value>(stub::fetch(env, catalogue, to, request).await?).await
    };
    match stub::within(ANSWER_WITHIN, "the object", run).await {
        Ok(_) => Ok(()),
        Err(Failure::Rejected(rejection)) => {
            let refused = RefusedErrand { message: message.clone(), rejection };
            call::<()>(env, catalogue, source, contract::REFUSED, &refused).await
        }
        Err(fault) => Err(fault),
    }
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
            delivered.failure = Some(failure);
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
    sent.map_err(|error| Fault::Unavailable("the queue", error.to_string()).into())
}
