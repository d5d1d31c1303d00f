//! One partition of a category's journal: what streams append, in the order in which it comes.
//!
//! It holds of each stream a beginning of what the stream has published, without a gap, in order, each event once; whatever
//! comes late, twice or too early changes nothing about that. So one look says whether something is new: what follows the last
//! event that the journal has of a stream is, and everything before it is not.
//!
//! Each event has a position, counted by 1. Positions are given at the commit, so a reader that goes by position misses
//! nothing that comes late.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    rc::Rc,
};

use edgefold_kernel::{Envelope, Fault, Id, limits};
use sha2::{Digest, Sha256};

use super::{
    Append, Appended, Link, Row,
    storage::{Placed, Storage, Stored, Write},
};
use crate::planted::{self, Planted};

/// Streams of which the last event is remembered, at most (about 200 bytes each). Beyond that all are forgotten, and are looked
/// up again.
const REMEMBERED: usize = 10_000;

/// One event in the journal.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its position.
    pub position: u64,
    /// The event.
    pub event: Rc<Envelope>,
    /// The instance after it, or after a later event.
    pub row: Rc<Row>,
    /// The published event of its stream before it; none for the first one.
    pub before: Option<Link>,
}

/// The journal of one partition, over its storage. A clone of an [`Item`] costs nothing.
#[derive(Debug)]
pub struct Partition<S> {
    storage: S,
    head: Cell<Option<u64>>,
    /// The last event of streams that have appended lately.
    last: RefCell<HashMap<Id, (Link, u64)>>,
    tail: RefCell<Tail>,
}

/// The latest events, in memory: whoever is close to the head reads nothing.
#[derive(Debug, Default)]
struct Tail {
    /// Ascending, without a gap; each with the bytes that it counts for.
    items: VecDeque<(Item, usize)>,
    bytes: usize,
}

/// Appends on their way into one transaction.
#[derive(Default)]
struct Draft {
    head: u64,
    rows: Vec<Stored>,
    items: Vec<Item>,
    last: HashMap<Id, (Link, u64)>,
    links: Vec<Placed>,
}

impl<S: Storage> Partition<S> {
    /// The partition over its own storage. Reads nothing yet.
    pub fn new(storage: S) -> Self {
        let (head, last, tail) = Default::default();
        Self { storage, head, last, tail }
    }

    /// The storage that it works on.
    pub fn storage(&self) -> &S {
        &self.storage
    }

    /// Position of the last event; 0 when there is none.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn head(&self) -> Result<u64, Fault> {
        match self.head.get() {
            Some(head) => Ok(head),
            None => {
                let head = self.storage.head()?;
                self.head.set(Some(head));
                Ok(head)
            }
        }
    }

    /// Commits appends, each the JSON text of an [`Append`], in one transaction. Repeats are dropped; an append whose
    /// [`before`](Append::before) is not there is answered with [`Appended::Lacks`], unless an earlier one of these brings it.
    ///
    /// # Errors
    /// The fault of an append that cannot be read is its own. When the transaction fails, all of them fail.
    pub fn append_all<T: AsRef<str>>(&self, texts: &[T]) -> Vec<Result<Appended, Fault>> {
        let head = match self.head() {
            Ok(head) => head,
            Err(fault) => return texts.iter().map(|_| Err(fault.clone())).collect(),
        };
        let mut draft = Draft { head, ..Draft::default() };
        let answers: Vec<_> =
            texts.iter().map(|text| self.take(&mut draft, text.as_ref())).collect();
        if draft.items.is_empty() {
            return answers;
        }
        let Draft { head, mut rows, items, last, links } = draft;
        rows.iter_mut().for_each(|row| row.appends.push(']'));
        if let Err(fault) = self.storage.commit(&Write { rows, links }) {
            // Whatever was written: the next call looks for itself.
            self.head.set(None);
            self.last.borrow_mut().clear();
            *self.tail.borrow_mut() = Tail::default();
            return texts.iter().map(|_| Err(fault.clone())).collect();
        }
        self.head.set(Some(head));
        let mut remembered = self.last.borrow_mut();
        if remembered.len() + last.len() > REMEMBERED {
            remembered.clear();
        }
        remembered.extend(last);
        self.tail.borrow_mut().extend(items);
        answers
    }

    /// Drafts what is new in an append.
    fn take(&self, draft: &mut Draft, text: &str) -> Result<Appended, Fault> {
        let (append, events) = read_append(text)?;
        let last = draft.last.get(&append.id).cloned();
        let last = last.or_else(|| self.last.borrow().get(&append.id).cloned());
        let place = |link: &Link| match &last {
            Some((known, position)) if known == link => Ok(Some(*position)),
            _ => self.drafted_or_stored(draft, &append.id, link),
        };
        let before = match &append.before {
            Some(before) => place(before)?,
            None => Some(0),
        };
        let Some(before) = before.or_else(|| planted::is(Planted::BeforeIgnored).then_some(0))
        else {
            return Ok(Appended::Lacks);
        };
        let links: Vec<_> = events.iter().map(Link::of).collect();
        let follows = append.before.is_some()
            && last.as_ref().map(|(link, _)| link) == append.before.as_ref();
        // The journal has a beginning of the stream: of these events it has the first ones, or none.
        let (mut known, mut unknown) = (0, if follows { 0 } else { links.len() });
        let mut position = before;
        while known < unknown && !planted::is(Planted::RepeatsKept) {
            // Most are new altogether, so the first one is looked for first.
            let middle =
                if known == 0 && unknown == links.len() { 0 } else { (known + unknown) / 2 };
            let Some(link) = links.get(middle) else { break };
            match place(link)? {
                Some(found) => (known, position) = (middle + 1, found),
                None => unknown = middle,
            }
        }
        if known == links.len() {
            return Ok(Appended::Taken { position });
        }
        draft.add(text, append, events, known)
    }

    fn drafted_or_stored(&self, draft: &Draft, id: &Id, link: &Link) -> Result<Option<u64>, Fault> {
        let is_drafted = |placed: &&Placed| placed.id == *id && placed.link == *link;
        let drafted = match draft.last.contains_key(id) {
            true => draft.links.iter().rev().find(is_drafted),
            false => None,
        };
        match drafted {
            Some(placed) => Ok(Some(placed.position)),
            None => self.storage.place(id, link),
        }
    }

    /// The events after a position, ascending: at most so many, and no further one once their data has this many bytes; at least
    /// one if there is one.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn page(&self, after: u64, limit: usize, bytes: usize) -> Result<Vec<Item>, Fault> {
        if after >= self.head()? {
            return Ok(Vec::new());
        }
        let mut room = bytes;
        let mut fits = |item: &Item| {
            let fits = room > 0;
            room = room.saturating_sub(item.event.data.get().len().max(1));
            fits
        };
        if let Some(near) = self.tail.borrow().after(after) {
            return Ok(near.take(limit.max(1)).take_while(|item| fits(item)).cloned().collect());
        }
        let rows = self.storage.rows(after, limit.max(1), bytes)?;
        let mut found = Vec::new();
        for row in &rows {
            found.extend(items_of(row)?.into_iter().filter(|item| item.position > after));
        }
        // After a load the first reader that comes to the head reads for all others.
        let is_to_head = found.last().is_some_and(|last| Ok(last.position) == self.head());
        let mut tail = self.tail.borrow_mut();
        if is_to_head && tail.items.is_empty() {
            tail.extend(found.clone());
        }
        Ok(found.into_iter().take(limit.max(1)).take_while(|item| fits(item)).collect())
    }

    /// True if the event after this position is in memory, or there is none.
    pub fn is_at_hand(&self, after: u64) -> bool {
        self.head.get() == Some(after) || self.tail.borrow().after(after).is_some()
    }

    /// The event at a position.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn item(&self, position: u64) -> Result<Option<Item>, Fault> {
        let Some(after) = position.checked_sub(1) else { return Ok(None) };
        Ok(self.page(after, 1, 1)?.pop())
    }

    /// The text by which a cursor at this position is known again: a journal that was restored has another event there, or none.
    /// Empty at position 0, and none beyond the head.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn check(&self, position: u64) -> Result<Option<String>, Fault> {
        if position == 0 {
            return Ok(Some(String::new()));
        }
        Ok(self.item(position)?.map(|item| check_of(&item.event)))
    }

    /// Position of an event of this instance; none when the journal does not have it.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn place(&self, id: &Id, link: &Link) -> Result<Option<u64>, Fault> {
        match self.last.borrow().get(id) {
            Some((known, position)) if known == link => Ok(Some(*position)),
            _ => self.storage.place(id, link),
        }
    }

    /// The earliest events of a correlation in the order of their positions, at most so many.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn caused(&self, correlation: &Id, limit: usize) -> Result<Vec<Item>, Fault> {
        let placed = self.storage.caused(correlation, limit)?;
        let mut positions: Vec<_> = placed.into_iter().map(|placed| placed.position).collect();
        positions.sort_unstable();
        let mut found: Vec<Item> = Vec::with_capacity(positions.len());
        // The row that was read last: what was committed together lies together.
        let mut row: VecDeque<Item> = VecDeque::new();
        for position in positions {
            if row.back().is_none_or(|last| last.position < position) {
                let stored = self.storage.rows(position - 1, 1, 1)?;
                row = stored.first().map(items_of).transpose()?.unwrap_or_default().into();
            }
            found.extend(row.iter().find(|item| item.position == position).cloned());
        }
        Ok(found)
    }
}

/// The text by which a position with this event is known again: 8 hexadecimal digits.
pub fn check_of(event: &Envelope) -> String {
    let digest = Sha256::digest(event.id.as_bytes());
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads an append and its events.
fn read_append(text: &str) -> Result<(Append, Vec<Envelope>), Fault> {
    let append: Append = serde_json::from_str(text).map_err(unreadable)?;
    let events = envelopes(&append)?;
    let after = append.before.as_ref().map_or(0, |before| before.version);
    let is_ascending = events.iter().try_fold(after, |before, event| {
        let follows = event.version > before && event.stream.aggregate_id == append.id;
        follows.then_some(event.version)
    });
    match is_ascending {
        Some(_) => Ok((append, events)),
        None => Err(Fault::Defect(format!("an append of {} is not in its order", append.id))),
    }
}

fn envelopes(append: &Append) -> Result<Vec<Envelope>, Fault> {
    let texts = append.events.iter().map(|event| event.get());
    texts.map(|text| serde_json::from_str(text).map_err(unreadable)).collect()
}

/// The events of a stored row.
fn items_of(row: &Stored) -> Result<Vec<Item>, Fault> {
    let appends: Vec<Append> = serde_json::from_str(&row.appends).map_err(unreadable)?;
    let count: usize = appends.iter().map(|append| append.events.len()).sum();
    let mut at = row.position.saturating_sub(count as u64);
    let mut found = Vec::with_capacity(count);
    for append in appends {
        let events = envelopes(&append)?;
        found.extend(items(append.before, events, append.row, at));
        at = found.last().map_or(at, |item: &Item| item.position);
    }
    Ok(found)
}

/// The events of one append, after a position.
fn items(before: Option<Link>, events: Vec<Envelope>, row: Row, mut at: u64) -> Vec<Item> {
    let (mut before, row) = (before, Rc::new(row));
    let item = |event: Envelope| {
        at += 1;
        let before = before.replace(Link::of(&event));
        Item { position: at, event: Rc::new(event), row: Rc::clone(&row), before }
    };
    events.into_iter().map(item).collect()
}

fn unreadable(error: serde_json::Error) -> Fault {
    Fault::Unreadable(format!("an append: {error}"))
}

impl Draft {
    /// Adds the events of an append, without the first `known` ones. What is new altogether is stored as it came.
    fn add(
        &mut self,
        text: &str,
        append: Append,
        mut events: Vec<Envelope>,
        known: usize,
    ) -> Result<Appended, Fault> {
        let Append { id, mut before, events: mut texts, row } = append;
        let trimmed;
        let text = match known {
            0 => text,
            known => {
                texts.drain(..known);
                before = events.drain(..known).next_back().as_ref().map(Link::of);
                let rest = Append {
                    id: id.clone(),
                    before: before.clone(),
                    events: texts,
                    row: row.clone(),
                };
                trimmed = serde_json::to_string(&rest).map_err(unreadable)?;
                &trimmed
            }
        };
        for item in items(before, events, row, self.head) {
            let (link, position) = (Link::of(&item.event), item.position);
            let is_claimed = item.event.metadata.correlation_claimed;
            self.links.push(Placed { id: id.clone(), link: link.clone(), position, is_claimed });
            self.last.insert(id.clone(), (link, position));
            self.head = position;
            self.items.push(item);
        }
        match self.rows.last_mut() {
            Some(row) if row.appends.len() + text.len() < limits::JOURNAL_ROW_BYTES => {
                row.position = self.head;
                row.appends.push(',');
                row.appends.push_str(text);
            }
            _ => self.rows.push(Stored { position: self.head, appends: format!("[{text}") }),
        }
        Ok(Appended::Taken { position: self.head })
    }
}

impl Tail {
    fn extend(&mut self, items: Vec<Item>) {
        let mut row = None;
        for item in items {
            // A row is shared by the events of its append.
            let is_shared = row.as_ref().is_some_and(|row| Rc::ptr_eq(row, &item.row));
            let of_row = if is_shared { 0 } else { item.row.state.get().len() };
            let bytes = item.event.data.get().len() + of_row;
            row = Some(Rc::clone(&item.row));
            self.bytes += bytes;
            self.items.push_back((item, bytes));
        }
        while self.bytes > limits::JOURNAL_TAIL_BYTES
            || self.items.len() > limits::JOURNAL_TAIL_EVENTS
        {
            let Some((_, bytes)) = self.items.pop_front() else { break };
            self.bytes -= bytes;
        }
    }

    /// The events after a position, if all of them are here.
    fn after(&self, position: u64) -> Option<impl Iterator<Item = &Item>> {
        let (first, _) = self.items.front()?;
        let skipped = (position + 1).checked_sub(first.position)?;
        Some(self.items.iter().skip(skipped as usize).map(|(item, _)| item))
    }
}
