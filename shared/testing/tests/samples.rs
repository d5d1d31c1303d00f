//! What a shape says is what its reader holds: tried with every kind of field that there is.

// A test fails by panicking: that is how it speaks.
#![allow(missing_docs, clippy::unwrap_used)]

use edgefold_kernel::{
    Amount, Balance, Code, Date, Described, Id, Subject, Text, Timestamp, command,
    schema::{Direction, print},
    text,
};
use edgefold_testing::samples::{example, good, odd, variants};
use serde_json::{Value, from_value, json};

/// Everything.
#[command]
pub struct Everything {
    /// An id.
    pub room_id: Id,
    /// A name.
    pub user_id: Subject,
    /// A day.
    pub date_start: Date,
    /// A later day.
    pub date_end: Option<Date>,
    /// An instant.
    pub at: Timestamp,
    /// A code.
    pub code: Code,
    /// An amount.
    #[within(1..)]
    pub price: Amount,
    /// A balance.
    pub balance: Balance,
    /// A number.
    #[within(-3..=100)]
    pub number: Option<i32>,
    /// A large number.
    pub large: u64,
    /// A real number.
    pub real: f64,
    /// A text.
    #[within(..=9)]
    pub note: Option<Text>,
    /// A letter.
    pub letters: Letters,
    /// A shelf.
    pub shelf: Shelf,
    /// Parts.
    #[within(1..=2)]
    pub parts: Vec<Part>,
}

/// A part.
#[command]
pub struct Part {
    /// Its colour.
    pub colour: Option<Colour>,
    /// True if it is broken.
    pub is_broken: bool,
}

/// A colour.
#[command]
pub enum Colour {
    /// As the sky.
    Blue,
    /// As the sky in the evening.
    DarkBlue,
}

/// Three letters.
#[text(3..=3, of = "A-Z")]
pub struct Letters(String);

/// A shelf.
#[text(1..=4, or_number)]
pub struct Shelf(String);

fn read(value: &Value) -> Result<Everything, serde_json::Error> {
    from_value(value.clone())
}

#[test]
fn an_example_is_what_might_stand_in_a_document() {
    let expected = json!({
        "roomId": "room-1", "userId": "ana", "dateStart": "2026-01-01", "dateEnd": "2026-01-02",
        "at": "2026-01-03T12:00:00.000Z", "code": "A_CODE", "price": 100, "balance": 100, "number": 2, "large": 2,
        "real": 20.5, "note": "xxxxxxxx", "letters": "AAA", "shelf": "xxxx",
        "parts": [{"colour": "BLUE", "isBroken": true}],
    });
    assert_eq!(example(&Everything::SHAPE), expected);
    assert_eq!(serde_json::to_value(read(&expected).unwrap()).unwrap(), expected);
}

#[test]
fn good_values_are_read() {
    let good = good(&Everything::SHAPE);
    assert_eq!(
        good.len(),
        3 + 3,
        "the smallest, the largest, the usual, and three fields left out"
    );
    for value in good {
        assert!(read(&value).is_ok(), "{value}: {:?}", read(&value));
    }
}

#[test]
fn among_the_variants_of_each_field_are_good_ones_and_bad_ones() {
    let usual = example(&Everything::SHAPE);
    for field in Everything::SHAPE.object().unwrap().fields {
        let variants = odd(&field.shape).into_iter().map(|value| {
            let mut changed = usual.clone();
            changed[field.name] = value;
            read(&changed).is_ok()
        });
        let (good, bad): (Vec<bool>, Vec<bool>) = variants.partition(|is_good| *is_good);
        assert!(!good.is_empty() && !bad.is_empty(), "{}", field.name);
    }
    let changed = variants(&Everything::SHAPE, &usual);
    let deep = |part: Value| changed.iter().any(|value| value["parts"] == json!([part]));
    assert!(
        deep(json!({"colour": "darkblue", "isBroken": true})) || deep(json!({"isBroken": true}))
    );
    assert!(deep(json!({"colour": "DARK_BLUE", "isBroken": true})));
}

#[test]
fn the_schema_of_a_shape_takes_what_its_reader_takes() {
    let schema = print(&Everything::SHAPE, Direction::Taken);
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(schema.as_value()).unwrap();
    for value in good(&Everything::SHAPE) {
        for value in variants(&Everything::SHAPE, &value) {
            let read = read(&value);
            assert_eq!(validator.is_valid(&value), read.is_ok(), "{value}: {:?}", read.err());
        }
    }
}
