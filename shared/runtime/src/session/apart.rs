//! How queued commands of a principal ended whose instances do not keep that, in the object that counts its sockets. See
//! [`Apart`].

use edgefold_flow::queued::{Apart, ApartWanted};
use edgefold_kernel::{Fault, StreamId, Timestamp};
use serde_json::json;
use worker::console_error;

use super::object::Object;
use crate::{
    door::allowance::allowance,
    platform::{
        clock,
        statement::{integer, number, string, text, unreadable},
    },
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/session/", $name, ".sql"))
    };
}

/// Milliseconds that what has expired is left for (1 h).
const TOGETHER_MS: i64 = 60 * 60 * 1_000;

impl Object {
    /// Keeps one until it expires, and of one sender the latest only.
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
        self.sql(sql!("apart_latest"), &[number(allowance(&self.env).apart)])?;
        self.wait_for_oldest()
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

    /// Rings when the oldest has expired: an hour later, so that many go at a time.
    fn wait_for_oldest(&self) -> Result<(), Fault> {
        let rows = self.sql(sql!("apart_oldest"), &[])?;
        if let Some(row) = rows.first() {
            let expires_at = Timestamp::from_millis(integer(&row.get(0))?);
            self.set_alarm(expires_at.plus_millis(TOGETHER_MS));
        }
        Ok(())
    }

    /// The alarm of an object that has a name.
    pub(super) fn tidy(&self) {
        let tidied = self.keeps_apart().and_then(|keeps| match keeps {
            true => {
                self.sql(sql!("apart_expire"), &[number(clock::now().millis())])?;
                self.wait_for_oldest()
            }
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
