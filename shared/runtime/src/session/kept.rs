//! A session's subscriptions, in its own SQLite from the first of them on. They are deleted with the socket.

use std::rc::Rc;

use edgefold_flow::{
    session::connection::Number,
    subscribe::{Source, Wanted},
};
use edgefold_kernel::Fault;
use futures_util::future::join;
use worker::console_error;

use super::object::{Kept, Object};
use crate::platform::{
    later::later,
    statement::{More, Statements, number, string, text, unreadable, version},
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/session/", $name, ".sql"))
    };
}

/// A subscription that was kept: its number, the client's name for it, its sources, and what they are asked for.
type Stored = (Number, String, Vec<Source>, Kept);

impl Object {
    /// Keeps a subscription.
    ///
    /// # Errors
    /// A fault when it is not kept: it would be lost with the memory of this object, and the client would not know.
    pub(crate) fn keep(&self, number: Number) -> Result<(), Fault> {
        let connection = self.connection.borrow();
        let found = connection.as_ref().and_then(|it| it.operations().find(|(n, _)| *n == number));
        let (kept, Some((_, operation))) = (self.kept.borrow(), found) else {
            return Ok(());
        };
        let json = |value: Result<String, serde_json::Error>| {
            value.map_err(|error| Fault::Defect(error.to_string()))
        };
        let sources: Vec<_> = operation.sources().collect();
        let sources = json(serde_json::to_string(&sources))?;
        let kept = json(serde_json::to_string(&kept.get(&number)))?;
        let params = [self::number(number), text(&operation.id), text(&sources), text(&kept)];
        let sql = Statements::new(&self.state.storage());
        sql.change(sql!("tables"), &[])?;
        sql.change(sql!("operation_keep"), &params)
    }

    /// Keeps nothing of an operation. Returns true if it waited.
    pub(crate) fn forget(&self, number: Number) -> bool {
        let Some(kept) = self.kept.borrow_mut().remove(&number) else { return false };
        let sql = Statements::new(&self.state.storage());
        drop(sql.change(sql!("operation_drop"), &[self::number(number)]));
        matches!(kept.wanted, Wanted::Awaited(..))
    }

    fn has_tables(&self) -> Result<bool, Fault> {
        let sql = Statements::new(&self.state.storage());
        Ok(!sql.rows(sql!("has_tables"), &[])?.is_empty())
    }

    /// The subscriptions that were kept.
    pub(crate) fn stored(&self) -> Result<Vec<Stored>, Fault> {
        if !self.has_tables()? {
            return Ok(Vec::new());
        }
        let sql = Statements::new(&self.state.storage());
        sql.each(sql!("operations"), &[], |row| {
            let json = |column: u32| string(&row.get(column));
            Ok(More::Yes((
                version(&row.get(0))?,
                string(&row.get(1))?,
                serde_json::from_str(&json(2)?).map_err(unreadable)?,
                serde_json::from_str(&json(3)?).map_err(unreadable)?,
            )))
        })
    }

    /// Deletes a session without a socket: a runtime that ends takes the sockets with it, and says nothing. The alarm
    /// rings at the latest when the token ends. An object of this class that has a name is not a session.
    pub(crate) async fn clear(&self) {
        if self.connection.borrow().is_some() || self.state.id().name().is_some() {
            return;
        }
        let storage = self.state.storage();
        // In one turn, so that no alarm goes without the rest.
        let (alarm, rest) = join(storage.delete_alarm(), storage.delete_all()).await;
        for error in [alarm, rest].into_iter().filter_map(Result::err) {
            console_error!("a session is not deleted: {error}");
        }
    }

    /// The same if anything is stored: it was not when no token was shown, or when it is deleted already.
    pub(super) async fn clear_stored(&self) {
        let alarm = self.state.storage().get_alarm().await;
        if !matches!(alarm, Ok(None)) || self.has_tables().unwrap_or(true) {
            self.clear().await;
        }
    }

    /// The same after the answer, which tells the caller that the socket is gone.
    pub(crate) fn clear_later(self: &Rc<Self>) {
        if self.connection.borrow().is_none() && self.has_tables().unwrap_or(true) {
            let object = Rc::clone(self);
            later(&self.state, async move { object.clear().await });
        }
    }
}
