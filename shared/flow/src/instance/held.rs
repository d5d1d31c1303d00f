//! Keeps holds of destinations that fail, and tries them again: see [`hold`](crate::publish::hold).

use edgefold_kernel::{Fault, Kind, Rejection, StreamId, Timestamp, Version, limits};

use super::Instance;
use crate::{
    Stamp,
    append::storage::Storage,
    contract::{HoldAsked, HoldDiscarded, HoldFound, UNKNOWN_SEQUENCE},
    publish::{
        Delivery, Hold,
        hold::{Decided, Status},
    },
    receive::{Receipt, RefusedErrand},
};

/// Something due of a hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// Deliver this to the destination.
    Deliver(StreamId, Delivery),
    /// Nothing is left to deliver.
    Nothing,
}

impl<S: Storage> Instance<S> {
    /// The hold of a destination.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn hold(&self, to: &StreamId) -> Result<Option<Hold>, Fault> {
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
        self.storage.set_hold(&hold.to, kept)
    }

    /// A destination did not take a delivery that the queue brought. If there is a hold already, it goes its own way.
    pub(super) fn stopped(
        &self,
        to: &StreamId,
        after: Version,
        failure: (Version, Fault),
        (now, bound): (Timestamp, u32),
    ) -> Result<(), Fault> {
        match self.hold(to)? {
            Some(hold) if hold.status != Status::Free => Ok(()),
            known => {
                let spread = self.spread(limits::SPREAD_MOST);
                let mut hold = Hold::new(to.clone(), after, failure, now, bound).spread(spread);
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
    pub fn begin_attempt(&self, to: &StreamId, now: Timestamp) -> Result<Due, Fault> {
        let Some(mut hold) = self.hold(to)? else { return Ok(Due::Nothing) };
        if !hold.is_due(now) {
            return Ok(Due::Nothing);
        }
        hold.begin(now);
        self.keep(&hold)?;
        let head = self.head()?.version;
        Ok(Due::Deliver(to.clone(), self.part(to, hold.after, head, limits::DELIVERY_ITEMS)?))
    }

    /// Ends an attempt with the destination's receipt. Returns true if more is to be delivered at once.
    ///
    /// # Errors
    /// A fault when storage fails, or the reaction to a refusal does.
    pub fn end_attempt(
        &self,
        to: &StreamId,
        receipt: &Receipt,
        bound: u32,
        stamp: &Stamp<'_>,
    ) -> Result<bool, Fault> {
        self.hear_refusals(&receipt.refused, stamp)?;
        let Some(mut hold) = self.hold(to)? else { return Ok(false) };
        hold.take(receipt.mark);
        let head = self.head()?.version;
        let is_more = match &receipt.failure {
            Some((version, fault)) => {
                hold.fail(*version, fault.clone(), stamp.now, bound);
                false
            }
            None => self.storage.last_addressed(to, head)? > hold.after,
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
        let Some(mut hold) = self.hold(&told.to)? else { return Ok(()) };
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
        let hold = self.hold(&asked.to)?.ok_or_else(unknown_hold)?;
        let after = asked.after.max(hold.after);
        let head = self.head()?.version;
        let items = self.part(&asked.to, after, head, asked.limit + 1)?.items;
        let has_more = items.len() > asked.limit;
        Ok(HoldFound { hold, items: items.into_iter().take(asked.limit).collect(), has_more })
    }

    /// Lets a hold be tried now: the next attempt decides whether it is parked again.
    ///
    /// # Errors
    /// `UNKNOWN_HOLD`.
    pub fn retry_hold(
        &self,
        to: &StreamId,
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
        let mut hold = self.hold(&asked.to)?.ok_or_else(unknown_hold)?;
        let head = self.head()?.version;
        let first = self.part(&asked.to, hold.after, head, 1)?.items.into_iter().next();
        let first = first.ok_or_else(unknown_hold)?;
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
