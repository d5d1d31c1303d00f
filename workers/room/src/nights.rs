//! Which nights of a room are held, so that a list finds rooms that are free. Nobody learns from it by whom.

use edgefold_flow::prelude::*;
use edgefold_kernel::Shape;

use crate::{Room, events::Event};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../schema/sql/projection/", $name, ".sql"))
    };
}

/// The projection.
pub const NIGHTS: Projection = Projection {
    name: "nights",
    version: 1,
    categories: &[Room::TYPE],
    tables: &[Table { name: "nights", create: &[sql!("nights")] }],
    project,
    queries: &[],
};

fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let room = event.stream.aggregate_id.as_str();
    Ok(match event.read::<Event>()? {
        Event::Held(held) => {
            let (start, end) = (held.date_start.to_string(), held.date_end.to_string());
            let hold = [room, held.reservation_id.as_str(), &start, &end];
            vec![Change::new(sql!("nights_held"), hold.map(Into::into).into())]
        }
        Event::Released(released) => {
            let hold = [room, released.reservation_id.as_str()];
            vec![Change::new(sql!("nights_released"), hold.map(Into::into).into())]
        }
        Event::Added(_) | Event::Closed(_) => vec![],
    })
}

/// The rooms that are free for some nights, in a list.
pub const FREE: Beside = Beside {
    fields: &[
        (
            "freeFrom",
            "Open rooms that are free from this night on; only together with `freeUntil`, and only in a list.",
            Shape::Date,
        ),
        ("freeUntil", "… until this day of departure.", Shape::Date),
    ],
    wanted,
};

fn wanted(given: &Given) -> Result<Option<(Vec<Condition>, Projected)>, Rejection> {
    let day = |name: &str| given.get(name).and_then(|day| day.as_str());
    match (day("freeFrom"), day("freeUntil")) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) if from < until => {
            let params = vec![from.into(), until.into()];
            let free = Projected { name: NIGHTS.name, sql: sql!("nights_free"), params };
            // A closed room takes no holds: nobody would call it free.
            Ok(Some((vec![Condition::equal("status", "OPEN")], free)))
        }
        _ => {
            let detail = "filter.freeUntil: expected a day after filter.freeFrom, both or neither";
            Err(Rejection::shape("INVALID_FIELD", "filter.freeUntil", detail))
        }
    }
}
