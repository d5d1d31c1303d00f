//! The queue hands over letters: each delivery goes to its destination, and the receipts go back to the source.
//!
//! All deliveries for one instance travel in one call, and all receipts for one source do, too. A message is acknowledged
//! once it was served, however that went: its source remembers what failed, and sends again what it hears nothing of. The
//! queue itself tries a message again only when serving it has ended the script.

use std::collections::BTreeMap;

use edgefold_flow::{
    Catalogue, contract,
    publish::{Delivery, Letter},
    receive::{Incoming, Parcel, Receipt, Settled, joined},
};
use edgefold_kernel::{Failure, Fault, StreamId};
use futures_util::{StreamExt, stream};
use serde_json::json;
use worker::{
    Env, MessageBatch, MessageExt, QueueContentType, QueueRetryOptionsBuilder, RawMessage,
    RawMessageBuilder, console_error, console_warn, send::SendFuture, wasm_bindgen::JsValue,
};

use super::rehearse;
use crate::platform::{bindings, queue, stub};

/// Destinations that one batch serves, at most: the platform allows 1,000 calls, and each source is called, too.
const DESTINATIONS: usize = 500;

/// Calls that are under way at once. A destination that is slow holds up the others by no more than its own place.
pub(super) const AT_ONCE: usize = 50;

/// Seconds until a message is tried again that this code cannot read. During a deploy newer code will.
pub(super) const UNREADABLE_AGAIN_S: u32 = 60;

/// What the sources are to be told.
type Told = BTreeMap<StreamId, Settled>;

/// Serves one batch of letters. What fails is told to its source.
pub(super) async fn consume(
    batch: &MessageBatch<serde_json::Value>,
    is_dead: bool,
    env: &Env,
    catalogue: &'static Catalogue,
) {
    let (mut letters, mut places) = (Vec::new(), 0);
    let mut served = Vec::new();
    for message in batch.raw_iter() {
        let text = queue::text(&message);
        match serde_json::from_str::<Letter>(&text) {
            Ok(letter) if places > 0 && places + letter.deliveries.len() > DESTINATIONS => {
                // As a new message: nothing is wrong with it, and the queue counts its retries.
                if let Err(error) = send(env, &text).await {
                    console_warn!("a message without a place is not sent again: {error}");
                }
            }
            Ok(letter) => {
                places += letter.deliveries.len();
                letters.push(letter);
            }
            Err(error) => {
                let head: String = text.chars().take(200).collect();
                let (id, error) = (message.id(), error.to_string());
                console_error!(
                    "{}",
                    json!({"event": "message_unreadable", "message": id, "error": error,
                        "givenUp": is_dead, "text": head})
                );
                if !is_dead {
                    again(&message, UNREADABLE_AGAIN_S);
                    continue;
                }
            }
        }
        served.push(message);
    }
    let told = match is_dead {
        true => given_up(letters),
        false => deliver(env, catalogue, letters).await,
    };
    let tell = told.into_iter().map(|(source, settled)| tell(env, catalogue, source, settled));
    stream::iter(tell.map(SendFuture::new)).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    // Not before: what ends the script until here lets the queue bring them again.
    served.iter().for_each(MessageExt::ack);
}

async fn send(env: &Env, text: &str) -> worker::Result<()> {
    let message = RawMessageBuilder::new(JsValue::from_str(text))
        .build_with_content_type(QueueContentType::Text);
    env.queue(bindings::BUS)?.send_raw(message).await
}

pub(super) fn again(message: &RawMessage, seconds: u32) {
    message
        .retry_with_options(&QueueRetryOptionsBuilder::new().with_delay_seconds(seconds).build());
}

/// What the queue itself has given up has ended the script, again and again. Its source tries each destination by itself.
fn given_up(letters: Vec<Letter>) -> Told {
    let fault = || Fault::Defect("the queue has given it up: it ends the script".into());
    let mut told = Told::new();
    for Letter { source, after, through, deliveries } in letters {
        let settled = told.entry(source).or_default();
        settled.covered.push((after, through));
        let failed =
            deliveries.into_iter().map(|one| (one.to, Receipt::failed(&one.delivery, fault())));
        settled.receipts.extend(failed);
    }
    told
}

/// Brings the deliveries of letters to their destinations, side by side.
async fn deliver(env: &Env, catalogue: &'static Catalogue, letters: Vec<Letter>) -> Told {
    let mut told = Told::new();
    let mut bound: BTreeMap<StreamId, BTreeMap<StreamId, Vec<Delivery>>> = BTreeMap::new();
    for Letter { source, after, through, deliveries } in letters {
        told.entry(source.clone()).or_default().covered.push((after, through));
        for one in deliveries {
            bound.entry(one.to).or_default().entry(source.clone()).or_default().push(one.delivery);
        }
    }
    let calls = bound.into_iter().map(async |(to, from)| {
        let deliveries =
            from.into_iter().map(|(from, all)| Incoming { from, delivery: joined(all) });
        let parcel = Parcel { deliveries: deliveries.collect() };
        let receipts = hand_over(env, catalogue, &to, &parcel).await;
        (to, parcel, receipts)
    });
    let calls = stream::iter(calls.map(SendFuture::new)).buffer_unordered(AT_ONCE);
    for (to, parcel, receipts) in calls.collect::<Vec<_>>().await {
        for (Incoming { from, .. }, receipt) in parcel.deliveries.into_iter().zip(receipts) {
            told.entry(from).or_default().receipts.push((to.clone(), receipt));
        }
    }
    told
}

/// Hands an instance its parcel. Returns the receipt of each delivery in it.
pub(crate) async fn hand_over(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    parcel: &Parcel,
) -> Vec<Receipt> {
    let receipts = match rehearse::waits(env, to).await {
        Ok(()) => call::<Vec<Receipt>>(env, catalogue, to, contract::DELIVER, parcel).await,
        Err(failure) => Err(failure),
    };
    let fault = match receipts {
        Ok(receipts) if receipts.len() == parcel.deliveries.len() => return receipts,
        Ok(receipts) => {
            let (sent, came) = (parcel.deliveries.len(), receipts.len());
            Fault::Defect(format!("{sent} deliveries, and {came} receipts"))
        }
        Err(Failure::Faulted(fault)) => fault,
        // An object of older code does not know the request, or this instance's type is not deployed yet.
        Err(Failure::Rejected(refusal)) => Fault::Newer(refusal.to_string()),
    };
    parcel.deliveries.iter().map(|one| Receipt::failed(&one.delivery, fault.clone())).collect()
}

/// A failure where no caller is to blame.
pub(crate) fn fault_of(failure: &Failure) -> Fault {
    match failure {
        Failure::Faulted(fault) => fault.clone(),
        Failure::Rejected(refusal) => Fault::Newer(refusal.to_string()),
    }
}

/// Tells a source what has become of its messages.
async fn tell(env: &Env, catalogue: &Catalogue, source: StreamId, settled: Settled) {
    let told = call::<()>(env, catalogue, &source, contract::SETTLED, &settled).await;
    if let Err(failure) = told {
        let StreamId { aggregate_type, aggregate_id } = source;
        console_warn!("{aggregate_type} {aggregate_id} will send again: {failure}");
    }
}

pub(super) async fn call<T: serde::de::DeserializeOwned>(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    path: &'static str,
    body: &impl serde::Serialize,
) -> Result<T, Failure> {
    stub::within(stub::BUS_WAITS, "the object", stub::call(env, catalogue, to, path, body)).await
}
