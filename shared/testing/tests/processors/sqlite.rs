//! SQLite in the place of D1: it takes its parameters as D1 does, and fails where it is told to.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use edgefold_flow::{
    Change,
    journal::{
        database::{Database, Found, check},
        failure,
    },
};
use edgefold_kernel::Fault;
use rusqlite::{Connection, backup::Backup, types::Value as Sql};
use serde_json::{Value, json};

const TABLES: &str = include_str!("../../../../schema/sql/d1/0001_read_models.sql");

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fails {
    /// Nothing of it was done.
    Before,
    /// All of it was done, and the answer was lost.
    After,
}

/// A handle on the database.
#[derive(Clone)]
pub(crate) struct Sqlite(Rc<Inner>);

struct Inner {
    connection: RefCell<Connection>,
    /// Calls so far.
    calls: Cell<usize>,
    /// The call that fails, and how.
    fails: Cell<Option<(usize, Fails)>>,
    is_away: Cell<bool>,
    /// True if others have their turn before each call.
    yields: Cell<bool>,
    /// Statements of the calls, since the last look.
    log: RefCell<Vec<Vec<String>>>,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES).unwrap();
        Self(Rc::new(Inner {
            connection: RefCell::new(connection),
            calls: Cell::new(0),
            fails: Cell::new(None),
            is_away: Cell::new(false),
            yields: Cell::new(false),
            log: RefCell::default(),
        }))
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.calls.get()
    }

    /// Lets the call with this number fail.
    pub(crate) fn fail(&self, call: usize, how: Fails) {
        self.0.fails.set(Some((call, how)));
    }

    pub(crate) fn set_away(&self, is_away: bool) {
        self.0.is_away.set(is_away);
    }

    pub(crate) fn set_yields(&self, yields: bool) {
        self.0.yields.set(yields);
    }

    pub(crate) fn take_log(&self) -> Vec<Vec<String>> {
        self.0.log.take()
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.0.connection.borrow().execute_batch(sql).unwrap();
    }

    /// The rows of a query, each as an array.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        let found = query(&self.0.connection.borrow(), &Change::new(sql.to_owned(), vec![]));
        found.unwrap().1.into_iter().map(Value::from).collect()
    }

    pub(crate) fn one(&self, sql: &str) -> Value {
        self.rows(sql).first().and_then(|row| row.get(0)).cloned().unwrap_or_default()
    }

    /// A copy as it is now.
    pub(crate) fn backup(&self) -> Connection {
        let mut copy = Connection::open_in_memory().unwrap();
        copied(&self.0.connection.borrow(), &mut copy);
        copy
    }

    /// Becomes what a copy is.
    pub(crate) fn restore(&self, copy: &Connection) {
        copied(copy, &mut self.0.connection.borrow_mut());
    }
}

fn copied(from: &Connection, to: &mut Connection) {
    Backup::new(from, to).unwrap().run_to_completion(1_000, Duration::ZERO, None).unwrap();
}

impl Database for Sqlite {
    async fn batch(&self, statements: &[Change]) -> Result<Vec<Vec<Found>>, Fault> {
        if self.0.yields.get() {
            step_aside().await;
        }
        let call = self.0.calls.get();
        self.0.calls.set(call + 1);
        for statement in statements {
            check(statement).unwrap();
        }
        assert!(statements.len() <= 1_000, "{} statements", statements.len());
        let said = statements.iter().map(|it| it.sql.clone().into_owned()).collect();
        self.0.log.borrow_mut().push(said);
        let fails = self.0.fails.get().filter(|(at, _)| *at == call).map(|(_, how)| how);
        let lost = || Err(Fault::Unavailable("the database".into(), "lost".into()));
        if self.0.is_away.get() || fails == Some(Fails::Before) {
            return lost();
        }
        let result = transaction(&self.0.connection.borrow(), statements);
        if fails == Some(Fails::After) { lost() } else { result }
    }
}

fn transaction(connection: &Connection, statements: &[Change]) -> Result<Vec<Vec<Found>>, Fault> {
    connection.execute_batch("BEGIN").unwrap();
    let results = statements.iter().map(|statement| run(connection, statement)).collect();
    let end = if Result::is_ok(&results) { "COMMIT" } else { "ROLLBACK" };
    connection.execute_batch(end).unwrap();
    results
}

fn run(connection: &Connection, change: &Change) -> Result<Vec<Found>, Fault> {
    let (names, rows) = query(connection, change)?;
    let found = rows.into_iter().map(|row| names.iter().cloned().zip(row).collect::<Found>());
    Ok(found.collect())
}

/// The names of the columns, and the rows.
fn query(
    connection: &Connection,
    Change { sql, params }: &Change,
) -> Result<(Vec<String>, Vec<Vec<Value>>), Fault> {
    let failed = |error: rusqlite::Error| failure::fault(&error.to_string(), [sql.as_ref()]);
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    // D1 takes every number as a double.
    let bound = params.iter().map(|param| match param {
        Value::Null => Sql::Null,
        Value::Bool(flag) => Sql::Real(f64::from(u8::from(*flag))),
        Value::Number(number) => Sql::Real(number.as_f64().unwrap()),
        Value::String(text) => Sql::Text(text.clone()),
        nested => panic!("{nested} is no parameter"),
    });
    let bound: Vec<Sql> = bound.collect();
    let read = |row: &rusqlite::Row<'_>| {
        let cell = |index| {
            Ok(match row.get::<_, Sql>(index)? {
                Sql::Null => Value::Null,
                Sql::Integer(number) => json!(number),
                Sql::Real(number) => json!(number),
                Sql::Text(text) => json!(text),
                Sql::Blob(_) => panic!("a blob"),
            })
        };
        (0..names.len()).map(cell).collect::<rusqlite::Result<Vec<_>>>()
    };
    let rows = statement.query_map(rusqlite::params_from_iter(bound), read).map_err(failed)?;
    let rows = rows.collect::<rusqlite::Result<_>>().map_err(failed)?;
    Ok((names, rows))
}

/// Lets whoever waits go first, once.
async fn step_aside() {
    let mut is_first = true;
    poll_fn(|context| {
        if std::mem::take(&mut is_first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}
