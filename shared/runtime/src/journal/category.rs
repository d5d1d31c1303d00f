//! The followers and the new events of a category, from D1. The journal gives the order of events, and the last
//! statement of each of its batches reads which categories are followed.
//!
//! The consumer tells the objects of these categories, see [`session::category`](crate::session), which answer at once,
//! so no letter waits for a session. When such an object cannot be reached, the letters are acknowledged but not
//! confirmed: their source sends them again, and the consumer tells the object again.

use edgefold_flow::{
    Change,
    contract::{self, Follow},
    subscribe::Page,
};
use edgefold_kernel::{Envelope, Failure, Fault, Kind, Rejection, Timestamp, limits};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use worker::{D1Result, Env, console_error};

use crate::platform::{
    clock,
    database::{batch, read, rows},
    stub,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/d1/query/", $name, ".sql"))
    };
}

/// Attempts to reach the object of a category. A call that a release or a move of the object cuts off succeeds the next
/// time.
const ATTEMPTS: usize = 2;

#[derive(Deserialize)]
struct Followed {
    aggregate_type: String,
}

#[derive(Deserialize)]
struct Follower {
    session: String,
    turn: u64,
    until: i64,
}

#[derive(Deserialize)]
struct Joined {}

#[derive(Deserialize)]
struct Head {
    head: u64,
}

#[derive(Deserialize)]
struct Journalled {
    position: u64,
    event: Option<String>,
}

/// Follows a category, for as long as the token counts. Returns the head of the journal.
///
/// # Errors
/// `TOO_MANY_FOLLOWERS`; a fault when the database fails.
pub(crate) async fn join(
    env: &Env,
    aggregate_type: &str,
    follow: &Follow,
    until: i64,
) -> Result<u64, Failure> {
    let most = limits::FOLLOWERS;
    let Follow { session, turn } = follow;
    let params = [json!(aggregate_type), json!(session), json!(turn), json!(until), json!(most)];
    let statements = [
        Change::new(sql!("followers_expire"), vec![json!(clock::now().millis())]),
        Change::new(sql!("follower_set"), params.to_vec()),
        Change::new(sql!("journal_head"), Vec::new()),
    ];
    let results = batch(env, &statements).await?;
    if read::<Joined>(results.get(1))?.is_empty() {
        let detail = format!("{most} sessions follow this category already");
        return Err(Rejection::new(Kind::Conflict, "TOO_MANY_FOLLOWERS", detail).into());
    }
    head(results.last())
}

/// Leaves a category.
///
/// # Errors
/// Fails if the database fails.
pub(crate) async fn leave(
    env: &Env,
    aggregate_type: &str,
    session: &str,
    turn: u64,
) -> Result<(), Failure> {
    let params = [json!(aggregate_type), json!(session), json!(turn)];
    rows::<Value>(env, sql!("follower_drop"), &params).await?;
    Ok(())
}

/// The events after a cursor of a category.
///
/// # Errors
/// Fails if the database fails.
pub(crate) async fn pull(env: &Env, aggregate_type: &str, after: u64) -> Result<Page, Failure> {
    let (most, bytes) = (limits::PULL_EVENTS, limits::PULL_BYTES);
    let params = [json!(after), json!(aggregate_type), json!(most), json!(bytes)];
    let found: Vec<Journalled> = rows(env, sql!("journal_after"), &params).await?;
    let through = found.last().map_or(after, |row| row.position);
    let event = |row: Journalled| {
        let event = serde_json::from_str::<Envelope>(&row.event?);
        Some(event.map(|event| (row.position, event)))
    };
    let events = found.into_iter().filter_map(event).collect::<Result<_, _>>();
    let events = events.map_err(|error| Fault::Unreadable(error.to_string()))?;
    Ok(Page { after, through, head: through, events, fold: None })
}

/// The head of the journal, and the followers of a category: session, turn, and end of the token. Sessions that have
/// left, given with the turn in which they did, are deleted first.
///
/// # Errors
/// Fails if the database fails.
pub(crate) async fn followers(
    env: &Env,
    aggregate_type: &str,
    gone: &[(String, u64)],
) -> Result<(u64, Vec<(String, u64, Timestamp)>), Failure> {
    let (category, now) = (json!(aggregate_type), json!(clock::now().millis()));
    let mut statements = vec![
        Change::new(sql!("followers_expire"), vec![now.clone()]),
        Change::new(sql!("followers_of"), vec![category.clone(), now]),
        Change::new(sql!("journal_head"), Vec::new()),
    ];
    if !gone.is_empty() {
        let gone = Value::from(json!(gone).to_string());
        statements.insert(0, Change::new(sql!("followers_drop"), vec![category, gone]));
    }
    let results = batch(env, &statements).await?;
    let found: Vec<Follower> = read(results.iter().rev().nth(1))?;
    let found = found
        .into_iter()
        .map(|Follower { session, turn, until }| (session, turn, Timestamp::from_millis(until)));
    Ok((head(results.last())?, found.collect()))
}

/// The statement that reads which of these categories are followed.
pub(crate) fn followed(aggregate_types: &BTreeSet<&str>) -> Change {
    let types = Value::from(json!(aggregate_types).to_string());
    Change::new(sql!("categories_followed"), vec![types, json!(clock::now().millis())])
}

/// Tells the objects of the categories that this statement has found. Returns the categories that could not be reached.
///
/// # Errors
/// Fails if what was found cannot be read.
pub(crate) async fn tell(env: &Env, found: Option<&D1Result>) -> Result<BTreeSet<String>, Fault> {
    let found: Vec<Followed> = read(found)?;
    let told = found.into_iter().map(|Followed { aggregate_type }| async move {
        for _ in 0..ATTEMPTS {
            match tell_one(env, &aggregate_type).await {
                Ok(()) => return None,
                Err(failure) => console_error!("{aggregate_type} was not told: {failure}"),
            }
        }
        Some(aggregate_type)
    });
    Ok(join_all(told).await.into_iter().flatten().collect())
}

async fn tell_one(env: &Env, aggregate_type: &str) -> Result<(), Failure> {
    let call = stub::post(contract::JOURNALLED, &())?;
    let name = contract::category_object(aggregate_type);
    stub::read(stub::session_named(env, &name, call).await?).await
}

fn head(found: Option<&D1Result>) -> Result<u64, Failure> {
    let heads: Vec<Head> = read(found)?;
    Ok(heads.first().map_or(0, |row| row.head))
}
