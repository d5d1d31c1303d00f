//! Takes foreign events, refusals and deadlines.

use edgefold_kernel::{Failure, Fault, Metadata, Timestamp, Version};

use super::{Instance, draft::Draft};
use crate::{
    Due, Participant, Stamp,
    contract::RefusedErrand,
    participant::Refused,
    receive::{Delivery, Step, step},
    storage::Storage,
};

/// How far a delivery was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// All of it, up to this mark.
    Through(Version),
    /// Up to a gap that must be filled from the source first.
    Gap {
        /// The gap begins after this version.
        after: Version,
        /// The gap ends with this version.
        through: Version,
    },
}

impl<A: Participant, S: Storage> Instance<A, S> {
    /// Takes part of a foreign stream: in order, each event once, atomically with what follows from it.
    ///
    /// # Errors
    /// A fault when an event cannot be read or storage fails; then nothing of its span was applied.
    pub fn receive(&self, delivery: &Delivery, stamp: &Stamp<'_>) -> Result<Received, Failure> {
        let source = delivery.source();
        let mut mark = self.storage.mark(&source)?;
        for span in &delivery.spans {
            match step(mark, span) {
                Step::Drop => {}
                Step::Fill { after, through } => return Ok(Received::Gap { after, through }),
                Step::Apply => {
                    self.work(stamp, |draft| draft.absorb(&source, span))?;
                    mark = span.through;
                }
            }
        }
        Ok(Received::Through(mark))
    }

    /// Takes note that a request of this instance was refused. A repeat changes nothing.
    ///
    /// # Errors
    /// A fault when storage fails.
    pub fn refused(&self, errand: &RefusedErrand, stamp: &Stamp<'_>) -> Result<(), Failure> {
        let RefusedErrand { message, rejection } = errand;
        let Some(command_id) = &message.command_id else { return Ok(()) };
        let metadata = message.metadata.clone().unwrap_or_default();
        let cause = Draft::<A, S>::cause(&format!("refused.{command_id}"), metadata)?;
        if self.storage.outcome(&cause.command_id)?.is_some() {
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

    /// When the next deadline of this instance passes.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn deadline(&self) -> Result<Option<Timestamp>, Fault> {
        self.read(|loaded| A::deadline(self.id(), &loaded.state).map(|due| due.at))
    }

    /// Does what follows from a deadline that has passed. A deadline whose command is refused is a defect of the rules.
    ///
    /// # Errors
    /// A fault when storage fails or the rules refuse.
    pub fn pass_deadline(&self, stamp: &Stamp<'_>) -> Result<(), Failure> {
        self.work(stamp, |draft| match A::deadline(self.id(), &draft.loaded.state) {
            Some(Due { at, command }) if at <= stamp.now => {
                let name = format!("deadline.{}", draft.loaded.head.version);
                draft.decide(&command, &Draft::<A, S>::cause(&name, Metadata::default())?)
            }
            _ => Ok(()),
        })
    }
}
