//! SQL statements over the object's SQLite.
//!
//! The binding of `worker` passes parameters one by one, and a statement's text anew each time. A command has three
//! statements with fourteen parameters, and each crossing into JavaScript costs time: so this file binds them again.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::AssertUnwindSafe,
};

use edgefold_flow::append::storage::json_arrays;
use edgefold_kernel::{Fault, Version};
use js_sys::{Array, IteratorNext, JsString};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    type ObjectStorage;

    /// `worker` does not bind the one call that makes several statements atomic.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &ObjectStorage,
        body: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn sql(this: &ObjectStorage) -> Sql;

    type Sql;

    #[wasm_bindgen(method, catch, variadic)]
    fn exec(this: &Sql, statement: &JsString, params: Vec<JsValue>) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(method, getter, js_name = databaseSize)]
    fn database_size(this: &Sql) -> f64;

    type Cursor;

    #[wasm_bindgen(method, catch)]
    fn raw(this: &Cursor) -> Result<Rows, JsValue>;

    #[wasm_bindgen(method, getter, js_name = rowsRead)]
    fn rows_read(this: &Cursor) -> f64;

    #[wasm_bindgen(method, getter, js_name = rowsWritten)]
    fn rows_written(this: &Cursor) -> f64;

    type Rows;

    #[wasm_bindgen(method, catch)]
    fn next(this: &Rows) -> Result<IteratorNext, JsValue>;
}

thread_local! {
    /// The texts of statements in JavaScript, by where they lie in here: there are a few dozen.
    static TEXTS: RefCell<BTreeMap<usize, JsString>> = const { RefCell::new(BTreeMap::new()) };
}

/// The statements of one object.
pub(crate) struct Statements {
    storage: ObjectStorage,
    sql: Sql,
    read: Cell<usize>,
    written: Cell<usize>,
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
        let storage: ObjectStorage =
            storage.as_raw().unchecked_ref::<JsValue>().clone().unchecked_into();
        let sql = storage.sql();
        Self { storage, sql, read: Cell::new(0), written: Cell::new(0) }
    }

    /// Runs a statement and reads its rows.
    pub(crate) fn each<T>(
        &self,
        statement: &'static str,
        params: Vec<JsValue>,
        mut read: impl FnMut(Array) -> Result<More<T>, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let cursor = self.exec(statement, params)?;
        let (rows, mut found) = (cursor.raw().map_err(failed)?, Vec::new());
        loop {
            let next = rows.next().map_err(failed)?;
            if next.done() {
                break;
            }
            match read(next.value().unchecked_into())? {
                More::Yes(row) => found.push(row),
                More::No(row) => {
                    found.push(row);
                    break;
                }
            }
        }
        self.count(&cursor);
        Ok(found)
    }

    /// Runs a statement and gives its rows.
    pub(crate) fn rows(
        &self,
        statement: &'static str,
        params: Vec<JsValue>,
    ) -> Result<Vec<Array>, Fault> {
        self.each(statement, params, |row| Ok(More::Yes(row)))
    }

    /// Runs a statement that has no rows.
    pub(crate) fn change(
        &self,
        statement: &'static str,
        params: Vec<JsValue>,
    ) -> Result<(), Fault> {
        let cursor = self.exec(statement, params)?;
        self.count(&cursor);
        Ok(())
    }

    /// Inserts rows, each a tuple, by a statement that takes them as one JSON array of arrays; in parts, where they do not fit
    /// into one value.
    pub(crate) fn insert(
        &self,
        statement: &'static str,
        rows: impl IntoIterator<Item = impl Serialize>,
    ) -> Result<(), Fault> {
        let rows = rows.into_iter().map(|row| serde_json::to_string(&row));
        let rows: Vec<_> = rows.collect::<Result<_, _>>().map_err(unreadable)?;
        let arrays = json_arrays(rows);
        arrays.iter().try_for_each(|rows| self.change(statement, vec![text(rows)]))
    }

    /// Does everything that `work` does, or nothing. A panic rolls back like any other exception.
    pub(crate) fn atomically(&self, work: impl Fn() -> Result<(), Fault>) -> Result<(), Fault> {
        // A panic leaves nothing behind these half done.
        let (work, result) = (AssertUnwindSafe(work), AssertUnwindSafe(RefCell::new(Ok(()))));
        let done = self.storage.transaction_sync(&mut || {
            let worked = (*work)();
            let failed = worked.is_err();
            drop(result.replace(worked));
            if failed { Err(JsValue::from_str("rolled back")) } else { Ok(JsValue::UNDEFINED) }
        });
        result.0.into_inner()?;
        done.map(drop).map_err(failed)
    }

    /// Rows read and written by these statements, as the platform counts them.
    pub(crate) fn counted(&self) -> (usize, usize) {
        (self.read.get(), self.written.get())
    }

    /// Size of the database, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.sql.database_size() as usize
    }

    fn exec(&self, statement: &'static str, params: Vec<JsValue>) -> Result<Cursor, Fault> {
        let text = TEXTS.with_borrow_mut(|texts| {
            let text = || JsString::from(statement);
            texts.entry(statement.as_ptr() as usize).or_insert_with(text).clone()
        });
        self.sql.exec(&text, params).map_err(failed)
    }

    fn count(&self, cursor: &Cursor) {
        self.read.set(self.read.get() + cursor.rows_read() as usize);
        self.written.set(self.written.get() + cursor.rows_written() as usize);
    }
}

pub(crate) fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}

/// A whole number below 2^53: exact as the double that crosses into JavaScript. Versions and instants are.
pub(crate) fn number(number: impl TryInto<i64>) -> JsValue {
    JsValue::from_f64(number.try_into().unwrap_or(i64::MAX) as f64)
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

pub(crate) fn unreadable(error: impl std::fmt::Display) -> Fault {
    Fault::Unreadable(error.to_string())
}

fn failed(error: JsValue) -> Fault {
    Fault::Unavailable("storage".into(), worker::Error::from(error).to_string())
}
