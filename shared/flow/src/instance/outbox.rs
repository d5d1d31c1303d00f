//! Gives messages for the bus, and counts what has arrived.

use edgefold_kernel::{Envelope, Fault, StreamId, Timestamp, Version, limits};

use super::{Instance, cursor::Pending};
use crate::{
    Message,
    append::storage::{Cursors, Slice, Storage, Write},
    journal::Link,
    planted::{self, Planted},
    publish::{
        Delivery, Item, Outgoing,
        again::sent_again,
        letter::{Said, pack},
        messages,
    },
};

/// An event that was just appended, with what it says to others.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    /// The event.
    pub(super) event: Envelope,
    /// Its wire form.
    pub(super) text: String,
    /// True if the journal gets it.
    pub(super) is_published: bool,
    /// The commands that follow from it.
    pub(super) errands: Vec<Message>,
    /// Whom it concerns: first those who want it, then those who are asked.
    pub(super) to: Vec<StreamId>,
    /// Number of those who want it.
    pub(super) wanted: usize,
}

impl<S: Storage> Instance<S> {
    /// The next messages, as few as possible. Empty when everything was published. An instance that was just loaded
    /// publishes what it committed within the last [`limits::PUBLISH_WITHIN_MS`]; what is older is sent
    /// [again](Self::overdue) by the alarm.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn outbox(&self, now: Timestamp) -> Result<Vec<Outgoing>, Fault> {
        self.publish_young(now)?;
        let (published, head) = self.read(|loaded| (loaded.bus.published, loaded.head.version))?;
        if published >= head {
            return Ok(Vec::new());
        }
        let fresh = self.fresh.borrow();
        let known = fresh.iter().skip_while(|fresh| fresh.event.version <= published);
        let known: Vec<_> = known.collect();
        if known.first().is_some_and(|first| first.event.version == published + 1) {
            return self.pack(published, &known);
        }
        drop(known);
        drop(fresh);
        let limit = limits::SEND_AGAIN_EVENTS;
        let events = self.read_again(&Slice { limit, ..Slice::after(published) })?;
        self.pack(published, &events.iter().collect::<Vec<_>>())
    }

    /// Counts what lay behind the cursor when the instance was loaded as unpublished, if it is young.
    fn publish_young(&self, now: Timestamp) -> Result<(), Fault> {
        if !self.change(|loaded| std::mem::take(&mut loaded.bus.is_loaded))? {
            return Ok(());
        }
        let Some((version, since, _)) = self.oldest()? else { return Ok(()) };
        if since.plus_millis(limits::PUBLISH_WITHIN_MS) >= now {
            self.change(|loaded| {
                let cursor = &mut loaded.bus;
                cursor.published = cursor.published.min(version.saturating_sub(1));
            })?;
        }
        Ok(())
    }

    /// The oldest event that waits to arrive.
    fn oldest(&self) -> Result<Option<Pending>, Fault> {
        let (at, head, known) =
            self.read(|loaded| (loaded.bus.at, loaded.head.version, loaded.bus.oldest()))?;
        if known.is_some() || at >= head {
            return Ok(known);
        }
        let first = self.storage.events(&Slice { limit: 1, ..Slice::after(at) })?;
        let first =
            first.first().map(|event| (event.version, event.time, event.metadata.answer_by));
        Ok(first)
    }

    /// Instant at which what waits is sent again next, and whether it is due now. `bound`: milliseconds until the first
    /// repeat.
    fn again(&self, bound: i64, now: Timestamp) -> Result<Option<(Timestamp, bool)>, Fault> {
        let Some((_, since, asked_by)) = self.oldest()? else { return Ok(None) };
        let (urgent, tried) = self.read(|loaded| (loaded.bus.urgent(), loaded.bus.again))?;
        let until = match planted::is(Planted::AnswerByLost) {
            true => None,
            false => urgent.or(asked_by).into_iter().chain(self.deadline()?).min(),
        };
        let tried = tried.map_or(since, |tried| tried.max(since));
        let is_due = sent_again(since, until, bound, tried) <= now;
        Ok(Some((sent_again(since, until, bound, now), is_due)))
    }

    /// Instant at which something that waits is sent again on the bus.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn next_again(&self, bound: i64, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        Ok(self.again(bound, now)?.map(|(at, is_due)| if is_due { now } else { at }))
    }

    /// Messages to send again, if that is due: of the oldest events that have not arrived, up to
    /// [`limits::SEND_AGAIN_EVENTS`].
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn overdue(&self, bound: i64, now: Timestamp) -> Result<Vec<Outgoing>, Fault> {
        if !self.again(bound, now)?.is_some_and(|(_, is_due)| is_due) {
            return Ok(Vec::new());
        }
        let (at, published) = self.change(|loaded| {
            loaded.bus.again = Some(now);
            (loaded.bus.at, loaded.bus.published)
        })?;
        let limit = limits::SEND_AGAIN_EVENTS;
        let mut events =
            self.read_again(&Slice { through: published, limit, ..Slice::after(at) })?;
        // What was sent a moment ago is on its way.
        let on_its_way = now.plus_millis(-limits::PUBLISH_WITHIN_MS);
        if let Some(first) = events.iter().position(|one| one.event.time > on_its_way) {
            events.truncate(first);
        }
        self.pack(at, &events.iter().collect::<Vec<_>>())
    }

    /// Stored events, with what they say to others. Newer code than the one that stored them may know more destinations: what
    /// is missing of `addressed` is stored, before anybody is told.
    fn read_again(&self, slice: &Slice) -> Result<Vec<Fresh>, Fault> {
        let events = self.events(slice)?;
        let all: Vec<_> =
            events.into_iter().map(|event| self.fresh(event)).collect::<Result<_, _>>()?;
        let mut write = Write { partition: self.partition()?, ..Write::default() };
        for fresh in &all {
            let version = fresh.event.version;
            for to in &fresh.to {
                if self.storage.last_addressed(to, version)? != version {
                    write.addressed.push((to.clone(), version));
                }
            }
        }
        if !write.is_empty() {
            self.storage.commit(&write)?;
        }
        Ok(all)
    }

    /// An event, with what it says to others.
    pub(super) fn fresh(&self, event: Envelope) -> Result<Fresh, Fault> {
        let known = self.run.read_event(&event)?;
        let errands = messages(&event, self.run.errands(self.id(), &known))?;
        let is_published = self.run.publishes(&known);
        let text =
            serde_json::to_string(&event).map_err(|error| Fault::Defect(error.to_string()))?;
        let (to, wanted) = self.destinations(&event, &errands);
        Ok(Fresh { event, text, is_published, errands, to, wanted })
    }

    /// Whom an event concerns: those who want it, and their number; and those who are asked for what follows from it.
    pub(super) fn destinations(
        &self,
        event: &Envelope,
        errands: &[Message],
    ) -> (Vec<StreamId>, usize) {
        let mut to = self.catalogue.destinations(event);
        let wanted = to.len();
        for message in errands {
            let Some(id) = message.aggregate_id.clone() else { continue };
            let asked = StreamId::new(message.aggregate_type.as_str(), id);
            if !to.contains(&asked) {
                to.push(asked);
            }
        }
        (to, wanted)
    }

    fn pack(&self, after: Version, events: &[&Fresh]) -> Result<Vec<Outgoing>, Fault> {
        let answer_by = self.deadline()?;
        let said = events.iter().map(|one| self.said(one));
        let letters = pack(&self.stream, after, said, answer_by)?;
        let outgoing = letters.into_iter().map(|letter| {
            let is_silent = letter.deliveries.is_empty();
            let text = (!is_silent).then(|| letter.text()).transpose()?;
            Ok(Outgoing { after: letter.after, through: letter.through, text })
        });
        outgoing.collect()
    }

    /// What an event says to those whom it concerns, and who have no hold. An event that has arrived says nothing.
    fn said(&self, fresh: &Fresh) -> Result<Said, Fault> {
        let version = fresh.event.version;
        let mut said = Said { version, to: Vec::new() };
        if self.change(|loaded| loaded.bus.has(version))? {
            return Ok(said);
        }
        for to in &fresh.to {
            if self.hold(to)?.is_some() {
                // From here on the hold says that it has not arrived: once the cursor is stored, nobody asks again.
                self.change(|loaded| loaded.bus.is_heard = true)?;
                continue;
            }
            let before = self.storage.last_addressed(to, version.saturating_sub(1))?;
            said.to.push((to.clone(), before, Self::item(fresh, to)));
        }
        Ok(said)
    }

    /// What an event has for one of its destinations.
    fn item(fresh: &Fresh, to: &StreamId) -> Item {
        let is_wanted = fresh.to.iter().take(fresh.wanted).any(|one| one == to);
        let is_asked = |message: &&Message| {
            message.aggregate_type == to.aggregate_type
                && message.aggregate_id.as_ref() == Some(&to.aggregate_id)
        };
        Item {
            version: fresh.event.version,
            event: is_wanted.then(|| fresh.event.clone()),
            errands: fresh.errands.iter().filter(is_asked).cloned().collect(),
        }
    }

    /// What this stream has for another instance in `(after, through]`: as many items, and bytes of events, as one page
    /// takes, and at least one if there is one.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn part(
        &self,
        to: &StreamId,
        after: Version,
        through: Version,
        limit: usize,
    ) -> Result<Delivery, Fault> {
        let head = self.head()?.version;
        let through = through.min(head);
        let discarded = self.hold(to)?.and_then(|hold| hold.discarded);
        let versions = self.storage.addressed(to, after, through, limit.saturating_add(1))?;
        let mut delivery =
            Delivery { after, through, items: Vec::new(), answer_by: self.deadline()? };
        let mut bytes = 0;
        for version in &versions {
            if delivery.items.len() >= limit || bytes >= limits::PAGE_BYTES / 4 {
                let last = delivery.items.last().map_or(after, |item| item.version);
                delivery.through = last;
                break;
            }
            let slice = Slice { through: *version, limit: 1, ..Slice::after(version - 1) };
            let event = self.events(&slice)?.pop();
            let event = event.ok_or_else(|| Fault::Unreadable(format!("version {version}")))?;
            bytes += event.data.get().len();
            delivery.items.push(if discarded == Some(*version) {
                Item { version: *version, event: None, errands: Vec::new() }
            } else {
                Self::item(&self.fresh(event)?, to)
            });
        }
        Ok(delivery)
    }

    /// Messages up to here were sent. Those that had nothing to say have arrived.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn published(&self, sent: &Outgoing) -> Result<(), Fault> {
        self.change(|loaded| {
            let head = loaded.head.version;
            if sent.text.is_none() || planted::is(Planted::SentIsArrived) {
                loaded.bus.arrived((sent.after, sent.through), head);
            }
            loaded.bus.published = loaded.bus.published.max(sent.through);
        })?;
        self.forget_fresh()
    }

    /// Lets go of events that are out on both ways.
    pub(super) fn forget_fresh(&self) -> Result<(), Fault> {
        let through = self.read(|loaded| loaded.bus.published.min(loaded.journal.at))?;
        self.fresh.borrow_mut().retain(|fresh| fresh.event.version > through);
        Ok(())
    }

    /// Moves the cursor over events that have arrived, or of which a hold says that they have not. Returns true if it has
    /// moved. It is not stored yet, see [`keep_cursors`](Self::keep_cursors).
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn arrived(&self, covered: (Version, Version)) -> Result<bool, Fault> {
        self.change(|loaded| {
            let has_moved = loaded.bus.arrived(covered, loaded.head.version);
            loaded.bus.is_heard |= has_moved;
            has_moved
        })
    }

    /// Stores the cursors if one has moved, that of the bus no further than every follower was told. Now and then is enough:
    /// an event whose receipt is lost is sent again, which does no harm, while a row written for every command would cost as
    /// much as the event itself.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn keep_cursors(&self, told: Version) -> Result<(), Fault> {
        let (now, kept) = self.read(|loaded| {
            let (journalled, published) = loaded.journal.cursor();
            let confirmed = loaded.bus.at.min(told).max(loaded.bus.kept);
            let (before, until) = loaded.journal.kept;
            let kept = Cursors { confirmed: loaded.bus.kept, journalled: before, published: until };
            (Cursors { confirmed, journalled, published }, kept)
        })?;
        let confirmed = match planted::is(Planted::CursorAhead) {
            true => self.head()?.version,
            false => now.confirmed,
        };
        let now = Cursors { confirmed, ..now };
        if now == kept {
            return Ok(());
        }
        self.storage.set_cursors(&now)?;
        self.change(|loaded| {
            loaded.bus.kept = now.confirmed;
            loaded.bus.is_heard &= now.confirmed < loaded.bus.at;
            loaded.journal.kept = (now.journalled, now.published);
        })
    }

    /// True if a cursor is not where its stored value is.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn is_unkept(&self) -> Result<bool, Fault> {
        self.read(|loaded| {
            loaded.bus.kept < loaded.bus.at || loaded.journal.kept != loaded.journal.cursor()
        })
    }

    /// True if the stored cursors should follow. What others have answered for is worth a row: otherwise it would go through the
    /// queue again. Of what only the journal gets, that is so once it is much.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn is_worth_keeping(&self) -> Result<bool, Fault> {
        let is_unkept = self.is_unkept()?;
        self.read(|loaded| {
            let (journalled, _) = loaded.journal.kept;
            let kept = loaded.bus.kept.min(journalled);
            let is_much = loaded.head.version.saturating_sub(kept) >= limits::UNKEPT_EVENTS;
            // A journal that was restored lacks what it had.
            let is_back = loaded.journal.at < journalled;
            is_unkept && (loaded.bus.is_heard || is_much || is_back)
        })
    }

    /// The instance was just loaded, and no alarm is set for it: so nothing waits, although the stored cursors may lag behind. An
    /// alarm that is ringing may not be seen: what is so young that it may be ringing for it counts as waiting. `bound`:
    /// milliseconds until the first repeat.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn nothing_waits(&self, bound: i64, now: Timestamp) -> Result<(), Fault> {
        let (from, head) =
            self.read(|loaded| (loaded.bus.at.min(loaded.journal.at), loaded.head))?;
        let lag = head.version.saturating_sub(from);
        let may_ring = head.time.plus_millis(bound + limits::SEND_AGAIN_LEAST_MS) > now;
        if lag == 0 || lag > limits::UNKEPT_EVENTS || may_ring {
            return Ok(());
        }
        let events = self.read_again(&Slice::after(from))?;
        self.change(|loaded| {
            // What others were told of is stored when they answer: if it is not, the alarm was lost.
            let is_silent = |one: &Fresh| one.to.is_empty() || loaded.bus.has(one.event.version);
            if events.iter().all(is_silent) {
                loaded.bus.arrived((loaded.bus.at, head.version), head.version);
            }
            let is_new = |one: &&Fresh| one.is_published && one.event.version > loaded.journal.at;
            if let Some(last) = events.iter().rev().find(is_new) {
                loaded.journal.last = last.event.version;
                loaded.journal.link = Some(Link::of(&last.event));
            }
            loaded.journal.moves(head.version.max(loaded.journal.at));
        })
    }
}
