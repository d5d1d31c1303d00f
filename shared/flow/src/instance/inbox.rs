//! Takes deliveries, receipts and deadlines.

use edgefold_kernel::{Envelope, Failure, Fault, Foreign, StreamId, Timestamp, Version};

use super::{Instance, draft::Draft};
use crate::{
    Message, Stamp,
    append::{
        Cause,
        storage::{Slice, Storage},
    },
    decide::answer_or_fault,
    participant::Refused,
    planted::{self, Planted},
    publish::{
        Delivery, Item, caused_by,
        errand::{DEADLINE, REFUSED},
    },
    receive::{Incoming, Receipt, RefusedErrand, Settled, Step, fresh, step},
};

/// What has become of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// It is done with.
    Done(Receipt),
    /// Something before it is missing, and must be filled from the source first.
    Gap {
        /// The gap begins after this version.
        after: Version,
        /// The gap ends with this version.
        through: Version,
    },
}

impl<S: Storage> Instance<S> {
    /// Foreign streams on which the commands of a delivery rest.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn delivery_rests_on(&self, incoming: &Incoming) -> Result<Vec<StreamId>, Fault> {
        let mark = self.storage.mark(&incoming.from)?;
        let errands = fresh(mark, &incoming.delivery).flat_map(|item| &item.errands);
        let read =
            |message: &Message| self.run.read_leniently(&message.name, &message.payload).ok();
        Ok(errands.filter_map(read).flat_map(|command| self.run.rests_on(&command, None)).collect())
    }

    /// Takes a delivery: in order, each item once, in one transaction with the events that follow from it and with the mark.
    /// `foreign` has the states of the streams that it [rests on](Self::delivery_rests_on).
    ///
    /// # Errors
    /// A fault when storage fails. An item that is not taken is no error: the receipt says so, and everything before it was
    /// taken.
    pub fn receive(
        &self,
        incoming: &Incoming,
        foreign: &Foreign,
        stamp: &Stamp<'_>,
    ) -> Result<Received, Fault> {
        let Incoming { from, delivery } = incoming;
        let mark = match planted::is(Planted::NoDedup) {
            true => delivery.after.min(self.storage.mark(from)?),
            false => self.storage.mark(from)?,
        };
        let mut refused = self.refused_before(mark, delivery, stamp.now)?;
        match step(mark, (delivery.after, delivery.through)) {
            Step::Drop => return Ok(Received::Done(Receipt { mark, refused, failure: None })),
            Step::Fill { after, through } => return Ok(Received::Gap { after, through }),
            Step::Apply => {}
        }
        if let Ok(taken) = self.work(stamp, |draft| draft.take(from, delivery, mark, foreign)) {
            refused.extend(taken);
            return Ok(Received::Done(Receipt { mark: delivery.through, refused, failure: None }));
        }
        // One by one, so that the items before the bad one need not wait for it.
        let mut receipt = Receipt { mark, refused, failure: None };
        for item in fresh(mark, delivery) {
            let version = item.version;
            let one = Delivery {
                after: receipt.mark,
                through: version,
                items: vec![item.clone()],
                answer_by: delivery.answer_by,
            };
            match self.work(stamp, |draft| draft.take(from, &one, receipt.mark, foreign)) {
                Ok(taken) => {
                    receipt.refused.extend(taken);
                    receipt.mark = version;
                }
                Err(failure) => {
                    receipt.failure = Some((version, of_system(failure)));
                    break;
                }
            }
        }
        Ok(Received::Done(receipt))
    }

    /// Takes deliveries of many sources in one transaction, as far as they follow their marks and rest on nothing. `None` for
    /// those that do not, or when one of them fails: they are to be taken one by one.
    pub fn receive_all(&self, incoming: &[Incoming], stamp: &Stamp<'_>) -> Vec<Option<Receipt>> {
        let is_ready = |one: &Incoming| -> Result<Option<Version>, Fault> {
            let mark = self.storage.mark(&one.from)?;
            let follows = step(mark, (one.delivery.after, one.delivery.through)) == Step::Apply
                && one.delivery.items.first().is_none_or(|first| first.version > mark);
            Ok((follows && self.delivery_rests_on(one)?.is_empty()).then_some(mark))
        };
        let marks: Vec<_> = incoming.iter().map(|one| is_ready(one).unwrap_or(None)).collect();
        if marks.iter().flatten().count() < 2 {
            return vec![None; incoming.len()];
        }
        let taken = self.work(stamp, |draft| {
            let one = |(one, mark): (&Incoming, &Option<Version>)| match mark {
                Some(mark) => {
                    let Incoming { from, delivery } = one;
                    let refused = draft.take(from, delivery, *mark, &Foreign::default())?;
                    Ok(Some(Receipt { mark: delivery.through, refused, failure: None }))
                }
                None => Ok(None),
            };
            incoming.iter().zip(&marks).map(one).collect::<Result<Vec<_>, Failure>>()
        });
        taken.unwrap_or_else(|_| vec![None; incoming.len()])
    }

    /// The commands of a delivery that were refused before: whoever asked may not have heard of it.
    fn refused_before(
        &self,
        mark: Version,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<Vec<RefusedErrand>, Fault> {
        let known = delivery.items.iter().take_while(|item| item.version <= mark);
        let known: Vec<_> = known.flat_map(|item| &item.errands).collect();
        let ids: Vec<_> = known.iter().filter_map(|message| message.command_id.as_ref()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = self.known(&ids, now)?;
        let refused = known.iter().filter_map(|message| {
            let outcome = outcomes.get(message.command_id.as_ref()?)?;
            refused_errand(message, outcome.refusal()?)
        });
        Ok(refused.collect())
    }

    /// Takes the receipts of messages: remembers which destinations failed, hears of refusals, and moves the cursor. Returns
    /// true if it has moved. `bound`: failures that cannot heal until a destination's deliveries are parked.
    ///
    /// # Errors
    /// A fault when storage fails, or the reaction to a refusal does; then the letter is sent again.
    pub fn settled(&self, settled: &Settled, bound: u32, stamp: &Stamp<'_>) -> Result<bool, Fault> {
        for (_, receipt) in &settled.receipts {
            self.hear_refusals(&receipt.refused, stamp)?;
        }
        let mut moved = false;
        for covered in &settled.covered {
            // What a destination does not take is held for it.
            moved |= self.arrived(*covered)?;
        }
        for (to, receipt) in &settled.receipts {
            let Some(failure) = &receipt.failure else { continue };
            let at = match planted::is(Planted::HoldMarkLost) {
                true => self.head()?.version,
                false => receipt.mark.min(failure.0.saturating_sub(1)),
            };
            self.stopped(to, at, failure.clone(), (stamp.now, bound))?;
        }
        Ok(moved)
    }

    /// Hears that commands of this instance were refused. A repeat changes nothing.
    pub(super) fn hear_refusals(
        &self,
        refused: &[RefusedErrand],
        stamp: &Stamp<'_>,
    ) -> Result<(), Fault> {
        for errand in refused {
            let RefusedErrand { name, command_id, metadata, rejection } = errand;
            let cause = Draft::<S>::cause(&format!("{REFUSED}{command_id}"), metadata.clone())?;
            if self.known_one(&cause.command_id, stamp.now)?.is_some() {
                continue;
            }
            let refused = Refused { name: name.clone(), rejection: rejection.clone() };
            let heard = self.work(stamp, |draft| {
                let after = draft.loaded.head.version;
                for command in self.run.on_refused(&draft.loaded.state, &refused) {
                    draft.react(&command, &cause)?;
                }
                if draft.loaded.head.version > after {
                    draft.remember_outcome(&cause, String::new(), after);
                }
                Ok(())
            });
            heard.map_err(of_system)?;
        }
        Ok(())
    }

    /// Instant of the next deadline of this instance.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn deadline(&self) -> Result<Option<Timestamp>, Fault> {
        self.read(|loaded| self.run.deadline(self.id(), &loaded.state).map(|due| due.at))
    }

    /// Decides the command of a deadline that has passed. Returns true if there was one: then another one may have
    /// passed as well. A deadline whose command is refused is a defect of the rules. The command id is made from the id
    /// of the stream's latest event: a repeat of the same step has the same id, and no other step has it.
    ///
    /// # Errors
    /// A fault when storage fails or the rules refuse.
    pub fn pass_deadline(&self, stamp: &Stamp<'_>) -> Result<bool, Failure> {
        self.work(stamp, |draft| match self.run.deadline(self.id(), &draft.loaded.state) {
            Some(due) if due.at <= stamp.now && !planted::is(Planted::DeadlineLost) => {
                let head = draft.loaded.head.version;
                // A stream without events has no deadline.
                let Some(latest) = self.event(head)? else { return Ok(false) };
                let set_by = self.event(due.set_by)?;
                let metadata = set_by.as_ref().map(caused_by).transpose()?.unwrap_or_default();
                let cause = Draft::<S>::cause(&format!("{DEADLINE}{}", latest.id), metadata)?;
                draft.decide(&due.command, &Foreign::default(), &cause)?;
                Ok(draft.loaded.head.version > head)
            }
            _ => Ok(false),
        })
    }

    /// The own event of this version, as it is stored.
    fn event(&self, version: Version) -> Result<Option<Envelope>, Fault> {
        let after = version.saturating_sub(1);
        Ok(self.storage.events(&Slice { through: version, ..Slice::after(after) })?.pop())
    }
}

/// What has gone wrong where no caller is to blame.
fn of_system(failure: Failure) -> Fault {
    match failure {
        Failure::Faulted(fault) => fault,
        Failure::Rejected(refusal) => answer_or_fault(refusal)
            .map_or_else(|fault| fault, |rule| Fault::Defect(rule.to_string())),
    }
}

/// A refused errand, as its source is told of it.
fn refused_errand(
    message: &Message,
    rejection: edgefold_kernel::Rejection,
) -> Option<RefusedErrand> {
    Some(RefusedErrand {
        name: message.name.clone(),
        command_id: message.command_id.clone()?,
        metadata: message.metadata.clone().unwrap_or_default(),
        rejection,
    })
}

impl<S: Storage> Draft<'_, S> {
    /// Drafts what follows from the items of a delivery after the mark, and the mark. Returns the commands that were refused.
    fn take(
        &mut self,
        from: &StreamId,
        delivery: &Delivery,
        mark: Version,
        foreign: &Foreign,
    ) -> Result<Vec<RefusedErrand>, Failure> {
        let mut refused = Vec::new();
        for item in fresh(mark, delivery) {
            let Item { event, errands, .. } = item;
            if let Some(event) = event.as_ref().filter(|event| event.stream == *from) {
                self.answer(event)?;
            }
            for message in errands {
                if let Some(rejection) = self.run(message, delivery.answer_by, foreign)? {
                    refused.extend(refused_errand(message, rejection));
                }
            }
        }
        if !planted::is(Planted::MarkLost) {
            self.write.marks.push((from.clone(), delivery.through));
        }
        Ok(refused)
    }

    /// Drafts what follows from a command that another instance asks for. Its refusal by a rule is an answer, and is
    /// remembered: the delivery may come again when its receipt gets lost, and the answer must stay the same, since the
    /// instance that asked has gone on.
    fn run(
        &mut self,
        message: &Message,
        answer_by: Option<Timestamp>,
        foreign: &Foreign,
    ) -> Result<Option<edgefold_kernel::Rejection>, Failure> {
        let missing = || Fault::Defect("an errand without an id".into());
        let command_id = message.command_id.clone().ok_or_else(missing)?;
        let mut metadata = message.metadata.clone().unwrap_or_default();
        metadata.answer_by = answer_by;
        let cause = Cause { command_id, metadata };
        let decided = match self.instance.run.read_leniently(&message.name, &message.payload) {
            Ok(command) => self.decide(&command, foreign, &cause),
            Err(refusal) => Err(refusal.into()),
        };
        let refusal = match decided {
            Ok(()) => return Ok(None),
            Err(Failure::Rejected(refusal)) => answer_or_fault(refusal)?,
            Err(fault) => return Err(fault),
        };
        let said =
            serde_json::to_string(&refusal).map_err(|error| Fault::Defect(error.to_string()))?;
        let version = self.loaded.head.version;
        if !planted::is(Planted::RefusalForgotten) {
            self.remember_outcome(&cause, said, version);
        }
        Ok(Some(refusal))
    }
}
