//! What is new in a category is told to the sessions that follow it, from the read side: the journal says what comes after
//! what, and the last statement of each of its batches reads who has to know.
//!
//! An event counts as journalled for the bus only when all of them were told: until then its letter comes again, and with it
//! this. A session that is gone says so, and is forgotten.

use edgefold_flow::{
    contract,
    session::{Page, Source, Told},
};
use edgefold_kernel::{Envelope, Failure, Fault, limits};
use futures_util::future::join_all;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use worker::{D1Database, D1PreparedStatement, D1Result, Env, console_error};

use crate::{
    bindings, clock,
    journal_d1::{bind, failed},
    stub,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../schema/sql/d1/query/", $name, ".sql"))
    };
}

/// A session that follows a category, with how far the journal has come.
#[derive(Deserialize)]
pub(crate) struct Follower {
    aggregate_type: String,
    session: String,
    turn: u64,
    head: u64,
}

#[derive(Deserialize)]
struct Head {
    head: u64,
}

#[derive(Deserialize)]
struct Journalled {
    position: u64,
    event: Option<String>,
}

/// Follows a category, for as long as the token counts. Gives how far the journal has come.
///
/// # Errors
/// When the database fails.
pub(crate) async fn join(
    env: &Env,
    aggregate_type: &str,
    follow: &contract::Follow,
    until: i64,
) -> Result<u64, Failure> {
    let db = database(env)?;
    let params = [json!(aggregate_type), json!(follow.session), json!(follow.turn), json!(until)];
    let batch = vec![
        bind(&db, sql!("followers_expire"), &[json!(clock::now().millis())])?,
        bind(&db, sql!("follower_set"), &params)?,
        bind(&db, sql!("journal_head"), &[])?,
    ];
    let results = db.batch(batch).await.map_err(|error| failed(&error))?;
    let heads: Vec<Head> = read(results.last())?;
    Ok(heads.first().map_or(0, |row| row.head))
}

/// Follows a category no more.
///
/// # Errors
/// When the database fails.
pub(crate) async fn leave(
    env: &Env,
    aggregate_type: &str,
    session: &str,
    turn: u64,
) -> Result<(), Failure> {
    let db = database(env)?;
    let params = [json!(aggregate_type), json!(session), json!(turn)];
    let left = bind(&db, sql!("follower_drop"), &params)?.run().await;
    left.map(drop).map_err(|error| failed(&error).into())
}

/// What follows a cursor of a category.
///
/// # Errors
/// When the database fails.
pub(crate) async fn pull(env: &Env, aggregate_type: &str, after: u64) -> Result<Page, Failure> {
    let db = database(env)?;
    let params = [json!(after), json!(aggregate_type), json!(limits::PULL_EVENTS)];
    let found = bind(&db, sql!("journal_after"), &params)?.all().await;
    let rows: Vec<Journalled> = read(Some(&found.map_err(|error| failed(&error))?))?;
    let through = rows.last().map_or(after, |row| row.position);
    let event = |row: Journalled| {
        let event = serde_json::from_str::<Envelope>(&row.event?);
        Some(event.map(|event| (row.position, event)))
    };
    let events = rows.into_iter().filter_map(event).collect::<Result<_, _>>();
    let events = events.map_err(|error| Fault::Unreadable(error.to_string()))?;
    Ok(Page { after, through, head: through, events, fold: None })
}

/// The statement that reads who follows these categories.
///
/// # Errors
/// When the database refuses it.
pub(crate) fn followers(
    db: &D1Database,
    aggregate_types: &BTreeSet<&str>,
) -> Result<D1PreparedStatement, Fault> {
    let types = Value::from(json!(aggregate_types).to_string());
    bind(db, sql!("followers_of"), &[types, json!(clock::now().millis())])
}

/// Tells whom that statement has found. Gives the categories of which somebody could not be told.
///
/// # Errors
/// When what was found cannot be read.
pub(crate) async fn tell(env: &Env, found: Option<&D1Result>) -> Result<BTreeSet<String>, Failure> {
    let followers: Vec<Follower> = read(found)?;
    let told = followers.into_iter().map(|follower| async move {
        let told = tell_one(env, &follower).await;
        told.err().map(|failure| {
            console_error!("a session was not told: {failure}");
            follower.aggregate_type
        })
    });
    Ok(join_all(told).await.into_iter().flatten().collect())
}

async fn tell_one(env: &Env, follower: &Follower) -> Result<(), Failure> {
    let Follower { aggregate_type, session, turn, head } = follower;
    let source = Source::Category { aggregate_type: aggregate_type.clone() };
    let told = stub::post(contract::TOLD, &Told { source, head: *head, page: None })?;
    match stub::session(env, Some(session), told).await?.status_code() {
        200..300 => Ok(()),
        410 => leave(env, aggregate_type, session, *turn).await,
        status => Err(Fault::Unavailable("a session", format!("status {status}")).into()),
    }
}

fn database(env: &Env) -> Result<D1Database, Fault> {
    env.d1(bindings::DB).map_err(|error| failed(&error))
}

fn read<T: DeserializeOwned>(found: Option<&D1Result>) -> Result<Vec<T>, Failure> {
    let rows = found.map_or(Ok(Vec::new()), |found| found.results::<T>());
    rows.map_err(|error| Fault::Unreadable(error.to_string()).into())
}
