//! How queued commands of a principal ended that met no stream, in the object that counts its sockets. See
//! [`Apart`](edgefold_flow::queued::Apart).

use edgefold_flow::queued::{Apart, ApartWanted};
use edgefold_kernel::{Fault, StreamId, Timestamp, limits};
use serde_json::json;
use worker::console_error;

use super::object::Object;
use crate::platform::{
    clock,
    statement::{integer, number, string, text, unreadable},
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/session/", $name, ".sql"))
    };
}

impl Object {
    /// Keeps one until it expires, and the latest [`limits::QUEUED_APART`] of a sender at most.
    pub(super) fn keep_apart(&self, apart: &Apart) -> Result<(), Fault> {
        let kept =
            serde_json::to_string(apart).map_err(|error| Fault::Defect(error.to_string()))?;
        let of = address(&apart.of)?;
        self.sql(sql!("apart_table"), &[])?;
        let params = [
            text(&of),
            text(apart.command_id.as_str()),
            text(&kept),
            number(apart.expires_at.millis()),
        ];
        self.sql(sql!("apart_keep"), &params)?;
        self.sql(sql!("apart_latest"), &[number(limits::QUEUED_APART)])?;
        self.forget_apart()
    }

    /// What is kept of these commands.
    pub(super) fn apart_of(&self, wanted: &ApartWanted) -> Result<Vec<Apart>, Fault> {
        if !self.keeps_apart()? {
            return Ok(Vec::new());
        }
        let (of, ids) = (address(&wanted.of)?, json!(wanted.command_ids).to_string());
        let rows =
            self.sql(sql!("apart_of"), &[text(&of), text(&ids), number(clock::now().millis())])?;
        let read = |text: String| serde_json::from_str(&text).map_err(unreadable);
        rows.iter().map(|row| read(string(&row.get(0))?)).collect()
    }

    /// Deletes what has expired, and rings again when the next one does.
    fn forget_apart(&self) -> Result<(), Fault> {
        self.sql(sql!("apart_expire"), &[number(clock::now().millis())])?;
        let rows = self.sql(sql!("apart_next"), &[])?;
        let next = rows.first().map(|row| row.get(0)).filter(|cell| !cell.is_null());
        if let Some(next) = next {
            self.set_alarm(Timestamp::from_millis(integer(&next)?));
        }
        Ok(())
    }

    /// The alarm of an object that has a name.
    pub(super) fn tidy(&self) {
        let tidied = self.keeps_apart().and_then(|keeps| match keeps {
            true => self.forget_apart(),
            false => Ok(()),
        });
        if let Err(fault) = tidied {
            console_error!("what has expired is left: {fault}");
        }
    }

    fn keeps_apart(&self) -> Result<bool, Fault> {
        Ok(!self.sql(sql!("apart_has_table"), &[])?.is_empty())
    }
}

/// An instance as a text that no other has.
fn address(of: &StreamId) -> Result<String, Fault> {
    serde_json::to_string(of).map_err(|error| Fault::Defect(error.to_string()))
}
