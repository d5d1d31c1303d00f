//! Statements in D1, each call bounded in time.

use std::time::Duration;

use edgefold_flow::{Change, journal::failure};
use edgefold_kernel::Fault;
use serde::de::DeserializeOwned;
use serde_json::Value;
use worker::{D1Database, D1PreparedStatement, D1Result, Env, wasm_bindgen::JsValue};

use super::{bindings, stub};

/// Time that D1 has to answer. A call takes milliseconds, and stalls of a minute have been reported: callers and letters
/// do better to come again. What D1 writes after that is found done.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Reads rows.
///
/// # Errors
/// Fails if D1 fails or does not answer in time, or a row has another form.
pub(crate) async fn rows<T: DeserializeOwned>(
    env: &Env,
    sql: &str,
    params: &[Value],
) -> Result<Vec<T>, Fault> {
    let failed = |error: worker::Error| failure::fault(&error.to_string(), [sql]);
    let statement = bind(&open(env)?, sql, params).map_err(failed)?;
    let found = async { statement.all().await.map_err(failed) };
    read(Some(&stub::within(ANSWER_WITHIN, "the database", found).await?))
}

/// Runs statements as one transaction. Returns the result of each.
///
/// # Errors
/// Fails if D1 fails or does not answer in time. In the latter case they may have been run.
pub(crate) async fn batch(env: &Env, statements: &[Change]) -> Result<Vec<D1Result>, Fault> {
    let failed = |error: worker::Error| {
        let mut texts: Vec<_> = statements.iter().map(|statement| statement.sql.as_ref()).collect();
        texts.sort_unstable();
        texts.dedup();
        failure::fault(&error.to_string(), texts)
    };
    let db = open(env)?;
    let bound = statements.iter().map(|Change { sql, params }| bind(&db, sql, params));
    let bound = bound.collect::<worker::Result<_>>().map_err(failed)?;
    let run = async { db.batch(bound).await.map_err(failed) };
    stub::within(ANSWER_WITHIN, "the database", run).await
}

/// The rows of a result; none where there is no result.
///
/// # Errors
/// Fails if a row has another form.
pub(crate) fn read<T: DeserializeOwned>(found: Option<&D1Result>) -> Result<Vec<T>, Fault> {
    let rows = found.map_or(Ok(Vec::new()), D1Result::results::<T>);
    rows.map_err(|error| Fault::Unreadable(error.to_string()))
}

#[allow(clippy::disallowed_methods, reason = "this is the place where calls get their bound")]
fn open(env: &Env) -> Result<D1Database, Fault> {
    env.d1(bindings::DB).map_err(|error| Fault::Defect(error.to_string()))
}

fn bind(db: &D1Database, sql: &str, params: &[Value]) -> worker::Result<D1PreparedStatement> {
    let params: Vec<JsValue> = params
        .iter()
        .map(|param| match param {
            Value::Null => JsValue::NULL,
            Value::Bool(flag) => JsValue::from_bool(*flag),
            Value::Number(number) => JsValue::from_f64(number.as_f64().unwrap_or_default()),
            Value::String(text) => JsValue::from_str(text),
            nested => JsValue::from_str(&nested.to_string()),
        })
        .collect();
    db.prepare(sql).bind(&params)
}
