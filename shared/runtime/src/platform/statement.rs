//! SQL statements over the object's SQLite.
//!
//! The binding of `worker` passes parameters, rows and cells one by one. Each crossing into JavaScript costs time, and a command had
//! forty of them for its statements: so `calls.js` takes a whole statement, or a whole transaction, at once.

use std::{cell::RefCell, collections::BTreeMap};

use edgefold_flow::{append::storage::json_arrays, subscribe::followers::Lease};
use edgefold_kernel::{Fault, Timestamp, Version};
use js_sys::{Array, JsString};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

#[wasm_bindgen(module = "/src/platform/calls.js")]
extern "C" {
    #[wasm_bindgen(js_name = Statements)]
    type Database;

    #[wasm_bindgen(constructor, js_class = "Statements")]
    fn new(storage: &JsValue) -> Database;

    #[wasm_bindgen(method, catch)]
    fn change(this: &Database, statement: &JsString, params: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn commit(this: &Database, changes: Vec<JsValue>) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn rows(this: &Database, statement: &JsString, params: &str) -> Result<Array, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn open(this: &Database, statement: &JsString, params: &str) -> Result<Rows, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn read(this: &Database) -> f64;

    #[wasm_bindgen(method, getter)]
    fn written(this: &Database) -> f64;

    #[wasm_bindgen(method, getter)]
    fn bytes(this: &Database) -> f64;

    type Rows;

    #[wasm_bindgen(method, catch)]
    fn next(this: &Rows) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn end(this: &Rows);
}

thread_local! {
    /// The texts of statements in JavaScript, by where they lie in here: there are a few dozen.
    static TEXTS: RefCell<BTreeMap<usize, JsString>> = const { RefCell::new(BTreeMap::new()) };
}

fn in_javascript(statement: &'static str) -> JsString {
    TEXTS.with_borrow_mut(|texts| {
        let text = || JsString::from(statement);
        texts.entry(statement.as_ptr() as usize).or_insert_with(text).clone()
    })
}

/// The statements of one object.
pub(crate) struct Statements(Database);

/// A parameter of a statement.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Param<'a> {
    Null,
    Text(&'a str),
    /// A whole number below 2^53: exact as the double that JavaScript makes of it. Versions and instants are.
    Number(i64),
}

/// Changes that belong together.
#[derive(Default)]
pub(crate) struct Changes(Vec<JsValue>);

impl Changes {
    /// Adds a statement that has no rows.
    pub(crate) fn add(
        &mut self,
        statement: &'static str,
        params: &[Param<'_>],
    ) -> Result<(), Fault> {
        let params = JsValue::from_str(&json(params)?);
        self.0.extend([in_javascript(statement).into(), params]);
        Ok(())
    }

    /// Adds a statement that inserts rows, each a tuple, and takes them as one JSON array of arrays; several times, where they
    /// do not fit into one value.
    pub(crate) fn insert(
        &mut self,
        statement: &'static str,
        rows: impl IntoIterator<Item = impl Serialize>,
    ) -> Result<(), Fault> {
        let rows: Vec<_> = rows.into_iter().map(|row| json(&row)).collect::<Result<_, _>>()?;
        for rows in json_arrays(rows) {
            let params = Array::of1(&JsValue::from_str(&rows));
            self.0.extend([in_javascript(statement).into(), params.into()]);
        }
        Ok(())
    }
}

/// The answer of a reader of rows: go on, or stop.
pub(crate) enum More<T> {
    /// This row, and those behind it.
    Yes(T),
    /// This row, and no more.
    No(T),
}

impl Statements {
    pub(crate) fn new(storage: &worker::Storage) -> Self {
        Self(Database::new(storage.as_raw().unchecked_ref()))
    }

    /// Runs a statement and reads its rows.
    pub(crate) fn each<T>(
        &self,
        statement: &'static str,
        params: &[Param<'_>],
        mut read: impl FnMut(Array) -> Result<More<T>, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let rows = self.0.open(&in_javascript(statement), &json(params)?).map_err(failed)?;
        let mut found = Vec::new();
        loop {
            let row = rows.next().map_err(failed)?;
            if row.is_undefined() {
                break;
            }
            match read(row.unchecked_into())? {
                More::Yes(row) => found.push(row),
                More::No(row) => {
                    found.push(row);
                    break;
                }
            }
        }
        rows.end();
        Ok(found)
    }

    /// Runs a statement and gives its rows.
    pub(crate) fn rows(
        &self,
        statement: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Array>, Fault> {
        let rows = self.0.rows(&in_javascript(statement), &json(params)?).map_err(failed)?;
        Ok(rows.iter().map(JsCast::unchecked_into).collect())
    }

    /// Runs a statement that has no rows.
    pub(crate) fn change(
        &self,
        statement: &'static str,
        params: &[Param<'_>],
    ) -> Result<(), Fault> {
        self.0.change(&in_javascript(statement), &json(params)?).map_err(failed)
    }

    /// Makes all of the changes, or none.
    pub(crate) fn commit(&self, changes: Changes) -> Result<(), Fault> {
        self.0.commit(changes.0).map_err(failed)
    }

    /// Rows read and written by these statements, as the platform counts them.
    pub(crate) fn counted(&self) -> (usize, usize) {
        (self.0.read() as usize, self.0.written() as usize)
    }

    /// Size of the database, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes() as usize
    }
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Defect(error.to_string()))
}

pub(crate) fn text(text: &str) -> Param<'_> {
    Param::Text(text)
}

/// A whole number below 2^53.
pub(crate) fn number(number: impl TryInto<i64>) -> Param<'static> {
    Param::Number(number.try_into().unwrap_or(i64::MAX))
}

/// The number in a column; 0 if it is empty.
pub(crate) fn integer(cell: &JsValue) -> Result<i64, Fault> {
    match cell.as_f64() {
        Some(number) => Ok(number as i64),
        None if cell.is_null() || cell.is_undefined() => Ok(0),
        None => Err(Fault::Unreadable(format!("expected a number, found {cell:?}"))),
    }
}

pub(crate) fn string(cell: &JsValue) -> Result<String, Fault> {
    let unreadable = || Fault::Unreadable(format!("expected a text, found {cell:?}"));
    cell.as_string().ok_or_else(unreadable)
}

pub(crate) fn version(cell: &JsValue) -> Result<Version, Fault> {
    Version::try_from(integer(cell)?).map_err(unreadable)
}

/// The place of a follower, in the columns with which both tables of followers begin.
pub(crate) fn lease(row: &Array) -> Result<Lease, Fault> {
    Ok(Lease {
        session: string(&row.get(0))?,
        turn: version(&row.get(1))?,
        until: Timestamp::from_millis(integer(&row.get(2))?),
        holder: string(&row.get(3))?,
    })
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> Fault {
    Fault::Unreadable(error.to_string())
}

fn failed(error: JsValue) -> Fault {
    Fault::Unavailable("storage".into(), worker::Error::from(error).to_string())
}
