//! A subscription waits for an instance that there is not yet.
//!
//! Its session follows the partition of the journal in which the stream would begin, for the row of that instance alone, as a
//! subscription to the category would: it hears of what its caller may list. Then it asks the stream itself, and follows that.
//! Nothing is stored in the object of an instance that does not exist: that would be a database for each id that somebody names.
//! An instance that the caller may not see is waited for in the same way, by the same calls.

use std::rc::Rc;

use edgefold_flow::{
    contract::{self, Await},
    door::rate,
    journal::Place,
    session::{Input, Lack, Step, connection::Number},
    subscribe::{Part, Source, Wanted},
};
use edgefold_kernel::{Failure, Kind, Rejection};
use worker::console_error;

use super::{
    object::{Kept, Object},
    operation::refusal,
};
use crate::platform::stub;

impl Object {
    /// Follows a stream from its first event on, or waits for it where it would be seen.
    pub(super) async fn expect(
        self: &Rc<Self>,
        number: Number,
        kept: Kept,
        (stream, seen_in): (&Source, &Source),
    ) {
        self.take(Input::Joining(number, vec![stream.clone()])).await;
        if !self.is_active(number) {
            return;
        }
        self.kept.borrow_mut().insert(number, kept);
        let next = self.expected(number, stream, seen_in).await;
        if self.is_active(number) {
            return self
                .take(next.unwrap_or_else(|failure| Input::Failed(number, refusal(&failure))))
                .await;
        }
        // It was completed meanwhile.
        self.kept.borrow_mut().remove(&number);
        self.awaits_no_more(number).await;
        self.leave_all(number, &[stream.clone(), seen_in.clone()]).await;
    }

    async fn expected(
        self: &Rc<Self>,
        number: Number,
        stream: &Source,
        seen_in: &Source,
    ) -> Result<Input, Failure> {
        if let Some(head) = self.head(number, stream).await? {
            self.found(number);
            return Ok(Input::Begun(number, head));
        }
        if !self.may_await(number).await {
            self.found(number);
            let detail = "you wait for as many instances as you may";
            return Err(Rejection::new(Kind::TooMany, "TOO_MANY_AWAITED", detail).into());
        }
        self.take(Input::Awaiting(number, seen_in.clone())).await;
        let from = self.join_source(seen_in, None, number).await?;
        // It may have begun before the journal knew of this session.
        match self.head(number, stream).await? {
            Some(head) => {
                self.found(number);
                self.awaits_no_more(number).await;
                Ok(Input::Begun(number, head))
            }
            None => Ok(Input::Waits(number, from)),
        }
    }

    /// Follows a stream. Gives where it stands; `None` if there is none for this caller.
    async fn head(&self, number: Number, stream: &Source) -> Result<Option<Place>, Failure> {
        match self.join_source(stream, None, number).await {
            Ok(head) => Ok(Some(head)),
            Err(Failure::Rejected(refused)) if refused.kind == Kind::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The stream that a subscription waits for.
    pub(super) fn awaited(&self, number: Number) -> Option<Source> {
        match &self.kept.borrow().get(&number)?.wanted {
            Wanted::Awaited(stream, _) => Some(Source::stream(stream)),
            Wanted::Stream(_) | Wanted::Rows(_) => None,
        }
    }

    /// The subscription waits no more.
    fn found(&self, number: Number) {
        if let Some(kept) = self.kept.borrow_mut().get_mut(&number)
            && let Wanted::Awaited(stream, _) = &kept.wanted
        {
            kept.wanted = Wanted::Stream(stream.clone());
        }
    }

    /// Looks at what the journal has seen: when the instance is there, its stream is followed.
    pub(super) async fn look(
        self: &Rc<Self>,
        number: Number,
        stream: &Source,
        (part, lack): (&Part, &Lack),
    ) -> Result<(), Input> {
        let is_seen = match part {
            Part::Rows(page) => page.changes.iter().any(|change| !change.has_left),
            Part::Stream(_) => false,
        };
        let head = match is_seen {
            true => self.head(number, stream).await,
            false => Ok(None),
        };
        match head {
            Ok(Some(head)) => {
                self.found(number);
                self.take(Input::Begun(number, head)).await;
                self.awaits_no_more(number).await;
                self.hear_less(&lack.source).await;
                Ok(())
            }
            Ok(None) => {
                let (index, from) = (lack.index, lack.after().position);
                let step = Step { index, from, to: part.through() };
                self.take(Input::Event(number, step, None)).await;
                Ok(())
            }
            Err(failure @ Failure::Rejected(_)) => Err(Input::Failed(number, refusal(&failure))),
            Err(Failure::Faulted(fault)) => {
                console_error!("a stream that has begun is not followed: {fault}");
                Err(Input::Stuck)
            }
        }
    }

    /// Other subscriptions may follow the same partition: it is to tell of what they are about alone. If it does not hear of this
    /// it tells of more, and nothing is missed.
    async fn hear_less(&self, seen_in: &Source) {
        let follows = self.connection.borrow().as_ref().map(|it| it.follows(seen_in));
        if let Some((true, last)) = follows {
            drop(self.join_source(seen_in, None, last).await);
        }
    }

    // ── the count of a principal's ──

    /// True if the principal may wait for one more. When nobody can count, it may: the limit must not become an outage.
    async fn may_await(&self, number: Number) -> bool {
        self.count(contract::AWAIT, number).await != Some(429)
    }

    /// Gives the place of a subscription back that waits no more.
    pub(super) async fn awaits_no_more(&self, number: Number) {
        self.count(contract::AWAIT_OVER, number).await;
    }

    async fn count(&self, path: &'static str, number: Number) -> Option<u16> {
        let principal = self.who().ok()?.principal;
        let wait = Await { session: self.state.id().to_string(), number };
        let answer = match stub::post(path, &wait) {
            Ok(call) => {
                stub::session_named(&self.env, &rate::key(Some(&principal), ""), call).await
            }
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(answer) => Some(answer.status()),
            Err(failure) => {
                console_error!("nobody counts who waits: {failure}");
                None
            }
        }
    }
}
