//! Keeps holds of destinations that fail, and tries them again: see [`hold`](crate::publish::hold).

use edgefold_kernel::{Fault, Kind, Rejection, StreamId, Timestamp, Version, limits};

use super::{Instance, Way};
use crate::{
    Participant, Stamp,
    append::storage::{Slice, Storage},
    contract::{HoldAsked, HoldDiscarded, HoldFound, UNKNOWN_SEQUENCE},
    publish::{
        Delivery, Hold, Item,
        hold::{Decided, Status},
    },
    receive::{Receipt, RefusedErrand},
};

/// Thousandths by which the pauses of different sources differ, at most.
const MOST_SPREAD: i64 = 250;

/// Something due of a hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// Deliver this to the destination.
    Deliver(StreamId, Delivery),
    /// Journal the events after this version, up to the other. An event that was discarded is journalled, and changes nothing.
    Journal {
        /// They come after this version.
        after: Version,
        /// The last one.
        through: Version,
        /// The one that was discarded.
        discarded: Option<Version>,
    },
    /// Nothing is left to deliver.
    Nothing,
}

impl<A: Participant, S: Storage> Instance<A, S> {
    /// The hold of a destination, or of the journal.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn hold(&self, to: Option<&StreamId>) -> Result<Option<Hold>, Fault> {
        let text = self.storage.hold(to)?;
        text.map(|text| read(&text)).transpose()
    }

    /// The holds of which something is due, the first ones first.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn due_holds(&self, now: Timestamp) -> Result<Vec<Hold>, Fault> {
        let texts = self.storage.holds(now, limits::HOLDS_AT_ONCE)?;
        texts.iter().map(|text| read(text)).collect()
    }

    /// Keeps a hold as it is now.
    fn keep(&self, hold: &Hold) -> Result<(), Fault> {
        let text = serde_json::to_string(hold).map_err(|error| Fault::Defect(error.to_string()))?;
        let kept = (!hold.is_over()).then_some((hold.next, text.as_str()));
        self.storage.set_hold(hold.to.as_ref(), kept)
    }

    /// A destination did not take a delivery that the queue brought. If there is a hold already, it goes its own way.
    pub(super) fn stopped(
        &self,
        to: Option<&StreamId>,
        after: Version,
        failure: (Version, Fault),
        (now, bound): (Timestamp, u32),
    ) -> Result<(), Fault> {
        match self.hold(to)? {
            Some(hold) if hold.status != Status::Free => Ok(()),
            known => {
                let spread = self.spread(MOST_SPREAD);
                let mut hold = Hold::new(to.cloned(), after, failure, now, bound).spread(spread);
                hold.is_known = known.is_some_and(|known| known.is_known);
                self.keep(&hold)
            }
        }
    }

    /// Begins an attempt to deliver what waits behind a hold. The attempt is stored before it is made. What is not due, or
    /// waits for an administrator, is not tried.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn begin_attempt(&self, to: Option<&StreamId>, now: Timestamp) -> Result<Due, Fault> {
        let Some(mut hold) = self.hold(to)? else { return Ok(Due::Nothing) };
        if !hold.is_due(now) {
            return Ok(Due::Nothing);
        }
        hold.begin(now);
        self.keep(&hold)?;
        let head = self.head()?.version;
        let Some(to) = to else {
            let after = hold.after;
            let through = head.min(after + limits::DELIVERY_ITEMS as Version);
            return Ok(Due::Journal { after, through, discarded: hold.discarded });
        };
        Ok(Due::Deliver(to.clone(), self.part(to, hold.after, head, limits::DELIVERY_ITEMS)?))
    }

    /// Ends an attempt with the destination's receipt. Returns true if more is to be delivered at once.
    ///
    /// # Errors
    /// A fault when storage fails, or the reaction to a refusal does.
    pub fn end_attempt(
        &self,
        to: Option<&StreamId>,
        receipt: &Receipt,
        bound: u32,
        stamp: &Stamp<'_>,
    ) -> Result<bool, Fault> {
        self.hear_refusals(&receipt.refused, stamp)?;
        let Some(mut hold) = self.hold(to)? else { return Ok(false) };
        if to.is_none() {
            self.arrived(Way::Journal, (hold.after, receipt.mark))?;
        }
        hold.take(receipt.mark);
        let head = self.head()?.version;
        let is_more = match (&receipt.failure, to) {
            (Some((version, fault)), _) => {
                hold.fail(*version, fault.clone(), stamp.now, bound);
                false
            }
            (None, Some(to)) => self.storage.last_addressed(to, head)? > hold.after,
            (None, None) => head > hold.after,
        };
        if receipt.failure.is_none() {
            match is_more {
                true => hold.next = stamp.now,
                false => hold.free(stamp.now),
            }
        }
        self.keep(&hold)?;
        Ok(is_more)
    }

    /// The list of the administrators was told of a hold, or could not be.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn listed(&self, told: &Hold, is_listed: bool, now: Timestamp) -> Result<(), Fault> {
        let Some(mut hold) = self.hold(told.to.as_ref())? else { return Ok(()) };
        // It may have changed meanwhile: then the list has to be told again.
        let is_same = hold.status == told.status && hold.last == told.last;
        hold.list(is_listed && is_same, now);
        hold.is_known |= is_listed;
        self.keep(&hold)
    }

    /// A hold, and a page of what waits behind it.
    ///
    /// # Errors
    /// `UNKNOWN_HOLD`.
    pub fn look_at_hold(&self, asked: &HoldAsked) -> Result<HoldFound, edgefold_kernel::Failure> {
        let hold = self.hold(asked.to.as_ref())?.ok_or_else(unknown_hold)?;
        let after = asked.after.max(hold.after);
        let head = self.head()?.version;
        let items = match &asked.to {
            Some(to) => self.part(to, after, head, asked.limit + 1)?.items,
            None => {
                let slice = Slice { limit: asked.limit + 1, ..Slice::after(after) };
                let item = |event: edgefold_kernel::Envelope| Item {
                    version: event.version,
                    event: Some(event),
                    errands: Vec::new(),
                };
                self.events(&slice)?.into_iter().map(item).collect()
            }
        };
        let has_more = items.len() > asked.limit;
        Ok(HoldFound { hold, items: items.into_iter().take(asked.limit).collect(), has_more })
    }

    /// Lets a hold be tried now: the next attempt decides whether it is parked again.
    ///
    /// # Errors
    /// `UNKNOWN_HOLD`.
    pub fn retry_hold(
        &self,
        to: Option<&StreamId>,
        decided: Decided,
    ) -> Result<(), edgefold_kernel::Failure> {
        let mut hold = self.hold(to)?.ok_or_else(unknown_hold)?;
        if hold.status == Status::Free {
            return Err(unknown_hold().into());
        }
        hold.next = decided.at;
        if hold.status == Status::Parked {
            hold.status = Status::Failing;
        }
        hold.decided = Some(decided);
        hold.is_listed = false;
        Ok(self.keep(&hold)?)
    }

    /// Lets the version go at which a hold stands: the destination gets nothing of it. Whoever asked for a command that goes
    /// with it is this stream itself: it hears that the command was refused, with the code `DISCARDED`.
    ///
    /// # Errors
    /// `UNKNOWN_HOLD`; `NOT_FIRST` when another version stands there.
    pub fn discard(
        &self,
        asked: &HoldDiscarded,
        stamp: &Stamp<'_>,
    ) -> Result<(), edgefold_kernel::Failure> {
        let mut hold = self.hold(asked.to.as_ref())?.ok_or_else(unknown_hold)?;
        let head = self.head()?.version;
        let first = match &asked.to {
            Some(to) => self.part(to, hold.after, head, 1)?.items.into_iter().next(),
            None => (hold.after < head).then(|| Item {
                version: hold.after + 1,
                event: None,
                errands: Vec::new(),
            }),
        };
        let first = first.ok_or_else(unknown_hold)?;
        // The journal takes what stands before the bad event: the hold begins right there.
        let version = first.version;
        if asked.version.is_some_and(|wanted| wanted != version) {
            let detail = format!("only the first version can be discarded; it is {version}");
            return Err(Rejection::new(Kind::Conflict, "NOT_FIRST", detail).into());
        }
        let rejection = Rejection::rule("DISCARDED", asked.reason.as_str());
        let refused: Vec<_> = first
            .errands
            .into_iter()
            .filter_map(|message| {
                Some(RefusedErrand {
                    name: message.name,
                    command_id: message.command_id?,
                    metadata: message.metadata.unwrap_or_default(),
                    rejection: rejection.clone(),
                })
            })
            .collect();
        self.hear_refusals(&refused, stamp)?;
        hold.discarded = Some(version);
        hold.decided = Some(Decided {
            discarded: Some(version),
            by: asked.by.clone(),
            at: stamp.now,
            reason: Some(asked.reason.clone()),
        });
        hold.is_listed = false;
        // What is behind it is tried at once: it may be good.
        (hold.status, hold.next) = (Status::Failing, stamp.now);
        Ok(self.keep(&hold)?)
    }
}

fn read(text: &str) -> Result<Hold, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Unreadable(format!("a hold: {error}")))
}

fn unknown_hold() -> Rejection {
    Rejection::new(Kind::NotFound, UNKNOWN_SEQUENCE, "nothing is held back there")
}
