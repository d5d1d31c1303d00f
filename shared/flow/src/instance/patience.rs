//! How long a caller waits for what follows from its command, and what that is measured by.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use edgefold_kernel::{Fault, Timestamp, Version};

use super::{Instance, run::State};
use crate::{
    Stamp,
    append::storage::{Slice, Storage},
    pace::{Pace, Question},
};

/// What an instance waits for.
#[derive(Default)]
pub(super) struct Patience {
    /// What is known of the answers to all instances of the aggregate.
    pace: Rc<RefCell<Pace>>,
    /// The question that this one has asked, and the event that set the deadline for its answer.
    question: Cell<Option<(Question, Version)>>,
}

impl Patience {
    pub(super) fn of(pace: Rc<RefCell<Pace>>) -> Self {
        Self { pace, question: Cell::default() }
    }
}

impl<S: Storage> Instance<S> {
    /// Milliseconds to wait for what follows from a command that has appended the events of `(after, through]`. Something
    /// follows if one of them concerns another instance and set the deadline that the state has now: then the answer, or the
    /// deadline, brings another status.
    pub(super) fn confirm_within(
        &self,
        (after, through): (Version, Version),
        is_first: bool,
        now: Timestamp,
    ) -> Result<u32, Fault> {
        let (due, arrived) = self.read(|loaded| {
            let due = self.run.deadline(self.id(), &loaded.state);
            (due.map(|due| (due.at, due.set_by)), loaded.bus.at)
        })?;
        let Some((deadline, set_by)) = due.filter(|(_, by)| (after + 1..=through).contains(by))
        else {
            return Ok(0);
        };
        if !self.concerns_others(after, through)? {
            return Ok(0);
        }
        let mut pace = self.patience.pace.borrow_mut();
        let own = self.patience.question.get().filter(|(_, by)| *by == set_by && !is_first);
        let own = own.map(|(question, _)| question);
        let within = pace.confirm_within(deadline, after.saturating_sub(arrived), own, now);
        if is_first {
            let asked = Some((pace.asks(now), set_by));
            let before = self.patience.question.replace(asked);
            before.into_iter().for_each(|(question, _)| pace.gives_up(question));
        }
        Ok(within)
    }

    fn concerns_others(&self, after: Version, through: Version) -> Result<bool, Fault> {
        let within = |version: Version| (after + 1..=through).contains(&version);
        let fresh = self.fresh.borrow();
        let known: Vec<_> = fresh.iter().filter(|fresh| within(fresh.event.version)).collect();
        if known.len() as Version == through - after {
            return Ok(known.iter().any(|fresh| !fresh.to.is_empty()));
        }
        for event in self.events(&Slice { through, ..Slice::after(after) })? {
            if !self.fresh(event)?.to.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Looks whether the state still waits, after it has changed. What others have brought is the answer; a caller who cancels
    /// has brought none.
    pub(super) fn look_for_answer(&self, state: &State, stamp: &Stamp<'_>) {
        let Some((question, set_by)) = self.patience.question.get() else { return };
        if self.run.deadline(self.id(), state).is_some_and(|due| due.set_by == set_by) {
            return;
        }
        self.patience.question.set(None);
        let mut pace = self.patience.pace.borrow_mut();
        match stamp.by.principal() {
            None => pace.hears(question, stamp.now),
            Some(_) => pace.gives_up(question),
        }
    }
}
