//! An object tells the sessions that follow its stream of new events, after the commit and off the command's path. See
//! [`edgefold_flow::session`].
//!
//! Telling writes no row: the version up to which each session was told is kept in memory. The stored cursor of the bus
//! moves no further than all of them were told, so after an eviction they are told again.

use std::{collections::BTreeMap, rc::Rc};

use edgefold_flow::{
    contract::{self, Follow, Followed, Pull},
    door::{Asker, rate, token::missing},
    participant::Sight,
    subscribe::{
        Source, Told,
        followers::{Lease, Tell},
    },
};
use edgefold_kernel::{Failure, Fault, Rejection, StreamId, Version, limits};
use futures_util::future::join_all;
use worker::console_error;

use super::instance::Object;
use crate::{
    door::allowance::allowance,
    platform::{
        answer, clock,
        http::{Request, Response},
        later::later,
        stub::{self, Call},
    },
};

/// The head of a stream; and the same with the events after some version, as JSON text of [`Told`].
type News = Result<(Version, String), Fault>;

impl Object {
    /// Loads the followers, and tells them again of events that they may not have been told before this object was
    /// loaded.
    pub(crate) fn restore_followers(self: &Rc<Self>) {
        let found = self.instance.storage().followers();
        let confirmed = self.instance.head().map_or(0, |head| head.cursors.confirmed);
        match found {
            Ok(found) => {
                for lease in found {
                    self.followers.borrow_mut().restore(lease, confirmed);
                }
                self.tell_followers();
            }
            Err(fault) => console_error!("followers are not known: {fault}"),
        }
    }

    /// Serves the requests of a session about this stream.
    pub(crate) async fn followed(
        &self,
        path: &str,
        request: &Request,
        by: Result<Asker, Rejection>,
    ) -> worker::Result<Response> {
        match path {
            contract::FOLLOW => {
                let result = match answer::read(request).await {
                    Ok(follow) => self.follow(by, follow).await,
                    Err(failure) => Err(failure),
                };
                answer::outcome(200, result)
            }
            contract::LEAVE => {
                let result = answer::read(request).await;
                answer::outcome(200, result.and_then(|follow| Ok(self.leave(&follow)?)))
            }
            _ => {
                let result = answer::read::<Pull>(request).await;
                let result = result.and_then(|pull| {
                    self.sight(by, Sight::Row)?;
                    Ok(self.instance.pull(pull.after)?)
                });
                answer::outcome(200, result)
            }
        }
    }

    /// A session follows, for as long as its token counts.
    async fn follow(
        &self,
        by: Result<Asker, Rejection>,
        Follow { session, turn }: Follow,
    ) -> Result<Followed, Failure> {
        let asker = by?;
        self.instance.check_sight(&asker, Sight::Row)?;
        let Asker::Somebody(who) = asker else { return Err(missing().into()) };
        if self.instance.head()?.version == 0 {
            return Err(self.instance.unknown().into());
        }
        let holder = rate::key(Some(&who.principal), "");
        let lease = Lease { session, holder, turn, until: who.expires_at };
        let (most, of_one) = (limits::FOLLOWERS, allowance(&self.env).followers);
        if self.followers.borrow().admit(&lease, most, of_one).is_err() {
            self.expire_followers();
            self.let_dead_go(&lease.holder).await;
        }
        let head = self.instance.head()?.version;
        let mut followers = self.followers.borrow_mut();
        followers.admit(&lease, most, of_one)?;
        self.instance.storage().set_follower(&lease)?;
        followers.join(lease, head);
        Ok(Followed { head })
    }

    /// The sockets of a principal that died without a word have no place any more.
    async fn let_dead_go(&self, holder: &str) {
        let doubted = self.followers.borrow_mut().doubted(holder, clock::now());
        for (session, turn) in stub::gone(&self.env, doubted).await {
            if self.followers.borrow_mut().gone(&session, turn) {
                self.forget(&session);
            }
        }
    }

    /// Removes a session that leaves.
    fn leave(&self, follow: &Follow) -> Result<(), Fault> {
        if self.followers.borrow_mut().leave(&follow.session, follow.turn) {
            self.instance.storage().drop_follower(&follow.session)?;
        }
        Ok(())
    }

    /// Tells every follower that does not know the head yet.
    pub(crate) fn tell_followers(self: &Rc<Self>) {
        if self.followers.borrow().is_empty() {
            return;
        }
        self.expire_followers();
        let Ok(head) = self.instance.head() else { return };
        let mut due: BTreeMap<Version, Vec<Tell>> = BTreeMap::new();
        for tell in self.followers.borrow_mut().due(head.version) {
            due.entry(tell.after).or_default().push(tell);
        }
        for (after, tells) in due {
            let object = Rc::clone(self);
            later(&self.state, async move {
                // Most know the same version: their message is read and encoded once.
                let told = object.told(after);
                join_all(tells.into_iter().map(|tell| object.tell_one(tell, &told))).await;
            });
        }
    }

    /// Removes the sessions whose lease has ended.
    fn expire_followers(&self) {
        for session in self.followers.borrow_mut().expire(clock::now()) {
            self.forget(&session);
        }
    }

    async fn tell_one(self: &Rc<Self>, Tell { session, turn, .. }: Tell, told: &News) {
        let (head, answer) = match told {
            Ok((head, told)) => {
                let call = Call::Post { by: None, path: contract::TOLD, body: told.clone() };
                (*head, stub::session(&self.env, Some(&session), call).await)
            }
            Err(fault) => (0, Err(fault.clone().into())),
        };
        match answer.map(|answer| answer.status()) {
            Ok(200..300) => {
                self.followers.borrow_mut().answered(&session, Some(head));
                // More may have come meanwhile; and the cursor may have waited for this.
                self.tell_followers();
                self.keep_cursors();
            }
            Ok(410) => {
                if self.followers.borrow_mut().gone(&session, turn) {
                    self.forget(&session);
                }
                // It may have joined again since; and the cursor may have waited for it.
                self.tell_followers();
                self.keep_cursors();
            }
            other => {
                console_error!("a session was not told: {other:?}");
                self.followers.borrow_mut().answered(&session, None);
                self.set_alarm_at(clock::now().plus_millis(limits::TELL_AGAIN_MS));
            }
        }
    }

    fn told(&self, after: Version) -> News {
        let stream = StreamId::new(
            self.instance.stream().aggregate_type.as_str(),
            self.instance.id().clone(),
        );
        // Without a page the session pulls, and gets the fault there.
        let page = self.instance.pull(after).ok();
        let head = page.as_ref().map_or_else(
            || self.instance.head().map_or(after, |head| head.version),
            |page| page.head,
        );
        let told = Told { source: Source::stream(&stream), head, page };
        let text =
            serde_json::to_string(&told).map_err(|error| Fault::Defect(error.to_string()))?;
        Ok((head, text))
    }

    fn forget(&self, session: &str) {
        if let Err(fault) = self.instance.storage().drop_follower(session) {
            console_error!("a follower is not forgotten: {fault}");
        }
    }
}
