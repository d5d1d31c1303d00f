//! Where the outcomes of commands are stored: in the row of the first event, which costs no row, or in a row of their own. See
//! [`ledger`](edgefold_flow::append::ledger).

use std::{
    cell::{RefCell, RefMut},
    collections::BTreeMap,
    ops::RangeInclusive,
};

use edgefold_flow::{
    append::{
        ledger::{BLOCK_EVENTS, Block, Ledger},
        storage::Write,
    },
    decide::Outcome,
};
use edgefold_kernel::{Fault, Id, Timestamp, Version};
use js_sys::Array;
use serde_json::json;

use super::database::{Database, Transaction, sql};
use crate::platform::statement::{More, integer, number, string, text, unreadable, version};

/// Where the outcomes of one transaction are to be stored.
#[derive(Default)]
pub(super) struct Kept<'a> {
    /// In the row of the event of this version.
    within: BTreeMap<Version, &'a Outcome>,
    /// In rows of their own.
    apart: Vec<&'a Outcome>,
    block: Option<Block>,
}

impl<'a> Kept<'a> {
    /// The outcome of the command that begins with the event of this version.
    pub(super) fn of(&self, version: Version) -> Option<&'a Outcome> {
        self.within.get(&version).copied()
    }

    fn outcomes(&self) -> Vec<&'a Outcome> {
        self.within.values().copied().collect()
    }
}

/// The outcomes of an instance in the database of its object.
#[derive(Default)]
pub(super) struct Outcomes {
    /// `None` until it is asked for.
    ledger: RefCell<Option<Ledger>>,
}

impl Outcomes {
    /// The ledger, read once after the object was loaded.
    fn ledger(&self, database: &Database) -> Result<RefMut<'_, Ledger>, Fault> {
        let mut ledger = self.ledger.borrow_mut();
        if ledger.is_none() {
            *ledger = Some(Self::read(database)?);
        }
        RefMut::filter_map(ledger, Option::as_mut)
            .map_err(|_| Fault::Defect("there is no ledger".into()))
    }

    fn read(database: &Database) -> Result<Ledger, Fault> {
        if !database.has("events") {
            return Ok(Ledger::default());
        }
        let block = |row: Array| {
            let (through, day) = (version(&row.get(0))?, integer(&row.get(1))?);
            Ok(More::Yes(Block { through, day, places: string(&row.get(2))? }))
        };
        let blocks = match database.has("blocks") {
            true => database.sql.each(sql!("blocks"), &[], block)?,
            false => Vec::new(),
        };
        let through = blocks.last().map_or(0, |block| block.through);
        let young =
            database.sql.rows(sql!("commands_young"), &[number(through), number(BLOCK_EVENTS)])?;
        let lines = young.first().map(|row| row.get(0)).filter(|lines| !lines.is_null());
        Ledger::stored(&blocks, &lines.as_ref().map(string).transpose()?.unwrap_or_default())
    }

    /// Decides where the outcomes of a transaction are stored.
    pub(super) fn keeps<'a>(
        &self,
        write: &'a Write,
        database: &Database,
    ) -> Result<Kept<'a>, Fault> {
        let Some(head) = write.events.last().map(|event| event.version) else {
            return Ok(Kept { apart: write.outcomes.iter().collect(), ..Kept::default() });
        };
        let ledger = self.ledger(database)?;
        let has_room = ledger.has_room(write.outcomes.len());
        let (within, apart): (Vec<_>, Vec<_>) =
            write.outcomes.iter().partition(|outcome| has_room && !outcome.is_bare());
        let block = ledger.block(&within, head);
        let within = within.into_iter().map(|outcome| (outcome.after + 1, outcome)).collect();
        Ok(Kept { within, apart, block })
    }

    /// Part of a transaction.
    pub(super) fn store(
        &self,
        kept: &Kept<'_>,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), Fault> {
        if let Some(Block { through, day, places }) = &kept.block {
            transaction.needs("blocks", sql!("blocks_table"))?;
            let params = [number(*through), number(*day), text(places)];
            transaction.add(sql!("block_add"), &params)?;
        }
        if kept.apart.is_empty() {
            return Ok(());
        }
        transaction.needs("outcomes", sql!("outcomes_table"))?;
        let rows = kept.apart.iter().map(|outcome| {
            (
                outcome.day(),
                &outcome.command_id,
                &outcome.fingerprint,
                outcome.after,
                outcome.through,
                outcome.expires_at.millis(),
            )
        });
        transaction.insert(sql!("outcomes_store"), rows)
    }

    /// The transaction is committed.
    pub(super) fn kept(&self, kept: &Kept<'_>, database: &Database) -> Result<(), Fault> {
        if kept.within.is_empty() && kept.block.is_none() {
            return Ok(());
        }
        self.ledger(database)?.stores(&kept.outcomes(), kept.block.as_ref());
        Ok(())
    }

    /// The outcomes of these commands that expire on these days.
    pub(super) fn of(
        &self,
        days: RangeInclusive<i64>,
        command_ids: &[&Id],
        database: &Database,
    ) -> Result<Vec<Outcome>, Fault> {
        let mut found = Vec::new();
        if database.has("outcomes") {
            let days: Vec<_> = days.clone().collect();
            let (days, ids) = (json!(days).to_string(), json!(command_ids).to_string());
            let params = [text(&days), text(&ids)];
            found = database
                .sql
                .each(sql!("outcomes"), &params, |row| Ok(More::Yes(outcome(&row)?)))?;
        }
        let ledger = self.ledger(database)?;
        for command_id in command_ids {
            let Some(place) = ledger.place(command_id) else { continue };
            let rows = database.sql.rows(sql!("outcome_of_event"), &[number(place)])?;
            let known = rows.first().map(outcome).transpose()?;
            let is_its =
                |known: &Outcome| known.command_id == **command_id && days.contains(&known.day());
            found.extend(known.filter(is_its));
        }
        Ok(found)
    }

    /// Deletes those that expired before this day. Returns the first day of those that are left in rows of their own.
    pub(super) fn prune(&self, before: i64, database: &Database) -> Result<Option<i64>, Fault> {
        if database.has("blocks") {
            database.sql.change(sql!("blocks_expire"), &[number(before)])?;
            self.ledger(database)?.expire(before);
        }
        if !database.has("outcomes") {
            return Ok(None);
        }
        database.sql.change(sql!("outcomes_expire"), &[number(before)])?;
        let rows = database.sql.rows(sql!("outcomes_next"), &[])?;
        let day = rows.first().map(|row| row.get(0)).filter(|cell| !cell.is_null());
        day.map(|day| integer(&day)).transpose()
    }
}

fn outcome(row: &Array) -> Result<Outcome, Fault> {
    let mut cells = 0..;
    let mut cell = || row.get(cells.next().unwrap_or_default());
    Ok(Outcome {
        command_id: Id::parse(string(&cell())?).map_err(unreadable)?,
        fingerprint: string(&cell())?,
        after: version(&cell())?,
        through: version(&cell())?,
        expires_at: Timestamp::from_millis(integer(&cell())?),
    })
}
