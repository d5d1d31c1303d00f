//! Attributes that let a Rust type say what it is: its fields, bounds and documentation, written once.
//!
//! Each of them leaves an ordinary struct or enum behind, gives it the derives that are always the same, and writes its
//! `Described` (`edgefold_kernel::shape`). GraphQL, JSON Schema, OpenAPI and the samples of the tests are made from that.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | `object` | a struct of `#[command]`, `#[event]` or `#[state]` |
//! | `mark` | what is said about one of its fields: `#[within]`, `#[caller]`, `#[owner]`, `#[inner]` |
//! | `choice` | an enum of one of the three |
//! | `refusals` | `#[refusals]` |
//! | `text` | `#[text]` |
//! | `said` | what a type says already: its documentation, its attributes of serde, its names |
//! | `mistake` | mistakes, each at the line that made it |
//!
//! **Invariant:** the expansions name `::edgefold_kernel` alone. A crate that uses them depends on nothing else for it.

mod choice;
mod mark;
mod mistake;
mod object;
mod refusals;
mod said;
mod text;

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, parse_macro_input};

use crate::mistake::Mistakes;

/// The part that a described struct has.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// Callers write it.
    Command,
    /// It is stored for good.
    Event,
    /// It is folded from events.
    State,
}

/// The payload of a command, or a type within one.
///
/// On a struct: derives `Clone`, `Debug`, `PartialEq` and `Serialize`, and reads it as its shape says. Its fields are camelCase
/// in JSON, unknown ones are refused, and an `Option` is left out when it is `None`. On an enum without data: its variants are
/// SCREAMING_SNAKE_CASE in JSON, and nothing but such a text is read.
///
/// Every field and every variant has a doc comment, which GraphQL and the schemas show. Attributes of a field:
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `#[within(1..=100)]` | numbers, amounts, texts, lists, and `Option`s of them | bounds of the number, of the characters, of the items; also `1..` and `..=LIMIT` |
/// | `#[caller]` | a `Subject` | may be left out by who acts for himself |
///
/// Of the attributes of serde, `rename`, `default`, `deserialize_with` and those of writing count; the others are a mistake.
///
/// ```
/// use edgefold_kernel::{Described, Shape, Subject, Text, command};
///
/// /// Orders a table.
/// #[command]
/// pub struct BookTable {
///     /// Who comes.
///     #[caller]
///     pub guest_id: Subject,
///     /// How many come.
///     #[within(1..=12)]
///     pub seats: u32,
///     /// Where they sit.
///     pub place: Place,
///     /// What the kitchen should know.
///     pub note: Option<Text>,
/// }
///
/// /// Where a table stands.
/// #[command]
/// pub enum Place {
///     /// In the house.
///     Inside,
///     /// In the garden.
///     InTheGarden,
/// }
///
/// let read = |seats: u32| {
///     let payload = serde_json::json!({"guestId": "ana", "seats": seats, "place": "IN_THE_GARDEN"});
///     serde_json::from_value::<BookTable>(payload)
/// };
/// assert_eq!(read(12).unwrap().place, Place::InTheGarden);
/// assert_eq!(read(13).unwrap_err().to_string(), "seats: expected: a whole number from 1 to 12");
///
/// let Shape::Object(booking) = BookTable::SHAPE else { unreachable!() };
/// let seats = booking.field("seats").unwrap();
/// assert_eq!((seats.about, seats.shape.bounds()), ("How many come.", (1, 12)));
/// ```
#[proc_macro_attribute]
pub fn command(arguments: TokenStream, item: TokenStream) -> TokenStream {
    describe(Part::Command, arguments, item)
}

/// The data of an event, or a type within them: as [`macro@command`], but unknown fields are ignored, since newer code may have
/// written them, and there is no `#[caller]`. **Its fields are the storage format.**
///
/// ```
/// use edgefold_kernel::{Subject, event};
///
/// /// A table is booked.
/// #[event]
/// pub struct TableBooked {
///     /// Who comes.
///     pub guest_id: Subject,
/// }
///
/// let newer = r#"{"guestId": "ana", "seats": 4}"#;
/// assert_eq!(serde_json::from_str::<TableBooked>(newer).unwrap().guest_id.as_str(), "ana");
/// ```
#[proc_macro_attribute]
pub fn event(arguments: TokenStream, item: TokenStream) -> TokenStream {
    describe(Part::Event, arguments, item)
}

/// A state, or a type within one: as [`macro@event`], and besides:
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `#[owner]` | a `Subject` | whose the instance is |
/// | `#[inner]` | a type with a `Default` | others do not see it |
///
/// ```
/// use edgefold_kernel::{StateShape, Subject, state};
///
/// /// A table.
/// #[state]
/// pub struct Table {
///     /// Who comes.
///     #[owner]
///     pub guest_id: Subject,
///     /// What the waiters say.
///     #[inner]
///     pub remarks: Vec<String>,
/// }
///
/// let ana = Subject::parse("ana").unwrap();
/// let table = Table { guest_id: ana.clone(), remarks: vec!["tips well".to_owned()] };
/// assert_eq!((Table::OWNER, table.owner()), (Some("guestId"), Some(&ana)));
/// assert!(table.outline().remarks.is_empty());
/// ```
#[proc_macro_attribute]
pub fn state(arguments: TokenStream, item: TokenStream) -> TokenStream {
    describe(Part::State, arguments, item)
}

/// The reasons for which an aggregate refuses: an enum without data. The code of a variant is its name in
/// SCREAMING_SNAKE_CASE, and its doc comment says what the code means.
///
/// ```
/// use edgefold_kernel::{Refusals, refusals};
///
/// /// Why a table is not to be had.
/// #[refusals]
/// pub enum Refusal {
///     /// All tables are taken.
///     FullyBooked,
/// }
///
/// assert_eq!(Refusal::FullyBooked.code(), ("FULLY_BOOKED", "All tables are taken."));
/// ```
#[proc_macro_attribute]
pub fn refusals(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    let mut mistakes = Mistakes::default();
    mistakes.no_arguments(&arguments.into());
    mistakes.beside(refusals::expand)(item)
}

/// A text of its own, on a struct of one `String`.
///
/// It is checked when it is read and valid from then on: `parse`, `as_str`, `Display`, and the JSON of a text.
///
/// | argument | meaning |
/// |---|---|
/// | `1..=16` | its least and greatest number of characters |
/// | `of = "A-Z0-9"` | the characters that may stand in it, as in the brackets of a regular expression; any but control characters otherwise |
/// | `expected = "…"` | what an error says was expected |
/// | `or_number` | a whole number is taken, too, as its digits |
///
/// ```
/// use edgefold_kernel::text;
///
/// /// The number of a table: a letter or digits.
/// #[text(1..=3, of = "A-Z0-9", or_number)]
/// pub struct TableNumber(String);
///
/// assert_eq!(TableNumber::parse("A").unwrap().as_str(), "A");
/// assert_eq!(serde_json::from_str::<TableNumber>("12").unwrap().to_string(), "12");
/// assert_eq!(TableNumber::parse("a"), Err("a text of 1 to 3 characters of A-Z0-9"));
/// ```
#[proc_macro_attribute]
pub fn text(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as text::Arguments);
    let item = parse_macro_input!(item as DeriveInput);
    Mistakes::default().beside(|item, mistakes| text::expand(&arguments, item, mistakes))(item)
}

fn describe(part: Part, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    let mut mistakes = Mistakes::default();
    mistakes.no_arguments(&arguments.into());
    mistakes.beside(|item, mistakes| match item.data {
        Data::Enum(_) => choice::expand(item, mistakes),
        _ => object::expand(part, item, mistakes),
    })(item)
}
