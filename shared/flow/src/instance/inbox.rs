//! Takes foreign events, refusals and deadlines.

use edgefold_kernel::{Failure, Fault, Metadata, Timestamp, Version, limits};

use super::{Instance, draft::Draft};
use crate::{
    Due, Participant, Stamp,
    append::storage::{Slice, Storage},
    participant::Refused,
    publish::{DEADLINE, REFUSED, caused_by},
    receive::{Delivery, Span, Step, parcel::RefusedErrand, step},
};

/// The part of a delivery that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The whole delivery, up to this mark.
    Through(Version),
    /// The events up to a gap, which must be filled from the source first.
    Gap {
        /// The gap begins after this version.
        after: Version,
        /// The gap ends with this version.
        through: Version,
    },
}

impl<A: Participant, S: Storage> Instance<A, S> {
    /// Takes part of a foreign stream: in order, each event once, in one transaction with the reaction to it.
    ///
    /// # Errors
    /// A fault when an event cannot be read or storage fails; then everything before that event was applied, and
    /// nothing of that event.
    pub fn receive(&self, delivery: &Delivery, stamp: &Stamp<'_>) -> Result<Received, Failure> {
        let source = delivery.source();
        let mut mark = self.storage.mark(&source)?;
        for span in &delivery.spans {
            match step(mark, span) {
                Step::Drop => {}
                Step::Fill { after, through } => return Ok(Received::Gap { after, through }),
                Step::Apply => {
                    let take = |span: &Span| {
                        self.work(stamp, |draft| draft.absorb(&source, span, &delivery.discarded))
                    };
                    if take(span).is_err() {
                        // One by one, so that the events before the bad one need not wait for it.
                        span.clone().parts().iter().try_for_each(take)?;
                    }
                    mark = span.through;
                }
            }
        }
        Ok(Received::Through(mark))
    }

    /// Notes that an errand of this instance was refused. A repeat changes nothing.
    ///
    /// # Errors
    /// A fault when storage fails.
    pub fn refused(&self, errand: &RefusedErrand, stamp: &Stamp<'_>) -> Result<(), Failure> {
        let RefusedErrand { message, rejection } = errand;
        let Some(command_id) = &message.command_id else { return Ok(()) };
        let metadata = message.metadata.clone().unwrap_or_default();
        let cause = Draft::<A, S>::cause(&format!("{REFUSED}{command_id}"), metadata)?;
        if self.known_one(&cause.command_id, stamp.now)?.is_some() {
            return Ok(());
        }
        let refused = Refused { name: message.name.clone(), rejection: rejection.clone() };
        self.work(stamp, |draft| {
            let after = draft.loaded.head.version;
            for command in A::on_refused(&draft.loaded.state, &refused) {
                draft.react(&command, &cause)?;
            }
            if draft.loaded.head.version > after {
                draft.remember_outcome(&cause, String::new(), after);
            }
            Ok(())
        })
    }

    /// Instant of the next deadline of this instance.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn deadline(&self) -> Result<Option<Timestamp>, Fault> {
        self.read(|loaded| A::deadline(self.id(), &loaded.state).map(|due| due.at))
    }

    /// Decides the command of a deadline that has passed. Returns true if there was one: then another one may have
    /// passed as well. A deadline whose command is refused is a defect of the rules. The command id is made from the id
    /// of the stream's latest event: a repeat of the same step has the same id, and no other step has it.
    ///
    /// # Errors
    /// A fault when storage fails or the rules refuse.
    pub fn pass_deadline(&self, stamp: &Stamp<'_>) -> Result<bool, Failure> {
        self.work(stamp, |draft| match A::deadline(self.id(), &draft.loaded.state) {
            Some(due) if due.at <= stamp.now => {
                let head = draft.loaded.head.version;
                // A stream without events has no deadline.
                let Some((latest, metadata)) = self.set_by(&due, head)? else { return Ok(false) };
                let cause = Draft::<A, S>::cause(&format!("{DEADLINE}{latest}"), metadata)?;
                draft.decide(&due.command, &cause)?;
                Ok(draft.loaded.head.version > head)
            }
            _ => Ok(false),
        })
    }

    /// Id of the latest event, and what caused the deadline: the event that set it, found from the head backwards, page by
    /// page.
    fn set_by(
        &self,
        due: &Due<A::Command>,
        head: Version,
    ) -> Result<Option<(String, Metadata)>, Fault> {
        let (mut through, mut latest) = (head, None);
        while through > 0 {
            let after = through.saturating_sub(limits::PAGE_EVENTS_DEFAULT as Version);
            let page = self.storage.events(&Slice { through, ..Slice::after(after) })?;
            for event in page.iter().rev() {
                let latest = latest.get_or_insert_with(|| event.id.clone());
                if A::sets(&event.read()?, due) {
                    return Ok(Some((latest.clone(), caused_by(event)?)));
                }
            }
            through = after;
        }
        Ok(latest.map(|latest| (latest, Metadata::default())))
    }
}
