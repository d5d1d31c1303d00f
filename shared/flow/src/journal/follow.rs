//! The rows of a partition that changed, for the subscriptions to a category. Owner and filter are evaluated here, where the
//! events are: on the row that came with an event, and on the row before it.

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use edgefold_kernel::{Envelope, Failure, Fault, Id, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Item, Partition, Place, Row, Storage, cursor::stale, partition::check_of};
use crate::{
    participant::{Listed, RowFilter},
    route::Entry,
};

/// `POST` to a journal for a caller: the rows that changed after a place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowsPull {
    /// The place.
    pub after: Place,
    /// Those that concern the subscription.
    pub filter: RowFilter,
    /// True if the events are wanted, too.
    pub wants_events: bool,
}

/// The rows that changed between two places of a partition, of those that a subscription asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowsPage {
    /// It begins after this place …
    pub after: Place,
    /// … and ends with this one. The events between that are not among the changes do not concern the subscription.
    pub through: Place,
    /// Position up to which the partition has come.
    pub head: u64,
    /// Ascending.
    pub changes: Vec<RowChange>,
}

/// An event that concerns a subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowChange {
    /// The place behind it.
    pub at: Place,
    /// The instance.
    pub id: Id,
    /// The event; left out when it is not wanted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<Envelope>,
    /// The row after it, or after a later event.
    pub row: Row,
    /// True if the filter held before and does not hold any more. Then the row is not shown.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub has_left: bool,
}

/// The answer to a pull.
#[derive(Debug)]
pub enum Pulled {
    /// A page.
    Page(RowsPage),
    /// The current rows of these instances are needed first: their journalled ones are of another release, or too large.
    Needs(BTreeSet<Id>),
}

/// By what the rows of a category are listed, in this release.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// The columns.
    pub listed: &'a Listed,
    /// Schema version of the state.
    pub state_version: u32,
}

impl<'a> Shape<'a> {
    /// The rows of an entry of the catalogue.
    pub fn of(entry: &'a Entry) -> Self {
        Self { listed: &entry.listed, state_version: entry.state_version }
    }

    /// True if a row can be shown as it is.
    fn shows(&self, row: &Row) -> bool {
        row.state_version == self.state_version && row.state.get() != "null"
    }

    /// True if a list with this filter holds a row. A row that cannot be read is in no list.
    fn holds(&self, filter: &RowFilter, id: &Id, row: &Row) -> bool {
        *filter == RowFilter::default()
            || filter.only.as_ref().is_none_or(|only| only == id)
                && serde_json::from_str::<Value>(row.state.get())
                    .is_ok_and(|state| filter.matches(self.listed, id, &state))
    }
}

/// The current rows of instances, as far as they were asked for; `None` where there is no instance.
pub type Current = HashMap<Id, Option<Row>>;

/// Checks that a place is one of this partition.
///
/// # Errors
/// `STALE_CURSOR` when the journal was restored since the place was given out.
pub fn check<S: Storage>(partition: &Partition<S>, place: &Place) -> Result<(), Failure> {
    match partition.check(place.position)? {
        Some(check) if check == place.check => Ok(()),
        _ => Err(stale().into()),
    }
}

/// The place behind the last event.
///
/// # Errors
/// Fails if storage fails.
pub fn head<S: Storage>(partition: &Partition<S>) -> Result<Place, Fault> {
    let position = partition.head()?;
    Ok(Place { position, check: partition.check(position)?.unwrap_or_default() })
}

/// The next rows that changed for a subscription: at most [`limits::PULL_EVENTS`] of them, out of at most
/// [`limits::SCAN_EVENTS`] events.
///
/// # Errors
/// `STALE_CURSOR`; a fault when storage fails, or when a row can be read by newer code alone.
pub fn pull<S: Storage>(
    partition: &Partition<S>,
    shape: &Shape<'_>,
    pull: &RowsPull,
    current: &Current,
) -> Result<Pulled, Failure> {
    check(partition, &pull.after)?;
    let (limit, bytes) = (limits::SCAN_EVENTS, limits::SCAN_BYTES);
    let items = partition.page(pull.after.position, limit, bytes)?;
    let mut earlier = Earlier::new(partition);
    let (mut changes, mut needed, mut room) = (Vec::new(), BTreeSet::new(), limits::PULL_BYTES);
    let mut through = pull.after.clone();
    for item in &items {
        let id = &item.event.stream.aggregate_id;
        let at = Place { position: item.position, check: check_of(&item.event) };
        let judged = match shape.shows(&item.row) {
            true if !needed.is_empty() => continue,
            true => judge(shape, &pull.filter, item, &mut earlier)?,
            false => match current.get(id) {
                Some(Some(row)) => judge_current(shape, &pull.filter, id, row)?,
                Some(None) => Some(Judged::Nothing),
                None if changes.is_empty() && needed.len() < limits::PULL_EVENTS => {
                    needed.insert(id.clone());
                    continue;
                }
                None => None,
            },
        };
        if !needed.is_empty() {
            continue;
        }
        // The rest is for the next page.
        let Some(judged) = judged else { break };
        through = at.clone();
        if let Judged::Shown(row, has_left) = judged {
            let event = pull.wants_events.then(|| item.event.as_ref().clone());
            let size = event.as_ref().map_or(0, |event| event.data.get().len());
            room = room.saturating_sub(size + row.state.get().len());
            changes.push(RowChange { at, id: id.clone(), event, row: row.clone(), has_left });
        }
        if room == 0 || changes.len() >= limits::PULL_EVENTS {
            break;
        }
    }
    if !needed.is_empty() {
        return Ok(Pulled::Needs(needed));
    }
    let (after, head) = (pull.after.clone(), partition.head()?);
    Ok(Pulled::Page(RowsPage { after, through, head, changes }))
}

/// What an event means for a subscription.
enum Judged<'a> {
    Nothing,
    /// The row, and whether it has left the filter.
    Shown(&'a Row, bool),
}

/// `None`: no more rows may be looked up for this page.
fn judge<'a, S: Storage>(
    shape: &Shape<'_>,
    filter: &RowFilter,
    item: &'a Item,
    earlier: &mut Earlier<'_, S>,
) -> Result<Option<Judged<'a>>, Fault> {
    let id = &item.event.stream.aggregate_id;
    if shape.holds(filter, id, &item.row) {
        earlier.passed(item);
        return Ok(Some(Judged::Shown(&item.row, false)));
    }
    // Its id never changes.
    if filter.only.as_ref().is_some_and(|only| only != id) {
        return Ok(Some(Judged::Nothing));
    }
    let before = match earlier.row(item)? {
        Found::Row(before) => before,
        Found::TooMany => return Ok(None),
    };
    earlier.passed(item);
    let Some(before) = before else { return Ok(Some(Judged::Nothing)) };
    let has_left = match shape.shows(&before) {
        true => shape.holds(filter, id, &before),
        // It may have: a word too many does no harm.
        false => shape.holds(&scope(filter), id, &item.row),
    };
    Ok(Some(if has_left { Judged::Shown(&item.row, true) } else { Judged::Nothing }))
}

/// For an event whose own row cannot be shown: by the current row of its instance. Whether the filter held before is not known:
/// a word too many does no harm.
fn judge_current<'a>(
    shape: &Shape<'_>,
    filter: &RowFilter,
    id: &Id,
    row: &'a Row,
) -> Result<Option<Judged<'a>>, Fault> {
    if row.state_version != shape.state_version {
        return Err(Fault::Newer(format!("a row at state version {}", row.state_version)));
    }
    Ok(Some(match shape.shows(row) {
        true if shape.holds(filter, id, row) => Judged::Shown(row, false),
        true if shape.holds(&scope(filter), id, row) => Judged::Shown(row, true),
        _ => Judged::Nothing,
    }))
}

/// The rows that the caller may list at all.
fn scope(filter: &RowFilter) -> RowFilter {
    RowFilter { conditions: Vec::new(), ..filter.clone() }
}

/// The rows of instances before the events of a page.
struct Earlier<'a, S> {
    partition: &'a Partition<S>,
    /// The row of the last event of each instance so far.
    passed: HashMap<Id, Rc<Row>>,
    lookups: usize,
}

/// The row before an event.
enum Found {
    Row(Option<Rc<Row>>),
    /// Enough was looked up for one page.
    TooMany,
}

impl<'a, S: Storage> Earlier<'a, S> {
    fn new(partition: &'a Partition<S>) -> Self {
        Self { partition, passed: HashMap::new(), lookups: 0 }
    }

    fn passed(&mut self, item: &Item) {
        self.passed.insert(item.event.stream.aggregate_id.clone(), Rc::clone(&item.row));
    }

    fn row(&mut self, item: &Item) -> Result<Found, Fault> {
        let id = &item.event.stream.aggregate_id;
        if let Some(row) = self.passed.get(id) {
            return Ok(Found::Row(Some(Rc::clone(row))));
        }
        let Some(before) = &item.before else { return Ok(Found::Row(None)) };
        let Some(position) = self.partition.place(id, before)? else { return Ok(Found::Row(None)) };
        if !self.partition.is_at_hand(position.saturating_sub(1)) {
            if self.lookups >= limits::SCAN_LOOKUPS {
                return Ok(Found::TooMany);
            }
            self.lookups += 1;
        }
        Ok(Found::Row(self.partition.item(position)?.map(|item| item.row)))
    }
}

/// The events of a partition after a position, judged for the filters of many sessions at once.
///
/// # Errors
/// Fails if storage fails or what is stored cannot be read.
pub fn concerned<S: Storage, K>(
    partition: &Partition<S>,
    shape: &Shape<'_>,
    after: u64,
    filters: Vec<(K, &[RowFilter])>,
) -> Result<Vec<K>, Fault> {
    let items = partition.page(after, limits::SCAN_EVENTS, limits::SCAN_BYTES)?;
    let all = |filters: Vec<(K, &[RowFilter])>| filters.into_iter().map(|(key, _)| key).collect();
    if items.last().is_none_or(|last| last.position < partition.head().unwrap_or(u64::MAX)) {
        return Ok(all(filters));
    }
    let mut earlier = Earlier::new(partition);
    let mut judged = Vec::with_capacity(items.len());
    for item in &items {
        let before = match earlier.row(item)? {
            Found::Row(before) => before,
            Found::TooMany => return Ok(all(filters)),
        };
        earlier.passed(item);
        let rows = [Some(Rc::clone(&item.row)), before];
        let rows: Vec<_> = rows.into_iter().flatten().collect();
        if !rows.iter().all(|row| shape.shows(row)) {
            return Ok(all(filters));
        }
        let state = |row: &Rc<Row>| serde_json::from_str::<Value>(row.state.get()).ok();
        judged.push((
            &item.event.stream.aggregate_id,
            rows.iter().filter_map(state).collect::<Vec<_>>(),
        ));
    }
    let holds = |filter: &RowFilter| {
        judged.iter().any(|(id, rows)| rows.iter().any(|row| filter.matches(shape.listed, id, row)))
    };
    let concerned = filters.into_iter().filter(|(_, filters)| filters.iter().any(holds));
    Ok(concerned.map(|(key, _)| key).collect())
}
