//! The count of a principal's subscriptions that wait for an instance, beside that of its sockets. What a socket waits for goes
//! with its seat.

use std::rc::Rc;

use edgefold_flow::contract::Await;
use edgefold_kernel::{Fault, limits};
use futures_util::future::join_all;

use super::object::Object;
use crate::platform::{
    clock,
    statement::{Param, integer, number, string, text},
    stub,
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
    /// Lets one more subscription wait. Answers 429 when there are as many as there may be.
    pub(crate) async fn give_place(self: &Rc<Self>, wait: &Await) -> Result<u16, Fault> {
        let set = self.env.var("AWAITED_PER_PRINCIPAL").ok().map(|value| value.to_string());
        let most = set.and_then(|text| text.trim().parse().ok());
        let most = most.unwrap_or(limits::AWAITED_PER_PRINCIPAL);
        self.expire()?;
        self.sql(sql!("awaited_table"), &[])?;
        if self.awaited_by_all()? >= most {
            self.let_go(&wait.session).await?;
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

    /// A socket that died without closing waits for nothing.
    async fn let_go(self: &Rc<Self>, but: &str) -> Result<(), Fault> {
        if clock::now() < self.asked_at.get().plus_millis(ASK_AGAIN_MS) {
            return Ok(());
        }
        let sessions = self.sql(sql!("awaited_by"), &[text(but)])?;
        let sessions = sessions.iter().map(|row| string(&row.get(0)));
        let sessions = sessions.collect::<Result<Vec<_>, _>>()?;
        let asked = sessions.iter().map(|session| async move {
            let gone = stub::is_gone(&self.env, session).await;
            gone.then_some(session)
        });
        let gone: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
        if gone.is_empty() {
            self.asked_at.set(clock::now());
        }
        gone.into_iter().try_for_each(|session| self.take_back(session))
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
