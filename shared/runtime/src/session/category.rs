//! Sessions that follow a category are told that the journal has come further, by one object for each category: an object of
//! the sessions' class, under the category's name. So nobody who waits for the journal waits for a session, and each telling
//! has the platform's 1,000 calls for itself.
//!
//! Who follows, and how far the journal has come, lies in D1, see [`category`]. Here is only an alarm: it is set before
//! anything else, so whatever ends this object, everybody is told, and whoever could not be reached is told again until its
//! token ends. Telling twice does no harm.

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

/// How long the database may take. It is asked again when the alarm rings.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl Object {
    /// The category that this object tells of, when it is one that does.
    pub(crate) fn category(&self) -> Option<String> {
        let name = self.state.id().name()?;
        contract::category_of(&name).map(str::to_owned)
    }

    /// The journal has come further. That it will be told is durable with the answer.
    pub(crate) fn journalled(self: &Rc<Self>) -> Result<(), Failure> {
        let category = self.category();
        let category = category.ok_or_else(|| Fault::Defect("this is no category".to_owned()))?;
        self.tell_again();
        let object = Rc::clone(self);
        self.state.wait_until(async move { object.tell_category(&category).await });
        Ok(())
    }

    /// The alarm of a category rings: somebody may not have been told.
    pub(crate) async fn ring_category(self: &Rc<Self>, category: &str) {
        if self.tells.head.get() == 0 || !self.is_told() {
            self.tell_category(category).await;
        }
        if !self.is_told() {
            self.tell_again();
        }
    }

    /// Asks who follows and how far the journal has come, and tells whom that is new to.
    async fn tell_category(self: &Rc<Self>, category: &str) {
        let tells = &self.tells;
        tells.due.set(true);
        if tells.reading.replace(true) {
            // Whoever asks looks again.
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

    /// Whether there is nothing left to do.
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
