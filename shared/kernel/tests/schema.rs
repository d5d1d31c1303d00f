//! A described type as a JSON Schema, as it is read and as it is written.

#![cfg(feature = "schema")]
// A test fails by panicking: that is how it speaks.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use edgefold_kernel::{
    Amount, Balance, Described, Subject, Text, Timestamp, command,
    schema::{Direction, print},
    text,
};
use serde_json::{Value, json};

/// Puts up a shelf.
#[command]
pub struct PutUp {
    /// Who wants it.
    #[caller]
    pub user_id: Subject,
    /// Its boards.
    #[within(1..=9)]
    pub boards: Vec<Board>,
    /// When.
    pub at: Option<Timestamp>,
    /// For the record.
    #[within(..=80)]
    pub note: Option<Text>,
    /// What it costs.
    #[within(1..)]
    pub price: Amount,
    /// What it has cost.
    pub change: Balance,
}

/// A board.
#[command]
pub struct Board {
    /// Its number.
    pub number: Number,
    /// Its wood.
    pub wood: Option<Wood>,
}

/// A number.
#[text(2..=3, or_number)]
pub struct Number(String);

/// A wood.
#[command]
pub enum Wood {
    /// Hard.
    Oak,
    /// Soft.
    SilverFir,
}

fn printed(direction: Direction) -> Value {
    print(&PutUp::SHAPE, direction).to_value()
}

fn bounded(minimum: i64, maximum: i64) -> Value {
    json!({"type": "integer", "minimum": minimum, "maximum": maximum})
}

#[test]
fn what_is_read_may_lack_what_is_optional_or_hold_null_there() {
    let printed = printed(Direction::Taken);
    assert_eq!(printed["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(printed["description"], "Puts up a shelf.");
    assert_eq!(printed["required"], json!(["boards", "price", "change"]));
    assert_eq!(printed["additionalProperties"], json!(false));
    let subject = json!({
        "anyOf": [{"$ref": "#/$defs/Subject"}, {"type": "null"}],
        "description": "Who wants it. The caller, when it is left out.",
    });
    let fields = &printed["properties"];
    assert_eq!(fields["userId"], subject);
    let note = json!({
        "anyOf": [{"$ref": "#/$defs/Text", "maxLength": 80}, {"type": "null"}],
        "description": "For the record.",
    });
    assert_eq!(fields["note"], note);
    assert_eq!(printed["$defs"]["Text"]["maxLength"], 500);
    let at = json!([{"$ref": "#/$defs/Timestamp"}, {"type": "null"}]);
    assert_eq!(fields["at"]["anyOf"], at);
    assert_eq!(printed["$defs"]["Timestamp"].get("pattern"), None);
    assert_eq!(printed["$defs"]["Number"]["anyOf"][1], bounded(10, 999));
    let number = &printed["$defs"]["Board"]["properties"]["number"];
    assert_eq!(*number, json!({"$ref": "#/$defs/Number", "description": "Its number."}));
}

#[test]
fn what_is_written_lacks_what_is_none() {
    let printed = printed(Direction::Written);
    assert_eq!(printed["required"], json!(["userId", "boards", "price", "change"]));
    let fields = &printed["properties"];
    assert_eq!(fields["at"], json!({"$ref": "#/$defs/Timestamp", "description": "When."}));
    assert_eq!(fields["note"]["maxLength"], 80);
    assert!(printed["$defs"]["Timestamp"]["pattern"].is_string());
    let number = &printed["$defs"]["Number"];
    assert_eq!((&number["type"], &number["maxLength"]), (&json!("string"), &json!(3)));
}

#[test]
fn bounds_and_values_stand_where_their_types_say() {
    let printed = printed(Direction::Written);
    let boards = json!({
        "type": "array", "items": {"$ref": "#/$defs/Board"}, "minItems": 1, "maxItems": 9,
        "description": "Its boards.",
    });
    let fields = &printed["properties"];
    assert_eq!(fields["boards"], boards);
    let price = json!({"$ref": "#/$defs/Amount", "minimum": 1, "description": "What it costs."});
    assert_eq!(fields["price"], price);
    assert_eq!(fields["change"]["$ref"], "#/$defs/Balance");
    assert_eq!(printed["$defs"]["Amount"]["maximum"], 1_000_000_000_000_u64);
    let wood = json!({"description": "A wood.", "oneOf": [
        {"const": "OAK", "description": "Hard.", "type": "string"},
        {"const": "SILVER_FIR", "description": "Soft.", "type": "string"},
    ]});
    assert_eq!(printed["$defs"]["Wood"], wood);
}
