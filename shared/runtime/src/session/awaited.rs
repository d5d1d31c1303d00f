//! The count of a principal's subscriptions that wait for an instance, beside that of its sockets. What a socket waits for goes
//! with its seat.

use std::rc::Rc;

use edgefold_flow::contract::Await;
use edgefold_kernel::Fault;

use super::object::Object;
use crate::{
    door::allowance::allowance,
    platform::statement::{Param, integer, number, string, text},
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/session/", $name, ".sql"))
    };
}

impl Object {
    /// Lets one more subscription wait. Answers 429 when there are as many as there may be.
    pub(crate) async fn give_place(self: &Rc<Self>, wait: &Await) -> Result<u16, Fault> {
        let most = allowance(&self.env).awaited;
        self.expire()?;
        self.sql(sql!("awaited_table"), &[])?;
        if self.awaited_by_all()? >= most {
            self.let_go(self.waiting(&wait.session)?, &self.waiting_asked_at).await?;
            if self.awaited_by_all()? >= most {
                return Ok(429);
            }
        }
        self.sql(sql!("awaited_add"), &params(wait)).map(|_| 204)
    }

    /// It waits no more.
    pub(crate) fn end_wait(&self, wait: &Await) -> Result<(), Fault> {
        self.sql(sql!("awaited_table"), &[])?;
        self.sql(sql!("awaited_drop"), &params(wait)).map(drop)
    }

    /// The sessions that wait, but for one.
    fn waiting(&self, but: &str) -> Result<Vec<String>, Fault> {
        let sessions = self.sql(sql!("awaited_by"), &[text(but)])?;
        sessions.iter().map(|row| string(&row.get(0))).collect()
    }

    /// How many wait, on all sockets that have a seat.
    fn awaited_by_all(&self) -> Result<usize, Fault> {
        self.sql(sql!("awaited_tidy"), &[])?;
        let rows = self.sql(sql!("awaited_count"), &[])?;
        let count = rows.first().map(|row| integer(&row.get(0))).transpose()?;
        Ok(count.and_then(|count| usize::try_from(count).ok()).unwrap_or_default())
    }
}

fn params(wait: &Await) -> [Param<'_>; 2] {
    [text(&wait.session), number(wait.number)]
}
