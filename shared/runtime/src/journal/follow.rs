//! A journal tells the sessions that follow its partition, after the commit and off the way of an append; and gives them the rows
//! that changed. See [`edgefold_flow::journal::follow`].
//!
//! Telling writes no row. The position up to which each session was told is kept in memory: after an eviction all are told again.
//! The answer to an append waits for the sessions, or for an alarm, so one of the two follows whatever happens.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use edgefold_flow::{
    Catalogue,
    contract::{self, Follow, FollowRows, FollowedRows},
    door::{Asker, rate, token::missing},
    journal::{
        Partition, Row, RowsPage, RowsPull, Storage,
        follow::{self, Current, Pulled, Shape},
    },
    subscribe::{
        Listeners, Pace, Source, Told,
        followers::{Lease, Tell},
    },
};
use edgefold_kernel::{Failure, Fault, Rejection, StreamId, limits};
use futures_util::{
    future::try_join_all,
    stream::{FuturesUnordered, StreamExt},
};
use worker::{Delay, Env, console_error};

use crate::{
    door::allowance::allowance,
    platform::{
        answer, clock,
        http::{Request, Response},
        statement::{More, Statements, lease, number, string, text, unreadable},
        stub::{self, Call},
    },
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/journal/", $name, ".sql"))
    };
}

/// The sessions that follow a partition.
pub(crate) struct Follows {
    env: Env,
    catalogue: &'static Catalogue,
    /// The category, and the number of the partition.
    of: (String, u16),
    sql: Statements,
    has_table: Cell<bool>,
    listeners: RefCell<Listeners>,
    /// Sessions that could not be reached. They are told again when the alarm rings.
    unreached: RefCell<Vec<String>>,
    pace: RefCell<Pace>,
}

impl Follows {
    /// Loads the sessions that follow. They are to be told again: what they were told is not known any more.
    pub(crate) fn new(
        env: Env,
        catalogue: &'static Catalogue,
        of: (String, u16),
        storage: &worker::Storage,
    ) -> Self {
        let pace = RefCell::new(Pace::of(allowance(&env).feed));
        let this = Self {
            env,
            catalogue,
            of,
            sql: Statements::new(storage),
            has_table: Cell::default(),
            listeners: RefCell::default(),
            unreached: RefCell::default(),
            pace,
        };
        if let Err(fault) = this.restore() {
            console_error!("followers are not known: {fault}");
        }
        this
    }

    fn restore(&self) -> Result<(), Fault> {
        let found = self.sql.rows(sql!("followers_has_table"), &[])?;
        let Some(table) = found.first() else { return Ok(()) };
        if table.get(0) != 1 {
            self.sql.change(sql!("followers_lifted"), &[])?;
        }
        self.has_table.set(true);
        let found = self.sql.each(sql!("followers"), &[], |row| {
            let filters = serde_json::from_str(&string(&row.get(4))?).map_err(unreadable)?;
            Ok(More::Yes((lease(&row)?, filters)))
        })?;
        let mut listeners = self.listeners.borrow_mut();
        for (lease, filters) in found {
            listeners.restore(lease, filters);
        }
        Ok(())
    }

    /// True if nobody has to be told any more of what was appended up to this position.
    pub(crate) fn is_told(&self, position: u64) -> bool {
        self.listeners.borrow().told() >= position
    }

    /// True if nobody follows.
    pub(crate) fn is_empty(&self) -> bool {
        self.listeners.borrow().is_empty()
    }

    /// Serves the requests of a session: [`contract::FOLLOW`], [`contract::LEAVE`], [`contract::PULL`]. `exists`: whether there is such
    /// a partition.
    ///
    /// # Errors
    /// Fails if the runtime refuses to build a response.
    pub(super) async fn serve<S: Storage>(
        &self,
        (partition, exists): (&Partition<S>, bool),
        path: &str,
        request: &Request,
        by: Result<Asker, Rejection>,
    ) -> worker::Result<Response> {
        match path {
            contract::FOLLOW => {
                let result = match answer::read(request).await {
                    Ok(follow) => self.follow((partition, exists), by, follow).await,
                    Err(failure) => Err(failure),
                };
                answer::outcome(200, result)
            }
            contract::LEAVE => {
                let result = answer::read(request).await;
                answer::outcome(200, result.and_then(|follow| Ok(self.leave(&follow)?)))
            }
            _ => match answer::read(request).await {
                Ok(pull) => answer::outcome(200, self.pull(partition, by, &pull).await),
                Err(failure) => answer::failed(&failure),
            },
        }
    }

    /// A session follows, for as long as its token counts. Nothing is kept in a partition that does not exist: callers may name any
    /// number in a cursor.
    async fn follow<S: Storage>(
        &self,
        (partition, exists): (&Partition<S>, bool),
        by: Result<Asker, Rejection>,
        FollowRows { session, turn, after, filters, lists_all }: FollowRows,
    ) -> Result<FollowedRows, Failure> {
        let Asker::Somebody(who) = by? else { return Err(missing().into()) };
        if let Some(after) = &after {
            follow::check(partition, after)?;
        }
        if !exists {
            // The session runs with a setting that has not come here yet.
            let said = "nothing lies in this partition, and it is not set";
            return Err(Fault::Unavailable("the journal".into(), said.into()).into());
        }
        let holder = rate::key(Some(&who.principal), "");
        let lease = Lease { session, holder, turn, until: who.expires_at };
        let of_one = allowance(&self.env).followers;
        if self.listeners.borrow().admit(&lease, lists_all, of_one).is_err() {
            self.expire();
            self.let_dead_go(&lease.holder).await;
        }
        let head = follow::head(partition)?;
        let mut listeners = self.listeners.borrow_mut();
        listeners.admit(&lease, lists_all, of_one)?;
        if !self.has_table.replace(true) {
            self.sql.change(sql!("followers_table"), &[])?;
        }
        let kept = serde_json::to_string(&filters);
        let kept = kept.map_err(|error| Fault::Defect(error.to_string()))?;
        let until = number(lease.until.millis());
        let params = [text(&lease.session), number(turn), until, text(&kept), text(&lease.holder)];
        self.sql.change(sql!("follower_set"), &params)?;
        listeners.join(lease, filters, head.position);
        Ok(FollowedRows { head })
    }

    /// The sockets of a principal that died without a word have no place any more.
    async fn let_dead_go(&self, holder: &str) {
        let doubted = self.listeners.borrow_mut().doubted(holder, clock::now());
        for (session, turn) in stub::gone(&self.env, doubted).await {
            if self.listeners.borrow_mut().gone(&session, turn) {
                self.forget(&session);
            }
        }
    }

    fn leave(&self, Follow { session, turn }: &Follow) -> Result<(), Fault> {
        match self.listeners.borrow_mut().leave(session, *turn) {
            true => self.sql.change(sql!("follower_drop"), &[text(session)]),
            false => Ok(()),
        }
    }

    /// The next rows that changed for a subscription. Its principal takes a turn first, and reads after it.
    async fn pull<S: Storage>(
        &self,
        partition: &Partition<S>,
        by: Result<Asker, Rejection>,
        pull: &RowsPull,
    ) -> Result<RowsPage, Failure> {
        let Asker::Somebody(who) = by? else { return Err(missing().into()) };
        let shape = Shape::of(self.catalogue.entry(&self.of.0)?);
        let after = pull.after.position;
        let events = partition.head()?.saturating_sub(after).min(limits::SCAN_EVENTS as u64);
        let (who, events) = (&who.principal.subject, events as usize);
        let Some(wait) = self.pace.borrow_mut().turn(who, events, clock::now()) else {
            let said = "this principal has as many readers as have a turn soon";
            return Err(Fault::Unavailable("the journal".into(), said.into()).into());
        };
        if wait > 0 {
            Delay::from(Duration::from_millis(wait.unsigned_abs())).await;
        }
        let is_at_hand = partition.is_at_hand(after);
        let mut current = Current::new();
        loop {
            match follow::pull(partition, &shape, pull, &current)? {
                Pulled::Page(page) => {
                    if is_at_hand {
                        // From storage all of them are read, wherever the page ends.
                        let looked_at = page.through.position.saturating_sub(after);
                        let rest = events.saturating_sub(looked_at as usize);
                        self.pace.borrow_mut().give_back(who, rest);
                    }
                    return Ok(page);
                }
                Pulled::Needs(ids) => {
                    let rows = ids.into_iter().map(|id| async move {
                        let of = StreamId::new(self.of.0.as_str(), id.clone());
                        let path = contract::OUTLINE;
                        let row =
                            stub::call::<Option<Row>>(&self.env, self.catalogue, &of, path, &());
                        Ok::<_, Failure>((id, row.await?))
                    });
                    current.extend(try_join_all(rows).await?);
                }
            }
        }
    }

    /// Tells every session whom something concerns that it was not told. Returns false if some could not be reached: then
    /// [`again`](Self::again) is to be called when [`limits::TELL_AGAIN_MS`] have passed.
    pub(crate) async fn tell<S: Storage>(self: Rc<Self>, partition: Rc<Partition<S>>) -> bool {
        if self.listeners.borrow().is_empty() {
            return true;
        }
        self.expire();
        let due = || self.due(&partition).into_iter().map(|tell| self.tell_one(&partition, tell));
        let mut calls: FuturesUnordered<_> = due().collect();
        let (mut unreached, mut reason) = (0, String::new());
        while let Some(failed) = calls.next().await {
            if let Some(said) = failed {
                (unreached, reason) = (unreached + 1, said);
            }
            // More may have come meanwhile.
            calls.extend(due());
        }
        // One line for all: there may be hundreds, and each is tried again and again.
        if unreached > 0 {
            console_error!("{unreached} sessions were not told; the last of them: {reason}");
        }
        self.unreached.borrow().is_empty()
    }

    /// The same for those that could not be reached before, too.
    pub(crate) async fn again<S: Storage>(self: Rc<Self>, partition: Rc<Partition<S>>) -> bool {
        for session in self.unreached.take() {
            self.listeners.borrow_mut().answered(&session, None);
        }
        self.tell(partition).await
    }

    fn due<S: Storage>(&self, partition: &Partition<S>) -> Vec<Tell> {
        let due =
            self.catalogue.entry(&self.of.0).map_err(Failure::from).and_then(|entry| {
                Ok(self.listeners.borrow_mut().due(partition, &Shape::of(entry))?)
            });
        due.unwrap_or_else(|failure| {
            console_error!("nobody can say whom it concerns: {failure}");
            Vec::new()
        })
    }

    /// Tells one session. Gives the reason if it could not be reached.
    async fn tell_one<S: Storage>(&self, partition: &Partition<S>, tell: Tell) -> Option<String> {
        let Tell { session, turn, .. } = tell;
        let (aggregate_type, partition_number) = self.of.clone();
        let source = Source::Partition { aggregate_type, partition: partition_number };
        let head = partition.head().unwrap_or_default();
        let told = Told { source, head, page: None };
        let call: Result<Call, Failure> = stub::post(contract::TOLD, &told);
        let answer = match call {
            Ok(call) => stub::session(&self.env, Some(&session), call).await,
            Err(failure) => Err(failure),
        };
        match answer.map(|answer| answer.status()) {
            Ok(200..300) => self.listeners.borrow_mut().answered(&session, Some(head)),
            Ok(410) => {
                if self.listeners.borrow_mut().gone(&session, turn) {
                    self.forget(&session);
                }
            }
            other => {
                self.unreached.borrow_mut().push(session);
                return Some(format!("{other:?}"));
            }
        }
        None
    }

    /// Removes the sessions whose lease has ended.
    fn expire(&self) {
        for session in self.listeners.borrow_mut().expire(clock::now()) {
            self.forget(&session);
        }
    }

    fn forget(&self, session: &str) {
        if let Err(fault) = self.sql.change(sql!("follower_drop"), &[text(session)]) {
            console_error!("a follower is not forgotten: {fault}");
        }
    }
}
