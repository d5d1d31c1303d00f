//! A device's report with cqrs-es on PostgreSQL, behind axum: validate, decide, append one event, answer 202.
//!
//! `edgefold-bench-cqrs <connection string> <pool size>` prints the port that it listens on.

mod device;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{AggregateContext, AggregateError, EventStore};
use postgres_es::{PostgresCqrs, PostgresEventRepository, postgres_aggregate_cqrs};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::sync::Mutex;

use device::{Command, Device, Report};

/// Commands for one aggregate wait for each other here, rather than failing in the database and starting again.
const STRIPES: usize = 1_024;
const TRIES: usize = 10;

type Store = PersistedEventStore<PostgresEventRepository, Device>;

struct Service {
    /// With the aggregate itself beside its events, so that a command does not read the stream. (Snapshots now and then would be
    /// less to write, but those of cqrs-es 0.5.0 lose events of a batch that begins before one and ends after it.)
    cqrs: PostgresCqrs<Device>,
    aggregates: Store,
    streams: Store,
    stripes: Vec<Mutex<()>>,
    hash: RandomState,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    aggregate_id: String,
    name: String,
    payload: Report,
    command_id: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    One(Message),
    Many(Vec<Message>),
}

impl Service {
    fn new(pool: PgPool) -> Self {
        let repository = || PostgresEventRepository::new(pool.clone());
        Self {
            aggregates: Store::new_aggregate_store(repository()),
            streams: Store::new_event_store(repository()),
            cqrs: postgres_aggregate_cqrs(pool, vec![], ()),
            stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            hash: RandomState::new(),
        }
    }

    async fn execute(
        &self,
        id: &str,
        command: &Command,
    ) -> Result<(), AggregateError<device::Refusal>> {
        let stripe = self.hash.hash_one(id) as usize % STRIPES;
        let _turn = self.stripes[stripe].lock().await;
        for _ in 1..TRIES {
            // Another process may have been first.
            match self.cqrs.execute(id, command.clone()).await {
                Err(AggregateError::AggregateConflict) => {}
                outcome => return outcome,
            }
        }
        self.cqrs.execute(id, command.clone()).await
    }
}

fn failure(error: &AggregateError<device::Refusal>) -> Response {
    let status = match error {
        AggregateError::UserError(_) => StatusCode::UNPROCESSABLE_ENTITY,
        AggregateError::AggregateConflict => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, Json(json!({ "status": status.as_u16(), "detail": error.to_string() })))
        .into_response()
}

fn unprocessable(detail: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "status": 422, "detail": detail })))
        .into_response()
}

/// One command, or several for one aggregate, which are one append.
async fn commands(State(service): State<Arc<Service>>, Json(body): Json<Body>) -> Response {
    let (single, messages) = match body {
        Body::One(message) => (true, vec![message]),
        Body::Many(messages) => (false, messages),
    };
    let Some(id) = messages.first().map(|one| one.aggregate_id.clone()) else {
        return unprocessable("no command");
    };
    if messages.iter().any(|one| one.name != "UpdateDeviceStatus" || one.aggregate_id != id) {
        return unprocessable("a batch is of UpdateDeviceStatus, for one device");
    }
    let answers: Vec<Value> =
        messages.iter().map(|one| json!({ "status": 202, "commandId": one.command_id })).collect();
    let command = Command::Update(messages.into_iter().map(|one| one.payload).collect());
    match service.execute(&id, &command).await {
        Err(error) => failure(&error),
        Ok(()) if single => (StatusCode::ACCEPTED, Json(&answers[0])).into_response(),
        Ok(()) => Json(answers).into_response(),
    }
}

async fn state(store: &Store, id: &str) -> Response {
    match store.load_aggregate(id).await {
        Ok(mut context) => Json(json!({ "state": context.aggregate() })).into_response(),
        Err(error) => failure(&error),
    }
}

async fn look(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Response {
    state(&service.aggregates, &id).await
}

/// The same state from the events alone.
async fn fold(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Response {
    state(&service.streams, &id).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let connection = arguments.next().ok_or("no connection string")?;
    let size = arguments.next().ok_or("no pool size")?.parse()?;
    let pool = PgPoolOptions::new()
        .min_connections(size)
        .max_connections(size)
        .connect(&connection)
        .await?;
    sqlx::raw_sql(include_str!("../tables.sql")).execute(&pool).await?;
    let router = Router::new()
        .route("/commands", post(commands))
        .route("/aggregates/device/{id}", get(look))
        .route("/streams/device/{id}", get(fold))
        .with_state(Arc::new(Service::new(pool)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, router).await?;
    Ok(())
}
