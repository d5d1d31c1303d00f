//! Tells the journal what is new, and finds out what it has.
//!
//! The answer of the journal is the receipt, so there is one call at a time, and the next one begins where the last one ended.
//! A call without an answer is made again: the journal drops what it has. When it says that it lacks something, it was restored
//! to an earlier state, and questions find the last event that it has: it always has a beginning of what was published, so each
//! question halves what is left.

use edgefold_kernel::{Envelope, Fault, Timestamp, Version, limits};
use serde_json::value::RawValue;

use super::{
    Instance,
    journalled::{Gathered, Search, Sending},
    outbox::Fresh,
};
use crate::{
    append::storage::{Slice, Storage},
    journal::{Append, Appended, Link, Row},
    planted::{self, Planted},
    publish::again::sent_again,
};

/// Events of the first call after a failure, or since the instance was loaded: it may fail like others before it.
const FIRST_EVENTS: usize = 100;

/// Events that are read at once where a published one is looked for.
const LOOK_EVENTS: usize = 100;

impl<S: Storage> Instance<S> {
    /// The next call to the journal; none when it has everything, or while a call that has failed is not to be made again.
    /// [`journalled`](Self::journalled) takes the answer, before the next one is asked for.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read. That counts as a call that has failed.
    pub fn to_journal(&self, now: Timestamp) -> Result<Option<Sending>, Fault> {
        if self.read(|loaded| loaded.journal.pause.is_some_and(|until| until > now))? {
            return Ok(None);
        }
        let next = match self.question() {
            Ok(None) => self.append(),
            question => question,
        };
        let spread = self.spread(limits::SPREAD_MOST);
        self.change(|loaded| match &next {
            Ok(Some(_)) => loaded.journal.tried = Some(now),
            Ok(None) => loaded.journal.pause = None,
            Err(_) => loaded.journal.fails(now, spread),
        })?;
        next
    }

    /// What comes after the cursor. Events that are not published move it alone.
    fn append(&self) -> Result<Option<Sending>, Fault> {
        loop {
            let (at, head, answers) = self
                .read(|loaded| (loaded.journal.at, loaded.head.version, loaded.journal.answers))?;
            if at >= head {
                return Ok(None);
            }
            let limit = if answers { limits::JOURNAL_APPEND_EVENTS } else { FIRST_EVENTS };
            let Gathered { through, since, texts, last, .. } = self.gather(at, limit)?;
            let Some(last) = last else {
                self.change(|loaded| loaded.journal.moves(through))?;
                continue;
            };
            self.change(|loaded| loaded.journal.since = since)?;
            let before = match planted::is(Planted::BeforeLost) {
                true => None,
                false => self.last_link()?,
            };
            let text = Append::text(self.id(), before.as_ref(), &texts, &self.row_now()?);
            let text = text.map_err(|error| Fault::Defect(error.to_string()))?;
            return Ok(Some(Sending { text, before, through, last: Some(last) }));
        }
    }

    /// Events after a version: from memory if they were just appended.
    fn gather(&self, at: Version, limit: usize) -> Result<Gathered, Fault> {
        let mut gathered = Gathered::default();
        let fresh = self.fresh.borrow();
        let mut near = fresh.iter().skip_while(|one| one.event.version <= at).peekable();
        if near.peek().is_some_and(|first| first.event.version == at + 1) {
            for Fresh { event, text, is_published, .. } in near {
                if !gathered.takes(event, is_published.then_some(text.as_str()), limit) {
                    break;
                }
            }
            return Ok(gathered);
        }
        let bytes = limits::JOURNAL_APPEND_BYTES;
        let events = self.storage.events(&Slice { limit, bytes, ..Slice::after(at) })?;
        for event in events {
            match self.wire_text(event) {
                Ok((event, text)) => {
                    if !gathered.takes(&event, text.as_deref(), limit) {
                        break;
                    }
                }
                // What stands before an event that this code cannot read does not wait for it.
                Err(_) if gathered.through > 0 => break,
                Err(fault) => return Err(fault),
            }
        }
        match gathered.through {
            0 => Err(self.lacks(at + 1)),
            _ => Ok(gathered),
        }
    }

    /// A stored event in its current schema version, and its text if it is published.
    fn wire_text(&self, event: Envelope) -> Result<(Envelope, Option<String>), Fault> {
        let event = self.run.lifted(event)?;
        let text = match self.run.publishes(&self.run.read_event(&event)?) {
            true => Some(serde_json::to_string(&event)),
            false => None,
        };
        let text = text.transpose().map_err(|error| Fault::Defect(error.to_string()))?;
        Ok((event, text))
    }

    /// True if the journal gets this stored event.
    fn is_published(&self, event: &Envelope) -> Result<bool, Fault> {
        Ok(self.run.publishes(&self.run.read_event(event)?))
    }

    /// The name of the last published event that the journal has.
    fn last_link(&self) -> Result<Option<Link>, Fault> {
        let (last, known) =
            self.read(|loaded| (loaded.journal.last, loaded.journal.link.clone()))?;
        if last == 0 || known.is_some() {
            return Ok(known);
        }
        let found = self.storage.events(&Slice { limit: 1, ..Slice::after(last - 1) })?;
        let link = found.first().filter(|event| event.version == last).map(Link::of);
        let link = link.ok_or_else(|| self.lacks(last))?;
        self.change(|loaded| loaded.journal.link = Some(link.clone()))?;
        Ok(Some(link))
    }

    /// The next question while it is not known what the journal has. Once it is, the cursor is there.
    fn question(&self) -> Result<Option<Sending>, Fault> {
        loop {
            let Some(search) = self.read(|loaded| loaded.journal.search.clone())? else {
                return Ok(None);
            };
            let (has, lacks) = (search.has(), search.lacks);
            if has + 1 >= lacks {
                self.change(|loaded| {
                    let journal = &mut loaded.journal;
                    (journal.last, journal.link, journal.search) = (has, search.has, None);
                    journal.moves(has);
                })?;
                return Ok(None);
            }
            let middle = if search.is_doubt { lacks - 1 } else { has + (lacks - has) / 2 };
            match self.first_published(middle, lacks)? {
                Some(link) => return self.ask(link, middle).map(Some),
                None => self.change(|loaded| {
                    let search = loaded.journal.search.as_mut();
                    search.into_iter().for_each(|search| search.lacks = middle);
                })?,
            }
        }
    }

    /// Asks whether the journal has an event, the first published one from a version on.
    fn ask(&self, link: Link, from: Version) -> Result<Sending, Fault> {
        let row = Row { state: RawValue::NULL.to_owned(), ..self.row_now()? };
        let text = Append::text(self.id(), Some(&link), "", &row);
        let text = text.map_err(|error| Fault::Defect(error.to_string()))?;
        Ok(Sending { text, before: Some(link), through: from, last: None })
    }

    /// The first published event of `from..below`.
    fn first_published(&self, from: Version, below: Version) -> Result<Option<Link>, Fault> {
        let mut after = from.saturating_sub(1);
        while after + 1 < below {
            let slice = Slice { through: below - 1, limit: LOOK_EVENTS, ..Slice::after(after) };
            let events = self.storage.events(&slice)?;
            if events.is_empty() {
                return Err(self.lacks(after + 1));
            }
            for event in events {
                if self.is_published(&event)? {
                    return Ok(Some(Link::of(&event)));
                }
                after = event.version;
            }
        }
        Ok(None)
    }

    /// Takes the answer to a call.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn journalled(
        &self,
        sent: &Sending,
        answer: &Result<Appended, Fault>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let spread = self.spread(limits::SPREAD_MOST);
        let assumed = Ok(Appended::Taken { position: 0 });
        let answer = if planted::is(Planted::JournalAssumed) { &assumed } else { answer };
        self.change(|loaded| {
            let journal = &mut loaded.journal;
            let has_it = match answer {
                Ok(answer) => *answer != Appended::Lacks,
                Err(_) => return journal.fails(now, spread),
            };
            match (&sent.last, &sent.before) {
                (Some(last), _) if has_it => {
                    if sent.through > journal.at {
                        (journal.last, journal.link) = (last.version, Some(last.clone()));
                        journal.moves(sent.through);
                    }
                }
                (Some(_), Some(before)) => {
                    let (has, lacks, is_doubt) = (None, before.version, false);
                    journal.search = Some(Search { has, lacks, is_doubt });
                }
                // It lacks something before the first event: it is not the journal that it says.
                (Some(_), None) => return journal.fails(now, spread),
                (None, asked) => {
                    let search = journal.search.as_mut();
                    search.into_iter().for_each(|search| {
                        search.is_doubt = false;
                        match has_it {
                            true => search.has = asked.clone(),
                            false => search.lacks = search.lacks.min(sent.through),
                        }
                    });
                }
            }
            (journal.pause, journal.answers) = (None, true);
        })?;
        self.forget_fresh()
    }

    /// The journal was restored to an earlier state, somebody says: it is asked for the last event that it has.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn doubt_journal(&self) -> Result<(), Fault> {
        self.change(|loaded| {
            let journal = &mut loaded.journal;
            if journal.last > 0 && journal.search.is_none() {
                let (has, lacks, is_doubt) = (None, journal.last + 1, true);
                journal.search = Some(Search { has, lacks, is_doubt });
                journal.tried = None;
            }
        })
    }

    /// True if the journal has everything, as far as is known.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn is_journalled(&self) -> Result<bool, Fault> {
        self.read(|loaded| {
            let journal = &loaded.journal;
            journal.search.is_none() && journal.at >= loaded.head.version
        })
    }

    /// Instant of the next call to the journal, if one is to be made. `bound`: milliseconds until a call is made again that
    /// nobody knows anything of.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn next_to_journal(&self, bound: i64, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let (at, head, pause, tried, is_searching) = self.read(|loaded| {
            let journal = &loaded.journal;
            (
                journal.at,
                loaded.head.version,
                journal.pause,
                journal.tried,
                journal.search.is_some(),
            )
        })?;
        if at >= head && !is_searching {
            return Ok(None);
        }
        if let Some(pause) = pause {
            return Ok(Some(pause.max(now)));
        }
        if is_searching {
            return Ok(Some(tried.map_or(now, |tried| tried.plus_millis(bound)).max(now)));
        }
        let since = self.waits_since(at)?.unwrap_or(now);
        let from = tried.map_or(since, |tried| tried.max(since));
        Ok(Some(sent_again(since, None, bound, from).max(now)))
    }

    /// Instant of the event after the cursor.
    fn waits_since(&self, at: Version) -> Result<Option<Timestamp>, Fault> {
        if let Some(since) = self.read(|loaded| loaded.journal.since)? {
            return Ok(Some(since));
        }
        let near = self
            .fresh
            .borrow()
            .iter()
            .find(|one| one.event.version == at + 1)
            .map(|one| one.event.time);
        let since = match near {
            Some(since) => Some(since),
            None => {
                let first = self.storage.events(&Slice { limit: 1, ..Slice::after(at) })?;
                first.first().map(|event| event.time)
            }
        };
        self.change(|loaded| loaded.journal.since = since)?;
        Ok(since)
    }

    /// The name of the published event by which a version is found in the journal: its own or, where it is not published, the
    /// last one before it. None when there is none. An event further back than one page counts as the last one that the journal
    /// has.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn link_by(&self, version: Version) -> Result<Option<Link>, Fault> {
        let (at, last) = self.read(|loaded| loaded.journal.cursor())?;
        if (last..=at).contains(&version) {
            return self.last_link();
        }
        for limit in [1, LOOK_EVENTS, limits::PAGE_EVENTS] {
            let after = version.saturating_sub(limit as Version);
            let found = self.storage.events(&Slice { through: version, ..Slice::after(after) })?;
            for event in found.into_iter().rev() {
                if self.is_published(&event)? {
                    return Ok(Some(Link::of(&event)));
                }
            }
            if after == 0 {
                return Ok(None);
            }
        }
        self.last_link()
    }
}
