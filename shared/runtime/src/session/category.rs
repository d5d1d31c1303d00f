//! One object for each category tells the sessions that follow it that the journal has come further: an object of the
//! sessions' class, under the category's name. So the journal never waits for a session, and each telling has the
//! platform's 1,000 calls for itself.
//!
//! The followers and the head of the journal lie in D1, see [`category`]. This object stores only an alarm, and sets it
//! first: so all sessions are told even if this object ends, and those that could not be reached are told again until
//! their tokens end. Telling twice does no harm.

use std::{rc::Rc, time::Duration};

use edgefold_flow::{
    contract,
    subscribe::{Source, Told, followers::Tell},
};
use edgefold_kernel::{Failure, Fault, limits};
use worker::console_error;

use super::object::{Category, Object};
use crate::{
    journal::category,
    platform::{clock, flag::Done, stub},
};

/// Time that the database has to answer. It is asked again when the alarm rings.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl Object {
    /// The category that this object tells of, if it is the object of a category.
    pub(crate) fn category(&self) -> Option<String> {
        let name = self.state.id().name()?;
        contract::category_of(&name).map(str::to_owned)
    }

    /// Notes that the journal has come further. The answer means that the sessions will be told, whatever happens.
    pub(crate) fn journalled(self: &Rc<Self>) -> Result<(), Failure> {
        let category = self.category();
        let category = category.ok_or_else(|| Fault::Defect("this is no category".to_owned()))?;
        self.tell_again();
        let object = Rc::clone(self);
        self.state.wait_until(async move { object.tell_category(&category).await });
        Ok(())
    }

    /// Handles the alarm of a category: some sessions may not have been told.
    pub(crate) async fn ring_category(self: &Rc<Self>, category: &str) {
        if self.tells.head.get() == 0 || !self.is_told() {
            self.tell_category(category).await;
        }
        if !self.is_told() {
            self.tell_again();
        }
    }

    /// Asks for the followers and the head of the journal, and tells those that do not know it.
    async fn tell_category(self: &Rc<Self>, category: &str) {
        let tells = &self.tells;
        tells.due.set(true);
        if tells.reading.replace(true) {
            // The call that is asking looks again.
            return;
        }
        let _done = Done(&tells.reading);
        while tells.due.replace(false) {
            let gone = tells.gone.take();
            let asked = category::followers(&self.env, category, &gone);
            match stub::within(ANSWER_WITHIN, "the database", asked).await {
                Ok((head, found)) => {
                    tells.head.set(head);
                    tells.followers.borrow_mut().replace(found);
                    self.tell_due(category);
                }
                Err(failure) => {
                    console_error!("who follows {category} is not known: {failure}");
                    tells.gone.borrow_mut().extend(gone);
                    tells.due.set(true);
                    break;
                }
            }
        }
    }

    fn tell_due(self: &Rc<Self>, category: &str) {
        let due = self.tells.followers.borrow_mut().due(self.tells.head.get());
        for tell in due {
            let (object, category) = (Rc::clone(self), category.to_owned());
            self.state.wait_until(async move { object.tell_follower(category, tell).await });
        }
    }

    async fn tell_follower(self: Rc<Self>, category: String, Tell { session, turn, .. }: Tell) {
        let head = self.tells.head.get();
        let source = Source::Category { aggregate_type: category.clone() };
        let answer = match stub::post(contract::TOLD, &Told { source, head, page: None }) {
            Ok(told) => stub::session(&self.env, Some(&session), told).await,
            Err(failure) => Err(failure),
        };
        let followers = &self.tells.followers;
        match answer.map(|answer| answer.status_code()) {
            Ok(200..300) => followers.borrow_mut().answered(&session, Some(head)),
            Ok(410) => {
                if followers.borrow_mut().gone(&session, turn) {
                    self.tells.gone.borrow_mut().push((session, turn));
                }
            }
            other => {
                console_error!("a session was not told: {other:?}");
                followers.borrow_mut().answered(&session, None);
                return self.tell_again();
            }
        }
        // More may have come meanwhile.
        self.tell_due(&category);
    }

    /// True if there is nothing left to do.
    fn is_told(&self) -> bool {
        let Category { followers, head, gone, reading, due } = &self.tells;
        let at_work = reading.get() || due.get() || !gone.borrow().is_empty();
        !at_work && followers.borrow().told() >= head.get()
    }

    fn tell_again(&self) {
        if self.alarm_at.get().is_none() {
            self.set_alarm(clock::now().plus_millis(limits::TELL_AGAIN_MS));
        }
    }
}
