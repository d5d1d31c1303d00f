//! The queue hands over letters: each event goes to every destination that wants it, each command to its instance.
//!
//! All parts for one instance travel in one call. Every letter is acknowledged or retried by itself. A letter is done
//! when each of its parts has arrived or is parked; destinations drop repeats, so a letter that is retried for one of
//! them does no harm to the others. [`edgefold_flow::route::park`] decides about sequences that fail, and [`parked`]
//! stores them.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::{
    Catalogue,
    contract::{self, Confirmed},
    publish::Letter,
    route::park::{self, Lane, Parts, Place, Sequence, Sorted, Standing, Step, Verdict},
};
use edgefold_kernel::{Fault, Id, StreamId, Timestamp, Version, limits};
use futures_util::future::{FutureExt, join, join_all};
use worker::{
    Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder, RawMessage, console_error,
    console_warn, js_sys::JSON, send::SendFuture,
};

use super::{
    deliver::{deliver_to, events},
    parked::{self, Failed},
    redrive,
};
use crate::{
    journal::projector::{self, Unprojected},
    platform::{bindings, clock, stub},
};

/// A message of the queue, with the places that its parts have.
struct Held {
    message: RawMessage,
    places: Vec<(Sequence, Place)>,
    /// The event of the letter, if the letter can be read.
    event: Option<Told>,
}

/// An event: its stream, its version, and when it was decided.
type Told = (StreamId, Version, Timestamp);

/// The first place of each sequence that has not arrived, with the reason.
type Stuck = BTreeMap<Sequence, (Place, String)>;

/// The results of a batch.
#[derive(Default)]
struct Course {
    /// The places that have arrived or are parked.
    settled: BTreeSet<(Sequence, Place)>,
    /// Milliseconds until a failed sequence is tried again.
    again: BTreeMap<Sequence, i64>,
    /// Sequences that flow again.
    recovered: Vec<Sequence>,
    /// Sequences that have failed.
    failed: Vec<Failed>,
    /// Streams that are projected, but whose category's object could not be told. Nothing is wrong with them: their
    /// letters are acknowledged, but not confirmed, so their source sends them again.
    untold: BTreeSet<StreamId>,
}

/// Serves one batch.
///
/// # Errors
/// Never: what fails is retried letter by letter.
pub async fn consume(
    batch: &MessageBatch<serde_json::Value>,
    env: &Env,
    catalogue: &'static Catalogue,
) -> worker::Result<()> {
    let mut sorted = Sorted::new();
    let messages: Vec<Held> =
        batch.raw_iter().map(|message| hold(message, catalogue, &mut sorted)).collect();
    let is_dead = batch.queue().ends_with(bindings::DEAD_QUEUE);
    let mut course = match is_dead {
        true => bury(sorted),
        false => run(env, catalogue, sorted).await,
    };
    match parked::note(env, &course.recovered, &course.failed).await {
        Ok(parked) => course.settled.extend(parked),
        Err(fault) => console_error!("what has failed cannot be noted: {fault}"),
    }
    if is_dead {
        redrive(env, catalogue, &course.failed).await;
    }
    let mut confirmed: BTreeMap<StreamId, Vec<Version>> = BTreeMap::new();
    for Held { message, places, event } in messages {
        let left = places.iter().filter(|place| !course.settled.contains(*place));
        let patience = event.as_ref().map_or(limits::BUS_AGAIN_AT_MOST_MS, |(.., decided)| {
            park::patience(*decided, clock::now())
        });
        let wait = left
            .map(|(sequence, _)| course.again.get(sequence).copied())
            .map(|wait| wait.unwrap_or(patience))
            .min();
        match wait {
            Some(millis) => {
                let seconds = u32::try_from(millis / 1_000 + 1).unwrap_or(u32::MAX);
                let again = QueueRetryOptionsBuilder::new().with_delay_seconds(seconds).build();
                message.retry_with_options(&again);
            }
            None => {
                message.ack();
                let told = event.filter(|(source, ..)| !course.untold.contains(source));
                if let Some((source, version, _)) = told {
                    confirmed.entry(source).or_default().push(version);
                }
            }
        }
    }
    join_all(confirmed.into_iter().map(|told| confirm(env, catalogue, told))).await;
    Ok(())
}

/// Reads a message, and sorts its parts.
fn hold(message: RawMessage, catalogue: &Catalogue, sorted: &mut Sorted) -> Held {
    let body = message.body();
    // We send text. Messages from other senders are kept as text, too.
    let text = body.as_string().unwrap_or_else(|| {
        JSON::stringify(&body).ok().and_then(|text| text.as_string()).unwrap_or_default()
    });
    let letter = serde_json::from_str::<Letter>(&text);
    if let Err(error) = &letter {
        // During a deploy a letter may be newer than this code; the newer code will read it.
        console_error!("a letter cannot be read: {}: {error}", message.id());
    }
    let letter = letter.ok();
    let parts = match &letter {
        Some(letter) => park::parts(catalogue, letter),
        None => vec![park::unreadable(&text)],
    };
    let mut places = Vec::with_capacity(parts.len());
    for (sequence, place, part) in parts {
        places.push((sequence.clone(), place));
        sorted.entry(sequence).or_default().insert(place, part);
    }
    let event = letter.map(|Letter { event, .. }| (event.stream, event.version, event.time));
    Held { message, places, event }
}

/// Parks the messages that the queue itself has given up, before anything else: trying them may be what has ended the
/// script so often.
fn bury(sorted: Sorted) -> Course {
    let failed = sorted.into_iter().map(|(sequence, left)| {
        let reason = "the queue has given it up".to_owned();
        Failed { sequence, left, verdict: Verdict::Park, reason: Some(reason) }
    });
    Course { failed: failed.collect(), ..Course::default() }
}

/// Tries buried letters once. Letters that shared a batch with the one that ended the script may be good, and most have
/// arrived long ago. They are parked now, so a try does no harm: those that arrive flow again, the others stay.
async fn redrive(env: &Env, catalogue: &'static Catalogue, buried: &[Failed]) {
    let sequences = buried.iter().map(|buried| &buried.sequence);
    let parked = match parked::parked_ones(env, sequences).await {
        Ok(parked) => parked,
        Err(failure) => return console_error!("what is parked is not tried again: {failure}"),
    };
    for (id, sequence) in parked {
        if let Err(failure) = redrive::redrive(env, catalogue, (id, &sequence), &by()).await {
            console_error!("the parked sequence {id} is not tried again: {failure}");
        }
    }
}

/// The name under which the system itself retries.
fn by() -> Id {
    Id::parse("edgefold").unwrap_or_else(|_| Id::nobody())
}

/// Delivers each sequence that flows, and returns the results.
async fn run(env: &Env, catalogue: &'static Catalogue, sorted: Sorted) -> Course {
    let known = parked::standings(env, sorted.keys()).await;
    if let Err(fault) = &known {
        console_error!("nobody can say what is parked: {fault}");
    }
    let standing = |sequence: &Sequence| match &known {
        Ok(known) => known.get(sequence).copied().unwrap_or(Standing::Flowing),
        Err(_) => Standing::Unknown,
    };
    let (now, bound) = (clock::now(), bound(env));
    let (mut course, mut flowing) = (Course::default(), Sorted::new());
    for (sequence, parts) in sorted {
        match park::step(sequence.lane, standing(&sequence), now) {
            Step::Deliver => drop(flowing.insert(sequence, parts)),
            Step::Wait(millis) => drop(course.again.insert(sequence, millis)),
            Step::Later => {}
            Step::Behind => {
                let verdict = Verdict::Park;
                course.failed.push(Failed { sequence, left: parts, verdict, reason: None });
            }
        }
    }
    let (failures, untold) = deliver_all(env, catalogue, &flowing).await;
    course.untold = untold;
    for (sequence, mut left) in flowing {
        let failure = failures.get(&sequence);
        let from = failure.map(|(from, _)| *from);
        let kept = from.map_or_else(Parts::new, |from| left.split_off(&from));
        course.settled.extend(left.into_keys().map(|place| (sequence.clone(), place)));
        let before = standing(&sequence);
        let Some((_, failure)) = failure else {
            if matches!(before, Standing::Failing { .. }) {
                course.recovered.push(sequence);
            }
            continue;
        };
        let verdict = park::verdict(before, bound);
        if let Verdict::Again(millis) = verdict {
            course.again.insert(sequence.clone(), millis);
        }
        let reason = Some(failure.clone());
        course.failed.push(Failed { sequence, left: kept, verdict, reason });
    }
    course
}

/// Delivers everything to its destinations, side by side: a slow or failing one does not hold up another. Returns the
/// sequences that are stuck, and the streams whose category's object could not be told.
async fn deliver_all(
    env: &Env,
    catalogue: &'static Catalogue,
    flowing: &Sorted,
) -> (Stuck, BTreeSet<StreamId>) {
    let mut stuck = Stuck::new();
    let mut streams = BTreeMap::new();
    let mut bound: BTreeMap<&StreamId, Vec<(&Sequence, &Parts)>> = BTreeMap::new();
    for (sequence, parts) in flowing {
        match (sequence.lane, &sequence.destination) {
            (Lane::Projection, _) => drop(streams.insert(sequence.source.clone(), events(parts))),
            (_, Some(to)) => bound.entry(to).or_default().push((sequence, parts)),
            (_, None) => {
                let fault = Fault::Unreadable("the letter".into());
                let first = parts.keys().next();
                stuck.extend(first.map(|at| (sequence.clone(), (*at, fault.to_string()))));
            }
        }
    }
    let bound = bound.into_iter().map(|(to, sequences)| {
        SendFuture::new(deliver_bound(env, catalogue, to, sequences)).boxed()
    });
    let (failed, unprojected) =
        join(join_all(bound), projector::project(env, catalogue, streams)).await;
    stuck.extend(failed.into_iter().flatten());
    let Unprojected { failed: unprojected, untold } = unprojected;
    stuck.extend(unprojected.into_iter().map(|(source, (version, failure))| {
        let sequence = Sequence { lane: Lane::Projection, destination: None, source };
        (sequence, ((version, 0), failure.to_string()))
    }));
    (stuck, untold)
}

/// Delivers all parts for one instance.
async fn deliver_bound(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    sequences: Vec<(&Sequence, &Parts)>,
) -> Stuck {
    let delivered = deliver_to(env, catalogue, to, &sequences).await;
    let stuck =
        sequences.into_iter().zip(delivered).filter_map(|((sequence, parts), delivered)| {
            let failure = delivered.failure?;
            let from = parts.keys().find(|place| !delivered.done.contains(place))?;
            let (version, source) = (from.0, &sequence.source);
            console_error!(
                "{} {} does not take version {version} of {} {}: {failure}",
                to.aggregate_type,
                to.aggregate_id,
                source.aggregate_type,
                source.aggregate_id
            );
            Some((sequence.clone(), (*from, failure)))
        });
    stuck.collect()
}

/// Failures after which a sequence is parked.
fn bound(env: &Env) -> u32 {
    let set = env.var("BUS_ATTEMPTS").ok().and_then(|value| value.to_string().parse().ok());
    set.filter(|bound| *bound > 0).unwrap_or(limits::BUS_ATTEMPTS)
}

/// Tells a source which of its events have reached all their destinations.
async fn confirm(env: &Env, catalogue: &Catalogue, (source, versions): (StreamId, Vec<Version>)) {
    let confirmed = Confirmed { versions };
    if let Err(failure) =
        stub::call::<()>(env, catalogue, &source, contract::CONFIRM, &confirmed).await
    {
        console_warn!(
            "{} {} will send again: {failure}",
            source.aggregate_type,
            source.aggregate_id
        );
    }
}
