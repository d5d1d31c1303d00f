//! The projections of the samples, on the database itself: any history of holds and moves gives what a look at the states does,
//! in whatever order the streams come, and every statement goes by a key.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use edgefold_core::CATALOGUE;
use edgefold_flow::{
    graphql::list::{Statement, Wanted},
    journal::StateRows,
    participant::{Projection, RowFilter},
};
use edgefold_kernel::{Envelope, Id, Metadata, StreamId, Timestamp};
use edgefold_room::nights::{FREE, NIGHTS};
use edgefold_round::leaderboard::LEADERBOARD;
use proptest::{
    collection::vec, prop_assert_eq, proptest, sample::select, strategy::Strategy,
    test_runner::Config,
};
use rusqlite::{Connection, params_from_iter, types::Value as Sql};
use serde_json::{Value, json, value::RawValue};

fn event(kind: &str, id: &str, name: &str, data: &Value) -> Envelope {
    let entry = CATALOGUE.entry(kind).unwrap();
    let schema_version = entry.events.iter().find(|it| it.name == name).unwrap().version;
    Envelope {
        id: format!("{id}-{name}"),
        stream: StreamId::new(kind, Id::parse(id).unwrap()),
        version: 1,
        event_type: name.into(),
        schema_version,
        time: Timestamp::default(),
        command_id: Id::parse("c").unwrap(),
        metadata: Metadata::default(),
        data: RawValue::from_string(data.to_string()).unwrap(),
    }
}

fn bound(params: &[Value]) -> Vec<Sql> {
    let bound = |param: &Value| match param {
        Value::String(text) => Sql::Text(text.clone()),
        Value::Number(number) if number.is_i64() => Sql::Integer(number.as_i64().unwrap()),
        number => Sql::Real(number.as_f64().unwrap()),
    };
    params.iter().map(bound).collect()
}

/// A database in which the projection has one generation, and its views.
fn database(projection: &Projection) -> Connection {
    let database = Connection::open_in_memory().unwrap();
    for sql in projection.create(1) {
        database.execute_batch(&sql).unwrap();
    }
    for table in projection.tables {
        let view = format!("CREATE VIEW {0} AS SELECT * FROM {0}_g1", table.name);
        database.execute_batch(&view).unwrap();
    }
    database
}

fn apply(database: &Connection, projection: &Projection, event: &Envelope) {
    for change in projection.changes(event).unwrap() {
        let sql = projection.placed(&change.sql, 1);
        database.execute(&sql, params_from_iter(bound(&change.params))).unwrap();
        assert_eq!(unplanned(database, &sql), [""; 0], "{sql}");
    }
}

/// Steps of a statement's plan that read a whole table, or sort.
fn unplanned(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    let params = vec![Sql::Null; count];
    let steps = statement.query_map(params_from_iter(params), |row| row.get::<_, String>(3));
    let steps: Vec<String> = steps.unwrap().collect::<Result<_, _>>().unwrap();
    steps.into_iter().filter(|it| it.contains("TEMP B-TREE") || it.starts_with("SCAN")).collect()
}

const ROOMS: [&str; 2] = ["room-a", "room-b"];

fn day(number: u32) -> String {
    format!("2031-01-{number:02}")
}

/// The rooms that are free, as the list finds them.
fn free(database: &Connection, from: u32, until: u32) -> BTreeSet<String> {
    let entry = CATALOGUE.entry("room").unwrap();
    let given = json!({"freeFrom": day(from), "freeUntil": day(until)});
    let (conditions, projected) = (FREE.wanted)(given.as_object().unwrap()).unwrap().unwrap();
    let wanted = Wanted {
        order: &entry.listed.orders[0],
        after: None,
        filter: &RowFilter { conditions, ..RowFilter::default() },
        projected: &[projected],
        rows: 10,
    };
    let Statement { sql, params } = Statement::of("room", &entry.listed, &wanted);
    let mut found = database.prepare(&sql).unwrap();
    let found = found.query_map(params_from_iter(bound(&params)), |row| row.get::<_, String>(0));
    found.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Lets the rooms stand in the table of the list.
fn add_rooms(database: &Connection) {
    let rows = StateRows::of(CATALOGUE.entry("room").unwrap());
    for sql in rows.create("room_g1") {
        database.execute_batch(&sql).unwrap();
    }
    database.execute_batch("CREATE VIEW room AS SELECT * FROM room_g1").unwrap();
    for room in ROOMS {
        let state = json!({"hotelId": "h", "number": room, "nightlyRate": 1, "status": "OPEN", "capacity": 2});
        let values = rows.upsert("room_g1");
        let row = json!([[room, 1, "2031-01-01T00:00:00.000Z", state]]);
        database.execute(&values, [row.to_string()]).unwrap();
    }
}

/// Attempts to hold nights, and to give back what was held: room, first night, nights.
fn attempts() -> impl Strategy<Value = Vec<(&'static str, u32, u32, bool)>> {
    let one = (select(&ROOMS[..]), 1_u32..20, 1_u32..6, proptest::bool::ANY);
    vec(one, 0..40)
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_room_is_free_when_no_hold_has_one_of_the_nights(attempts in attempts(), from in 1_u32..20, nights in 1_u32..8) {
        let database = database(&NIGHTS);
        add_rooms(&database);
        let mut held: BTreeMap<String, (&str, u32, u32)> = BTreeMap::new();
        for (number, (room, start, length, gives_back)) in attempts.into_iter().enumerate() {
            let end = start + length;
            let first = held.iter().find(|(_, hold)| hold.0 == room).map(|(id, _)| id.clone());
            if let (true, Some(id)) = (gives_back, first) {
                held.remove(&id);
                apply(&database, &NIGHTS, &event("room", room, "RoomReleased", &json!({"reservationId": id})));
            } else if !held.values().any(|hold| hold.0 == room && hold.1 < end && start < hold.2) {
                let id = format!("r-{number}");
                let hold = json!({"reservationId": id, "dateStart": day(start), "dateEnd": day(end)});
                let event = event("room", room, "RoomHeld", &hold);
                apply(&database, &NIGHTS, &event);
                // A repeat changes nothing.
                apply(&database, &NIGHTS, &event);
                held.insert(id, (room, start, end));
            }
        }
        let until = from + nights;
        let expected = ROOMS.into_iter().filter(|room| {
            !held.values().any(|hold| hold.0 == *room && hold.1 < until && from < hold.2)
        });
        prop_assert_eq!(free(&database, from, until), expected.map(str::to_owned).collect());
    }

    #[test]
    fn points_add_up_by_game_and_player(moves in vec((0_u32..4, select(&["ana", "ben", "eva"][..]), -5_i64..20), 0..60)) {
        let database = database(&LEADERBOARD);
        let game = |round: u32| if round.is_multiple_of(2) { "chess" } else { "go" };
        for round in 0..4 {
            let started = json!({"game": game(round), "maxPlayers": 4, "idleAt": "2031-01-01T00:00:00.000Z"});
            apply(&database, &LEADERBOARD, &event("round", &format!("round-{round}"), "RoundStarted", &started));
        }
        let mut points: BTreeMap<&str, i64> = BTreeMap::new();
        for (round, player, won) in moves {
            let played = json!({"playerId": player, "move": "m", "points": won, "idleAt": "2031-01-01T00:00:00.000Z"});
            apply(&database, &LEADERBOARD, &event("round", &format!("round-{round}"), "MovePlayed", &played));
            if game(round) == "chess" {
                *points.entry(player).or_default() += won;
            }
        }
        let sql = include_str!("../../../schema/sql/projection/leaderboard_page.sql");
        prop_assert_eq!(unplanned(&database, sql), Vec::<String>::new());
        let mut page = database.prepare(sql).unwrap();
        let found = page.query_map(("chess", 10), |row| Ok((row.get::<_, i64>(1)?, row.get::<_, String>(0)?)));
        let found: Vec<_> = found.unwrap().collect::<Result<_, _>>().unwrap();
        let mut expected: Vec<_> = points.into_iter().map(|(player, won)| (won, player.to_owned())).collect();
        expected.sort();
        expected.reverse();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn what_is_free_is_found_by_a_key_of_the_nights() {
    let database = database(&NIGHTS);
    add_rooms(&database);
    let sql = format!(
        "SELECT r.id FROM room AS r WHERE {}",
        include_str!("../../../schema/sql/projection/nights_free.sql")
    );
    let sql = sql.replace("{1}", "?1").replace("{2}", "?2");
    let steps = unplanned(&database, &sql);
    assert_eq!(steps.len(), 1, "each room is looked at, and nothing else: {steps:?}");
}
