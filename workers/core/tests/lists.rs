//! Lists, on the database itself: every statement finds what the filter says, page by page, and goes by an index.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use edgefold_core::{CATALOGUE, schema};
use edgefold_flow::{
    graphql::list::{Statement, Wanted},
    journal::StateRows,
    participant::{Column, Condition, Filter, Listed, Op, Order, RowFilter, list::ColumnKind},
    route::Entry,
};
use edgefold_kernel::{
    Id, Subject, limits,
    shape::{Described, Field, Object, Shape},
};
use proptest::{
    collection::vec, option, prelude::any, prop_assert_eq, prop_oneof, proptest, sample::select,
    strategy::Strategy, test_runner::Config,
};
use rusqlite::{Connection, params_from_iter, types::Value as Sql};
use serde_json::{Map, Value, json};

const fn field(name: &'static str, shape: Shape, is_optional: bool) -> Field {
    Field { name, about: "", shape, is_optional, is_caller: false, is_inner: false }
}

const STATE: Object = Object {
    name: "State",
    about: "",
    fields: &[
        field("owner", Shape::Subject, true),
        field("kind", Shape::ANY_TEXT, true),
        field("day", Shape::ANY_TEXT, false),
        field("units", i64::SHAPE, false),
        field("gone", Shape::Bool, true),
        field("weight", Shape::Real, false),
    ],
    is_strict: false,
};

/// A category with everything that a list can have.
const LISTED: Listed = Listed {
    state: &STATE,
    filters: &[
        Filter::equal("kind", "").indexed(),
        Filter::equal("units", "").indexed(),
        Filter::equal("gone", ""),
    ],
    orders: &[
        Order::newest("NEWEST", ""),
        Order::oldest("OLDEST", ""),
        Order::ascending("DAY", "day", ""),
        Order::descending("MOST", "units", ""),
        Order::ascending("LIGHTEST", "weight", ""),
    ],
    owner: Some("owner"),
    ..Listed::PLAIN
}
.checked();

const ROWS: StateRows<'_> =
    StateRows { aggregate_type: "order", state_version: 3, listed: &LISTED };

/// A database with the table of a category, behind the view that lists read.
fn database(rows: &StateRows<'_>) -> Connection {
    let database = Connection::open_in_memory().unwrap();
    for sql in rows.create("rows_g1") {
        database.execute_batch(&sql).unwrap();
    }
    let view = format!("CREATE VIEW \"{}\" AS SELECT * FROM rows_g1", rows.name());
    database.execute_batch(&view).unwrap();
    database
}

/// Parameters as D1 binds them: each number as a double.
fn bound(params: &[Value]) -> Vec<Sql> {
    let bound = |param: &Value| match param {
        Value::String(text) => Sql::Text(text.clone()),
        number => Sql::Real(number.as_f64().unwrap()),
    };
    params.iter().map(bound).collect()
}

fn upsert(database: &Connection, rows: &Value) -> usize {
    database.execute(&ROWS.upsert("rows_g1"), [rows.to_string()]).unwrap()
}

/// A page: ids and keys.
fn page(
    database: &Connection,
    of: &str,
    listed: &Listed,
    wanted: &Wanted<'_>,
) -> Vec<(String, Value)> {
    let Statement { sql, params } = Statement::of(of, listed, wanted);
    let mut statement = database.prepare(&sql).unwrap();
    let read = |row: &rusqlite::Row<'_>| {
        let key = match row.get("cursor_key")? {
            Sql::Text(text) => Value::from(text),
            Sql::Integer(number) => Value::from(number),
            Sql::Real(number) => Value::from(number),
            _ => Value::Null,
        };
        Ok((row.get("id")?, key))
    };
    let found = statement.query_map(params_from_iter(bound(&params)), read).unwrap();
    found.collect::<Result<_, _>>().unwrap()
}

/// Rows of the category above: each field may be null, or left out where nothing is ordered by it.
fn rows() -> impl Strategy<Value = Vec<Value>> {
    let texts = || select(vec!["", "a", "b", "B", "é", "10", "9"]);
    let numbers = || select(vec![-1.5, 0.0, 0.5, 1.0, 2.0, 10.0]);
    let row = (
        option::of(texts()),
        option::of(texts()),
        texts(),
        -2_i64..4,
        option::of(any::<bool>()),
        numbers(),
        0..3_u32,
    );
    let row = row.prop_map(|(owner, kind, day, units, gone, weight, began)| {
        let mut state = Map::new();
        state.extend(owner.map(|owner| ("owner".to_owned(), owner.into())));
        state.insert("kind".into(), json!(kind));
        state.insert("day".into(), day.into());
        state.insert("units".into(), units.into());
        state.insert("gone".into(), json!(gone));
        state.insert("weight".into(), weight.into());
        json!([began, state])
    });
    vec(row, 0..24)
}

fn filters() -> impl Strategy<Value = RowFilter> {
    let value = prop_oneof![
        select(vec![json!("a"), json!("b"), json!("10"), json!(""), json!("é")]),
        select(vec![
            json!(0),
            json!(1),
            json!(0.5),
            json!(-1.5),
            json!(10),
            json!(true),
            json!(false)
        ]),
    ];
    let column = select(vec!["owner", "kind", "day", "units", "gone", "weight", "none"]);
    let op = select(vec![Op::Eq, Op::Lt, Op::Le, Op::Ge]);
    let condition = (column, op, value).prop_map(|(column, op, value)| Condition {
        column: column.into(),
        op,
        value,
    });
    let owner = option::weighted(0.3, select(vec!["a", "b", "10"]));
    let only = option::weighted(0.1, 0..24_usize);
    (owner, only, vec(condition, 0..3)).prop_map(|(owner, only, conditions)| RowFilter {
        owner: owner.map(|owner| Subject::parse(owner).unwrap()),
        only: only.map(|number| Id::parse(format!("r-{number:02}")).unwrap()),
        conditions,
    })
}

proptest! {
    #![proptest_config(Config::with_cases(400))]

    #[test]
    fn a_list_holds_what_its_filter_matches_each_once_in_its_order(
        rows in rows(),
        filter in filters(),
        first in 1..5_usize,
    ) {
        let database = database(&ROWS);
        let named = |number: usize| format!("r-{number:02}");
        let written = rows.iter().enumerate().map(|(number, row)| {
            json!([named(number), 1, format!("2027-01-0{}", row[0]), row[1]])
        });
        upsert(&database, &written.collect());
        let matching = rows.iter().enumerate().filter(|(number, row)| {
            filter.matches(&LISTED, &Id::parse(named(*number)).unwrap(), &row[1])
        });
        let matching: BTreeSet<String> = matching.map(|(number, _)| named(number)).collect();
        for order in LISTED.orders {
            let mut found: Vec<(String, Value)> = Vec::new();
            loop {
                let after = found.last().cloned();
                let after = after.as_ref().map(|(id, key)| (key, id.as_str()));
                let wanted = Wanted { order, after, filter: &filter, projected: &[], rows: first };
                let rows = page(&database, "order", &LISTED, &wanted);
                let is_last = rows.len() < first;
                found.extend(rows);
                if is_last {
                    break;
                }
            }
            let once: BTreeSet<String> = found.iter().map(|(id, _)| id.clone()).collect();
            prop_assert_eq!(once.len(), found.len(), "{}", order.name);
            prop_assert_eq!(&once, &matching, "{}", order.name);
            let mut sorted = found.clone();
            sorted.sort_by(|(a, one), (b, other)| {
                let keys = match (one.as_f64(), other.as_f64()) {
                    (Some(one), Some(other)) => one.total_cmp(&other),
                    _ => one.as_str().cmp(&other.as_str()),
                };
                keys.then(a.cmp(b))
            });
            if order.is_descending {
                sorted.reverse();
            }
            prop_assert_eq!(found, sorted, "{}", order.name);
        }
    }
}

#[test]
fn a_row_is_written_as_it_is_and_a_repeat_or_an_older_one_changes_nothing() {
    let database = database(&ROWS);
    let state = json!({"owner": "ana", "weight": 2.50, "note": "it's \"so\"", "units": 9_007_199_254_740_993_i64});
    assert_eq!(upsert(&database, &json!([["a", 2, "2027", state], ["b", 1, "2026", null]])), 2);
    let read = || {
        let mut read = database.prepare("SELECT * FROM \"order\" ORDER BY id").unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get::<_, i64>("version")?,
                row.get::<_, String>("state")?,
                row.get::<_, i64>("state_version")?,
            ))
        };
        read.query_map([], row).unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let before = read();
    assert_eq!(before, [(2, state.to_string(), 3), (1, "null".to_owned(), 3)]);
    assert_eq!(upsert(&database, &json!([["a", 2, "2027", {}], ["a", 1, "2027", {}]])), 0);
    assert_eq!(read(), before);
    assert_eq!(upsert(&database, &json!([["a", 3, "2027", {}]])), 1);
    assert_eq!(read()[0], (3, "{}".to_owned(), 3));
}

/// How the database finds the rows of a statement.
fn plan(database: &Connection, statement: &Statement) -> Vec<String> {
    let mut explained = database.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
    let lines = explained.query_map(params_from_iter(bound(&statement.params)), |row| row.get(3));
    lines.unwrap().collect::<Result<_, _>>().unwrap()
}

/// A value for a column.
fn value(kind: ColumnKind) -> Value {
    match kind {
        ColumnKind::Text => json!("a"),
        ColumnKind::Integer | ColumnKind::Real => json!(1),
    }
}

/// Every order with every condition, alone and in pairs, for everybody and for an owner, on the first page and on a later one.
fn statements(of: &str, listed: &'static Listed) -> Vec<(&'static Order, RowFilter, Statement)> {
    let conditions = listed.columns().into_iter().flat_map(|column| {
        [Op::Eq, Op::Ge, Op::Le].map(|op| Condition {
            column: column.name.to_owned(),
            op,
            value: value(column.kind),
        })
    });
    let conditions: Vec<Condition> = conditions.collect();
    let mut sets = vec![Vec::new()];
    for (number, one) in conditions.iter().enumerate() {
        sets.push(vec![one.clone()]);
        sets.extend(conditions[number + 1..].iter().map(|other| vec![one.clone(), other.clone()]));
    }
    let owners = [None, listed.owner.map(|_| Subject::parse("ana").unwrap())];
    let onlys = [None, Some(Id::parse("a").unwrap())];
    let mut made = Vec::new();
    for order in listed.orders {
        let key = value(listed.column(order.by).map_or(ColumnKind::Text, |column| column.kind));
        for conditions in &sets {
            for (owner, only) in
                [(&owners[0], &onlys[0]), (&owners[1], &onlys[0]), (&owners[0], &onlys[1])]
            {
                let filter = RowFilter {
                    owner: owner.clone(),
                    only: only.clone(),
                    conditions: conditions.clone(),
                };
                for after in [None, Some((&key, "a"))] {
                    let wanted = Wanted { order, after, filter: &filter, projected: &[], rows: 21 };
                    made.push((order, filter.clone(), Statement::of(of, listed, &wanted)));
                }
            }
        }
    }
    made
}

/// True if one of the conditions picks its rows by an index.
fn picks(listed: &Listed, filter: &RowFilter) -> bool {
    let picks = |condition: &Condition| {
        condition.op == Op::Eq && listed.column(&condition.column).is_some_and(|it| it.is_indexed)
    };
    filter.owner.is_some() || filter.conditions.iter().any(picks)
}

fn check_plans(rows: &StateRows<'_>, listed: &'static Listed) {
    let database = database(rows);
    for (order, filter, statement) in statements(rows.name(), listed) {
        let plan = plan(&database, &statement);
        let text = format!("{}\n{plan:#?}", statement.sql);
        let [found, rest @ ..] = plan.as_slice() else { panic!("{text}") };
        if filter.only.is_some() {
            assert!(
                found.starts_with("SEARCH") && found.ends_with("USING PRIMARY KEY (id=?)"),
                "{text}"
            );
            assert!(rest.is_empty(), "{text}");
        } else if picks(listed, &filter) {
            assert!(found.starts_with("SEARCH") && found.contains("INDEX"), "{text}");
            // Few rows are picked in the default order. In another one these few are sorted.
            let is_sorted = order.by == listed.orders[0].by;
            assert!(!is_sorted || rest.is_empty(), "{text}");
        } else {
            // Everything, or what no index finds: in the order of the list, until the page is full.
            let index = format!("INDEX rows_g1_{}", order.by);
            assert!(found.contains(&index), "{text}");
            assert!(rest.is_empty(), "{text}");
            let is_later = statement.sql.contains("r.id) ");
            assert!(found.starts_with("SEARCH") || !is_later, "{text}");
        }
    }
}

#[test]
fn every_statement_goes_by_an_index() {
    check_plans(&ROWS, &LISTED);
    for entry in CATALOGUE.entries {
        check_plans(&StateRows::of(entry), &entry.listed);
    }
}

#[test]
fn no_list_comes_near_the_limits_of_the_database() {
    let value = json!("x".repeat(1_000));
    for Entry { aggregate_type, listed, .. } in CATALOGUE.entries {
        let condition = |column: Column| Condition {
            column: column.name.into(),
            op: Op::Eq,
            value: value.clone(),
        };
        let texts = listed.columns().into_iter().filter(|it| it.kind == ColumnKind::Text);
        let conditions: Vec<_> = texts.map(condition).collect();
        let conditions = conditions.iter().cycle().take(limits::LIST_CONDITIONS).cloned().collect();
        let filter = RowFilter {
            owner: Some(Subject::parse("a".repeat(255)).unwrap()),
            only: None,
            conditions,
        };
        for order in listed.orders {
            let wanted = Wanted {
                order,
                after: Some((&value, "a")),
                filter: &filter,
                projected: &[],
                rows: 101,
            };
            let made = Statement::of(aggregate_type, listed, &wanted);
            assert!(made.params.len() < 50 && made.sql.len() < 4_000, "{}", made.sql);
        }
    }
}

/// The values of an enum of the schema, the default one first.
fn values_of(name: &str) -> Vec<String> {
    let sdl = schema().sdl();
    let (_, body) = sdl.split_once(&format!("enum {name} {{")).unwrap();
    let (body, _) = body.split_once('}').unwrap();
    let is_value = |line: &&str| line.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.filter(is_value).map(str::to_owned).collect()
}

#[test]
fn every_order_that_is_offered_is_described() {
    for Entry { aggregate_type, listed, .. } in CATALOGUE.entries {
        let word = |word: &str| word[..1].to_uppercase() + &word[1..];
        let name = aggregate_type.split('_').map(word).collect::<String>() + "OrderBy";
        let described: Vec<_> = listed.orders.iter().map(|order| order.name).collect();
        assert_eq!(values_of(&name), described, "{aggregate_type}");
    }
}

#[test]
fn no_column_has_the_name_of_another() {
    for Entry { aggregate_type, listed, .. } in CATALOGUE.entries {
        let names: Vec<_> =
            listed.columns().into_iter().map(|it| it.name.to_ascii_lowercase()).collect();
        let once: BTreeSet<_> = names.iter().collect();
        assert_eq!(once.len(), names.len(), "{aggregate_type}");
        for taken in ["id", "version", "began", "state", "state_version"] {
            assert!(!names.iter().any(|name| name == taken), "{aggregate_type} {taken}");
        }
    }
}
