//! Tickets of a principal, in the object that counts its sockets. See [`edgefold_flow::door::ticket`].

use edgefold_flow::door::{
    ticket::{Ticket, kept_as},
    token::Caller,
};
use edgefold_kernel::{Failure, Fault, Kind, Rejection, limits};

use super::object::Object;
use crate::{
    door::allowance::allowance,
    platform::{
        clock,
        statement::{Statements, number, string, text, unreadable},
    },
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/session/", $name, ".sql"))
    };
}

impl Object {
    /// Gives this caller a ticket.
    ///
    /// # Errors
    /// `TOO_MANY_TICKETS` when it has as many as it may that are good.
    pub(super) fn give_ticket(&self, caller: &Caller) -> Result<Ticket, Failure> {
        let statements = Statements::new(&self.state.storage());
        let now = clock::now();
        statements.rows(sql!("tickets_table"), &[])?;
        statements.rows(sql!("tickets_expire"), &[number(now.millis())])?;
        let rows = statements.rows(sql!("tickets_count"), &[])?;
        let unused = rows.first().and_then(|row| row.get(0).as_f64()).unwrap_or_default();
        let most = allowance(&self.env).tickets;
        if unused >= most as f64 {
            let detail = format!("you have {most} unused tickets; each is good for a minute");
            return Err(Rejection::new(Kind::TooMany, "TOO_MANY_TICKETS", detail).into());
        }
        // Each holds 74 random bits (RFC 9562, section 5.7).
        let secret = format!("{}{}", clock::fresh(), clock::fresh()).replace('-', "");
        let until = now.plus_millis(limits::TICKET_MS);
        let ticket = Ticket::new(&self.state.id().to_string(), &secret, until);
        let kept =
            serde_json::to_string(caller).map_err(|error| Fault::Defect(error.to_string()))?;
        let digest = kept_as(&secret);
        let params = [text(&digest), text(&kept), number(until.millis())];
        statements.rows(sql!("ticket_keep"), &params)?;
        Ok(ticket)
    }

    /// The caller who has asked for the ticket of this digest, if it is good. It is used up by this. Whoever has made up a
    /// ticket gets no table.
    pub(super) fn use_ticket(&self, digest: &str) -> Result<Option<Caller>, Fault> {
        let statements = Statements::new(&self.state.storage());
        if statements.rows(sql!("tickets_has_table"), &[])?.is_empty() {
            return Ok(None);
        }
        let params = [text(digest), number(clock::now().millis())];
        let rows = statements.rows(sql!("ticket_use"), &params)?;
        let Some(row) = rows.first() else { return Ok(None) };
        serde_json::from_str(&string(&row.get(0))?).map(Some).map_err(unreadable)
    }
}
