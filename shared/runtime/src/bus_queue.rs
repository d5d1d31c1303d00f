//! The queue hands over letters: each event goes to every destination that asked for it, each command to its instance.
//!
//! Every letter is acknowledged or retried by itself. A letter is done when all its destinations have applied it; they
//! drop what they have applied before, so a letter that is retried for one of them does no harm to the others.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::{
    Catalogue, Message,
    contract::{self, Asker, Confirmed, Marked, RefusedErrand},
    publish::Letter,
    receive::Delivery,
    route::spans,
};
use edgefold_kernel::{Envelope, Failure, StreamId, Version};
use futures_util::future::{BoxFuture, FutureExt, join, join_all};
use worker::{
    Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder, RawMessage, console_error,
    console_warn, send::SendFuture,
};

use crate::{journal_d1, stub};

/// When a letter comes again after a destination failed, in seconds.
const RETRY_AFTER_S: u32 = 5;

/// One event of a source stream.
type Place = (StreamId, Version);

/// Events of the letters that could not be done with.
type Failed = BTreeSet<Place>;

/// Serves one batch.
///
/// # Errors
/// Never: what fails is retried letter by letter.
pub async fn consume(
    batch: &MessageBatch<serde_json::Value>,
    env: &Env,
    catalogue: &'static Catalogue,
) -> worker::Result<()> {
    let messages: Vec<(RawMessage, Option<Letter>)> = batch
        .raw_iter()
        .map(|raw| {
            let letter = raw.body().as_string().and_then(|text| serde_json::from_str(&text).ok());
            (raw, letter)
        })
        .collect();
    let letters: Vec<&Letter> = messages.iter().filter_map(|(_, letter)| letter.as_ref()).collect();
    let failed = deliver(env, catalogue, &letters).await;

    let again = QueueRetryOptionsBuilder::new().with_delay_seconds(RETRY_AFTER_S).build();
    let mut confirmed: BTreeMap<StreamId, Vec<Version>> = BTreeMap::new();
    for (message, letter) in &messages {
        match letter {
            Some(Letter { event, .. })
                if !failed.contains(&(event.stream.clone(), event.version)) =>
            {
                message.ack();
                confirmed.entry(event.stream.clone()).or_default().push(event.version);
            }
            Some(_) => message.retry_with_options(&again),
            None => {
                // During a deploy a letter may be newer than this code: the code that can read it will come.
                console_error!("a letter cannot be read: {}", message.id());
                message.retry_with_options(&again);
            }
        }
    }
    let confirmations = confirmed.into_iter().map(|(source, versions)| async move {
        let told =
            stub::call::<()>(env, catalogue, &source, contract::CONFIRM, &Confirmed { versions })
                .await;
        if let Err(failure) = told {
            console_warn!(
                "{} {} will send again: {failure}",
                source.aggregate_type,
                source.aggregate_id
            );
        }
    });
    join_all(confirmations).await;
    Ok(())
}

/// Brings letters to all their destinations, side by side: one that is slow or fails does not hold up another.
async fn deliver(env: &Env, catalogue: &'static Catalogue, letters: &[&Letter]) -> Failed {
    let mut streams: BTreeMap<StreamId, Vec<Envelope>> = BTreeMap::new();
    let mut routed: BTreeMap<(StreamId, StreamId), Vec<Envelope>> = BTreeMap::new();
    let mut errands: BTreeMap<(StreamId, StreamId), BTreeMap<Version, Vec<&Message>>> =
        BTreeMap::new();
    for Letter { event, errands: asked } in letters {
        streams.entry(event.stream.clone()).or_default().push(event.clone());
        for destination in catalogue.destinations(event) {
            routed.entry((destination, event.stream.clone())).or_default().push(event.clone());
        }
        for message in asked {
            let Some(id) = message.aggregate_id.clone() else { continue };
            let destination = StreamId::new(message.aggregate_type.as_str(), id);
            let sequence = errands.entry((destination, event.stream.clone())).or_default();
            let same = sequence.entry(event.version).or_default();
            // A letter that came twice in one batch asks once.
            if !same.contains(&message) {
                same.push(message);
            }
        }
    }
    let mut tasks: Vec<BoxFuture<'_, Failed>> = Vec::new();
    for ((destination, source), events) in routed {
        tasks.push(SendFuture::new(receive(env, catalogue, destination, source, events)).boxed());
    }
    for ((destination, source), asked) in errands {
        let run = run_errands(env, catalogue, destination, source, asked);
        tasks.push(SendFuture::new(run).boxed());
    }
    let (failed, unprojected) =
        join(join_all(tasks), journal_d1::project(env, catalogue, streams)).await;
    failed.into_iter().flatten().chain(unprojected).collect()
}

async fn receive(
    env: &Env,
    catalogue: &Catalogue,
    destination: StreamId,
    source: StreamId,
    events: Vec<Envelope>,
) -> Failed {
    let places = events.iter().map(|event| (source.clone(), event.version)).collect();
    let StreamId { aggregate_type: source_type, aggregate_id: source_id } = source;
    let delivery = Delivery { source_type, source_id, spans: spans(events) };
    match stub::call::<Marked>(env, catalogue, &destination, contract::RECEIVE, &delivery).await {
        Ok(_) => Failed::new(),
        Err(failure) => {
            console_error!(
                "{} {} does not receive: {failure}",
                destination.aggregate_type,
                destination.aggregate_id
            );
            places
        }
    }
}

/// Runs the commands that follow from the events of one stream for one destination, in order: a failed one keeps those
/// behind it back, and none for another destination.
async fn run_errands(
    env: &Env,
    catalogue: &Catalogue,
    destination: StreamId,
    source: StreamId,
    asked: BTreeMap<Version, Vec<&Message>>,
) -> Failed {
    let mut left: Failed = asked.keys().map(|version| (source.clone(), *version)).collect();
    for (version, messages) in asked {
        for message in messages {
            if let Err(failure) = run_errand(env, catalogue, &destination, &source, message).await {
                console_error!("{} for {} failed: {failure}", message.name, source.aggregate_id);
                return left;
            }
        }
        left.remove(&(source.clone(), version));
    }
    left
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
    let answer = stub::fetch(env, catalogue, to, request).await?;
    match stub::read::<serde_json::Value>(answer).await {
        Ok(_) => Ok(()),
        Err(Failure::Rejected(rejection)) => {
            let refused = RefusedErrand { message: message.clone(), rejection };
            stub::call::<()>(env, catalogue, source, contract::REFUSED, &refused).await
        }
        Err(fault) => Err(fault),
    }
}
