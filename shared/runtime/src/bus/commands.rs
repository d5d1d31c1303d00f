//! The queue of commands hands over what its senders do not wait for: each message goes to its instance, and is acknowledged
//! once each of its commands has an outcome. Until then it is put back as a new message, with growing pauses and for ever: the
//! queue counts the tries of the old one, and keeps none for more than four days.

use std::collections::BTreeMap;

use edgefold_flow::{
    Catalogue, contract,
    publish::again::pause,
    queued::{Queued, Taken},
};
use edgefold_kernel::{Failure, Fault, StreamId, limits};
use futures_util::{StreamExt, stream};
use serde_json::json;
use worker::{
    Env, MessageBatch, MessageExt, RawMessage, console_error, console_warn, send::SendFuture,
};

use super::consume::{AT_ONCE, UNREADABLE_AGAIN_S, again, call};
use crate::platform::{bindings, queue};

/// Serves a batch. Those for one instance are brought in the order in which they were sent; when one fails, those behind it wait.
/// What comes from the dead-letter queue has ended the script: it is not decided any more.
pub(super) async fn consume(
    batch: &MessageBatch<serde_json::Value>,
    is_dead: bool,
    env: &Env,
    catalogue: &'static Catalogue,
) {
    let mut bound: BTreeMap<StreamId, Vec<(RawMessage, Queued)>> = BTreeMap::new();
    for message in batch.raw_iter() {
        let text = queue::text(&message);
        match serde_json::from_str::<Queued>(&text) {
            Ok(queued) => {
                let queued = Queued { is_given_up: is_dead || queued.is_given_up, ..queued };
                bound.entry(queued.to.clone()).or_default().push((message, queued));
            }
            Err(error) => {
                let (id, error) = (message.id(), error.to_string());
                console_error!(
                    "{}",
                    json!({"event": "queued_unreadable", "message": id, "error": error})
                );
                put_back(env, &message, &text, UNREADABLE_AGAIN_S).await;
            }
        }
    }
    let served = bound.into_iter().map(async |(to, mut messages)| {
        messages.sort_by_key(|(_, queued)| queued.sent_at);
        let mut is_held = false;
        for (message, mut queued) in messages {
            if !is_held {
                is_held = match call::<Taken>(env, catalogue, &to, contract::QUEUED, &queued).await
                {
                    Ok(Taken::Done) => {
                        message.ack();
                        continue;
                    }
                    Ok(Taken::Early) => {
                        queued.waits += 1;
                        false
                    }
                    Err(failure) => {
                        queued.failures += 1;
                        note(&to, &queued, &failure);
                        true
                    }
                };
            }
            match queued.text() {
                Ok(Some(text)) => put_back(env, &message, &text, rest_s(&queued)).await,
                // Its counters may have made it a byte too long.
                Ok(None) | Err(_) => again(&message, rest_s(&queued)),
            }
        }
    });
    stream::iter(served.map(SendFuture::new)).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

/// Seconds until it is tried again.
fn rest_s(queued: &Queued) -> u32 {
    match queued.failures {
        0 => queued.waits.clamp(1, limits::QUEUED_WAIT_AT_MOST_S),
        failures => u32::try_from(pause(failures) / 1_000).unwrap_or(u32::MAX),
    }
}

/// Puts a message back as a new one. The old one goes only when the new one is safe.
async fn put_back(env: &Env, message: &RawMessage, text: &str, seconds: u32) {
    match queue::send_later(env, bindings::COMMANDS, text, seconds).await {
        Ok(()) => message.ack(),
        Err(error) => {
            console_warn!("a command is left to the queue's own retries: {error}");
            again(message, seconds);
        }
    }
}

/// Says in the log what keeps commands from an outcome.
fn note(to: &StreamId, queued: &Queued, failure: &Failure) {
    let ids: Vec<_> = queued.commands.iter().map(|one| one.command_id.as_ref()).collect();
    let reason = match failure {
        Failure::Faulted(fault) => fault.clone(),
        // An object of older code does not know the request, or this instance's type is not deployed yet.
        Failure::Rejected(refusal) => Fault::Newer(refusal.to_string()),
    };
    console_warn!(
        "{}",
        json!({"event": "queued_again", "aggregateType": to.aggregate_type, "aggregateId": to.aggregate_id,
            "commands": ids, "failures": queued.failures, "reason": reason.to_string()})
    );
}
