//! The count of a principal's GraphQL sockets, in an object of the sessions' class under the principal's name.
//!
//! A socket takes a seat when it is acknowledged and frees it when it closes. A socket that died without closing is
//! noticed when the last seat is gone: then all of them are asked, once in a while. When this object cannot be reached, every socket is
//! let in: the limit must not become an outage.

use std::{cell::Cell, rc::Rc};

use edgefold_flow::{
    contract::{self, Seat},
    door::rate,
    session::connection::Pass,
};
use edgefold_kernel::{Fault, Principal, Timestamp};
use js_sys::Array;
use worker::console_error;

use super::object::Object;
use crate::{
    door::allowance::allowance,
    platform::{
        clock,
        statement::{Param, Statements, number, string, text},
        stub,
    },
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/session/", $name, ".sql"))
    };
}

/// Milliseconds for which nobody is asked again when all of them were there still: whoever is refused again and again does not
/// wake them each time.
const ASK_AGAIN_MS: i64 = 10_000;

impl Object {
    // ── the socket's side ──

    /// Takes a seat for this socket, or keeps it for longer. Returns false if there is none left.
    pub(crate) async fn has_seat(&self, pass: &Pass) -> bool {
        self.ask(&pass.caller.principal, contract::SEAT, pass.until).await != Some(429)
    }

    /// Frees the seat of this socket.
    pub(crate) async fn free_seat(&self, principal: &Principal) {
        self.ask(principal, contract::SEAT_FREE, Timestamp::default()).await;
    }

    async fn ask(
        &self,
        principal: &Principal,
        path: &'static str,
        until: Timestamp,
    ) -> Option<u16> {
        let seat = Seat { session: self.state.id().to_string(), until };
        let answer = match stub::post(path, &seat) {
            Ok(request) => {
                stub::session_named(&self.env, &rate::key(Some(principal), ""), request).await
            }
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(answer) => Some(answer.status()),
            Err(failure) => {
                console_error!("nobody counts sockets: {failure}");
                None
            }
        }
    }

    // ── the counter's side ──

    /// Gives a seat. Answers 429 when there is none left.
    pub(crate) async fn give_seat(self: &Rc<Self>, seat: &Seat) -> Result<u16, Fault> {
        let most = allowance(&self.env).sessions;
        self.expire()?;
        let full = |taken: &[String]| !taken.contains(&seat.session) && taken.len() >= most;
        if full(&self.taken()?) {
            self.let_go(self.taken()?, &self.asked_at).await?;
            if full(&self.taken()?) {
                return Ok(429);
            }
        }
        let params = [text(&seat.session), number(seat.until.millis())];
        self.sql(sql!("seat_take"), &params).map(|_| 204)
    }

    /// Takes back the seats of those whose token has ended.
    pub(super) fn expire(&self) -> Result<(), Fault> {
        self.sql(sql!("seats_table"), &[])?;
        self.sql(sql!("seats_expire"), &[number(clock::now().millis())]).map(drop)
    }

    /// Takes a seat back.
    pub(crate) fn take_back(&self, session: &str) -> Result<(), Fault> {
        self.sql(sql!("seats_table"), &[])?;
        self.sql(sql!("seat_free"), &[text(session)]).map(drop)
    }

    /// Takes back the seats of those of these sessions that died without closing. `asked_at` is the instant at which all of them were
    /// there still.
    pub(super) async fn let_go(
        &self,
        sessions: Vec<String>,
        asked_at: &Cell<Timestamp>,
    ) -> Result<(), Fault> {
        if clock::now() < asked_at.get().plus_millis(ASK_AGAIN_MS) {
            return Ok(());
        }
        let sessions = sessions.into_iter().map(|session| (session, ())).collect();
        let gone = stub::gone(&self.env, sessions).await;
        if gone.is_empty() {
            asked_at.set(clock::now());
        }
        gone.iter().try_for_each(|(session, ())| self.take_back(session))
    }

    fn taken(&self) -> Result<Vec<String>, Fault> {
        let rows = self.sql(sql!("seats"), &[])?;
        rows.iter().map(|row| string(&row.get(0))).collect()
    }

    pub(super) fn sql(
        &self,
        statement: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Array>, Fault> {
        Statements::new(&self.state.storage()).rows(statement, params)
    }
}
