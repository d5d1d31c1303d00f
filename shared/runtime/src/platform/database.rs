//! Statements in D1.

use edgefold_kernel::Fault;
use serde_json::Value;
use worker::{D1Database, D1PreparedStatement, Env, wasm_bindgen::JsValue};

use super::bindings;

/// The database of journal and read models.
///
/// # Errors
/// Fails if it is not bound.
pub(crate) fn open(env: &Env) -> Result<D1Database, Fault> {
    env.d1(bindings::DB).map_err(|error| failed(&error))
}

/// A statement with its parameters.
///
/// # Errors
/// Fails if D1 refuses them.
pub(crate) fn bind(
    db: &D1Database,
    sql: &str,
    params: &[Value],
) -> Result<D1PreparedStatement, Fault> {
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
    db.prepare(sql).bind(&params).map_err(|error| failed(&error))
}

pub(crate) fn failed(error: &worker::Error) -> Fault {
    Fault::Unavailable("the database".into(), error.to_string())
}
