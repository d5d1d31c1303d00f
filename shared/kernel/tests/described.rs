//! What the attribute macros write: the shapes, and readers that hold what the shapes say.

// A test fails by panicking: that is how it speaks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use edgefold_kernel::{
    Amount, Balance, Code, CommandSet, Described, Refusals, Shape, StateShape, Subject, Text,
    Timestamp, command, commands, event, payload, refusals,
    shape::{Object, SAFE_INTEGER},
    state, text,
};
use serde_json::{Value, from_value, json, to_value};

/// Most steps of a ladder.
const STEPS: u32 = 40;

/// Puts up a ladder.
#[command]
pub struct PutUp {
    /// Who puts it up.
    #[caller]
    pub user_id: Subject,
    /// How many steps it has,
    /// the lowest included.
    #[within(1..=STEPS)]
    pub steps: u32,
    /// Price, at least 1.
    #[within(1..)]
    pub price: Amount,
    /// What it leans on.
    pub against: Support,
    /// What it weighs, in grams.
    pub weight: Option<u64>,
    /// Its marks.
    #[within(..=2)]
    pub marks: Vec<Mark>,
    /// For the record.
    #[within(..=3)]
    pub note: Option<Text>,
    /// Where it goes.
    #[serde(rename = "move")]
    pub goes: Option<Mark>,
}

commands! {
    /// What may be asked.
    pub enum Command { "PutUp" [creates] => PutUp(PutUp) }
}

/// A mark.
#[command]
pub struct Mark {
    /// Its letter.
    pub letter: Letter,
}

/// One letter.
#[text(1..=1, of = "A-Z_\\-", expected = "one letter")]
pub struct Letter(String);

/// A number of a shelf.
#[text(1..=4, or_number)]
pub struct Shelf(String);

/// What a ladder leans on.
#[command]
pub enum Support {
    /// A wall.
    Wall,
    /// A tree that
    /// grows.
    GrownTree,
}

/// A ladder was put up.
#[event]
#[derive(Default)]
pub struct LadderPutUp {
    /// When.
    pub at: Timestamp,
    /// The height of the last one.
    pub r#type: Option<f64>,
    /// What is on it.
    pub mark: Option<Mark>,
}

/// A ladder.
#[state]
pub struct Ladder {
    /// Whose it is.
    #[owner]
    pub user_id: Subject,
    /// What is left to pay.
    pub balance: Balance,
    /// Why it was taken down.
    pub refusal: Option<Code>,
    /// Who stood on it.
    #[inner]
    pub climbers: BTreeMap<String, bool>,
}

/// A rung.
#[state]
pub struct Rung {
    /// Who bought it.
    #[owner]
    pub buyer_id: Option<Subject>,
}

/// Why a ladder is refused.
#[refusals]
pub enum Refusal {
    /// The ladder is up already.
    IsUp,
    /// The ladder is too short.
    TooShort,
}

fn object<T: Described>() -> &'static Object {
    T::SHAPE.object().unwrap()
}

fn put_up() -> Value {
    json!({"userId": "ana", "steps": 40, "price": 1, "against": "GROWN_TREE", "marks": [{"letter": "A"}]})
}

#[test]
fn a_command_says_its_fields_its_bounds_and_its_documentation() {
    let command = object::<PutUp>();
    assert_eq!((command.name, command.about), ("PutUp", "Puts up a ladder."));
    assert!(command.is_strict && object::<Mark>().is_strict);
    let names: Vec<_> = command.fields.iter().map(|field| field.name).collect();
    assert_eq!(names, ["userId", "steps", "price", "against", "weight", "marks", "note", "move"]);
    let steps = command.field("steps").unwrap();
    assert_eq!(steps.about, "How many steps it has, the lowest included.");
    assert!(matches!(steps.shape, Shape::Integer { min: 1, max: 40 }));
    let price = command.field("price").unwrap().shape;
    assert!(matches!(price, Shape::Money { min: 1, max: 1_000_000_000_000 }));
    let marks = command.field("marks").unwrap().shape;
    assert!(
        matches!(marks, Shape::List { min: 0, max: 2, of: Shape::Object(mark) } if mark.name == "Mark")
    );
    let note = command.field("note").unwrap();
    assert!(note.is_optional && matches!(note.shape, Shape::Text { min: 1, max: 3, .. }));
    let callers: Vec<_> = command.fields.iter().filter(|field| field.is_caller).collect();
    assert!(
        matches!(callers.as_slice(), [caller] if caller.name == "userId" && !caller.is_optional)
    );
}

#[test]
fn what_the_shape_says_is_held_by_the_reader() {
    let read = from_value::<PutUp>(put_up()).unwrap();
    assert_eq!((read.steps, read.note.as_ref(), read.goes.as_ref()), (40, None, None));
    assert_eq!(to_value(&read).unwrap(), put_up());
    for (field, good) in [
        ("steps", json!(1)),
        ("note", json!("äöü")),
        ("note", json!(null)),
        ("marks", json!([])),
        ("move", json!({"letter": "-"})),
    ] {
        let mut payload = put_up();
        payload[field] = good;
        assert!(from_value::<PutUp>(payload.clone()).is_ok(), "{payload}");
    }
    for (field, odd, expected) in [
        ("steps", json!(0), "a whole number from 1 to 40"),
        ("steps", json!(41), "a whole number from 1 to 40"),
        ("steps", json!("1"), "a whole number from 1 to 40"),
        ("steps", json!(-1), "a whole number from 1 to 40"),
        ("weight", json!(1_u64 << 53), "a whole number from 0 to 9007199254740991"),
        ("price", json!(0), "a whole number of minor units from 1 to 1000000000000"),
        ("note", json!("abcd"), "a text of 1 to 3 characters"),
        (
            "marks",
            json!([{"letter": "A"}, {"letter": "A"}, {"letter": "A"}]),
            "a list of 0 to 2 items",
        ),
        ("marks", json!([["A"]]), "marks[0]: expected: an object"),
        ("against", json!("Wall"), "one of WALL, GROWN_TREE"),
        ("against", json!({"WALL": null}), "one of WALL, GROWN_TREE"),
        ("move", json!({"letter": "a"}), "one letter"),
        (
            "move",
            json!({"letter": "A", "size": 1}),
            "move.size: unknown field \"size\", expected one of letter",
        ),
        ("size", json!(1), "size: unknown field \"size\", expected one of"),
    ] {
        let mut payload = put_up();
        payload[field] = odd;
        let error = from_value::<PutUp>(payload.clone()).unwrap_err().to_string();
        assert!(error.contains(expected), "{payload}: {error}");
    }
    let array = json!(["ana", 1, 1, "WALL", null, [], null, null]);
    assert!(from_value::<PutUp>(array).is_err());
}

#[test]
fn an_enum_says_its_names() {
    let Shape::Choice(choice) = Support::SHAPE else { panic!("{:?}", Support::SHAPE) };
    assert_eq!((choice.name, choice.about), ("Support", "What a ladder leans on."));
    assert_eq!(choice.values, [("WALL", "A wall."), ("GROWN_TREE", "A tree that grows.")]);
    assert_eq!(Support::GrownTree.name(), "GROWN_TREE");
    assert!(Support::Wall < Support::GrownTree);
}

#[test]
fn an_event_takes_what_newer_code_has_added() {
    let event = object::<LadderPutUp>();
    assert!(!event.is_strict);
    let last = event.field("type").unwrap();
    assert!(last.is_optional && matches!(last.shape, Shape::Real));
    let newer =
        json!({"at": "2026-01-31T12:00:00.000Z", "more": 1, "mark": {"letter": "A", "more": 1}});
    let read = from_value::<LadderPutUp>(newer).unwrap();
    let known = json!({"at": "2026-01-31T12:00:00.000Z", "mark": {"letter": "A"}});
    assert_eq!(
        to_value(read).unwrap(),
        known,
        "a command's type in an event is no stricter than the event"
    );
}

#[test]
fn a_state_says_its_owner_and_what_others_see() {
    let ana = Subject::parse("ana").unwrap();
    let ladder = Ladder {
        user_id: ana.clone(),
        balance: Balance::of(-1),
        refusal: Some("TOO_SHORT".into()),
        climbers: BTreeMap::from([("ben".to_owned(), true)]),
    };
    assert_eq!((Ladder::OWNER, ladder.owner()), (Some("userId"), Some(&ana)));
    let seen = json!({"userId": "ana", "balance": -1, "refusal": "TOO_SHORT", "climbers": {}});
    assert_eq!(to_value(ladder.outline()).unwrap(), seen);
    let inner: Vec<_> = object::<Ladder>().fields.iter().filter(|field| field.is_inner).collect();
    assert!(matches!(inner.as_slice(), [field] if field.name == "climbers"));
    let balance = object::<Ladder>().field("balance").unwrap().shape;
    assert!(matches!(balance, Shape::Money { min, .. } if min == -SAFE_INTEGER));
    assert_eq!((Rung::OWNER, Rung { buyer_id: None }.owner()), (Some("buyerId"), None));
}

#[test]
fn a_refusal_says_its_code_and_what_it_means() {
    let short = ("TOO_SHORT", "The ladder is too short.");
    assert_eq!(Refusal::TooShort.code(), short);
    assert_eq!(Refusal::CODES, [("IS_UP", "The ladder is up already."), short]);
}

#[test]
fn a_text_of_its_own_is_checked_when_it_is_read() {
    assert_eq!(Letter::parse("AB"), Err("one letter"));
    assert_eq!(Letter::parse("_").unwrap().to_string(), "_");
    assert!(matches!(
        Letter::SHAPE,
        Shape::Text { pattern: r"^[A-Z_\-]{1}$", about: "One letter.", .. }
    ));
    for (given, kept) in
        [(json!("12A"), Some("12A")), (json!(12), Some("12")), (json!(0), Some("0"))]
            .into_iter()
            .chain(
                [json!(12345), json!(-1), json!(1.5), json!(""), json!("a\n"), json!(null)]
                    .map(|odd| (odd, None)),
            )
    {
        let read = from_value::<Shelf>(given.clone()).ok();
        assert_eq!(read.as_ref().map(Shelf::as_str), kept, "{given}");
    }
    let error = from_value::<Shelf>(json!("12345")).unwrap_err().to_string();
    assert_eq!(error, "expected: a text of 1 to 4 characters without control characters");
}

#[test]
fn a_mistake_is_named_by_its_place_at_any_depth() {
    for (odd, code, place) in [
        (json!({"letter": "A", "size": 1}), "UNKNOWN_FIELD", "payload.marks[0].size"),
        (json!({}), "MISSING_FIELD", "payload.marks[0].letter"),
        (json!({"letter": "a"}), "INVALID_FIELD", "payload.marks[0].letter"),
        (json!(["A"]), "INVALID_FIELD", "payload.marks[0]"),
    ] {
        let mut payload = put_up();
        payload["marks"] = json!([odd]);
        let refused = Command::read("PutUp", &payload).unwrap_err();
        assert_eq!((refused.code.as_ref(), refused.field.as_deref()), (code, Some(place)));
    }
    let mut newer = put_up();
    newer["marks"][0]["size"] = json!(1);
    newer["colour"] = json!({"name": "red"});
    assert_eq!(Command::known("PutUp", &newer), put_up());
}

#[test]
fn a_null_for_what_may_be_left_out_is_the_same_as_leaving_it_out() {
    let mut payload = put_up();
    for name in ["weight", "note", "move"] {
        payload[name] = json!(null);
    }
    payload::without_nulls(&PutUp::SHAPE, &mut payload);
    assert_eq!(payload, put_up());
    for odd in
        [json!({"userId": null}), json!({"size": null}), json!({"marks": [null]}), json!(null)]
    {
        let mut kept = odd.clone();
        payload::without_nulls(&PutUp::SHAPE, &mut kept);
        assert_eq!(
            kept, odd,
            "what has to be there, and what is unknown, is refused as it was sent"
        );
    }
}
