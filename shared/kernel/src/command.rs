//! The commands of an aggregate: payloads by name, with the checks of their shape.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use crate::{Rejection, payload, shape::Shape};

/// Facts about a command that a door needs before the aggregate sees it.
#[derive(Clone, Copy, Debug)]
pub struct CommandKind {
    /// Name on the wire, such as `OpenDoor`.
    pub name: &'static str,
    /// True if the command begins a stream, and does nothing else.
    pub creates: bool,
    /// True if the command begins a stream where there is none.
    pub begins: bool,
    /// True if only the system itself may send the command.
    pub internal: bool,
    /// True if its payload has rules of shape that concern more than one field.
    pub checked: bool,
    /// What its payload is.
    pub shape: Shape,
}

impl CommandKind {
    /// True if the command may be the first one of a stream; a door then makes up a missing aggregate id.
    pub fn may_begin(&self) -> bool {
        self.creates || self.begins
    }
}

/// A part of a set of commands: the payload of one of them, or all of them. Written by [`commands!`](crate::commands).
pub trait Part<C>: Sized {
    /// This part of a command; `None` if it is another one.
    fn of(command: &C) -> Option<&Self>;
}

/// The commands of one aggregate. Written by [`commands!`](crate::commands).
pub trait CommandSet: Sized + 'static {
    /// All commands of the aggregate.
    const KINDS: &'static [CommandKind];

    /// Reads the payload of the named command.
    ///
    /// # Errors
    /// `UNKNOWN_COMMAND`, or what [`check`](payload::check) says.
    fn read(name: &str, payload: &Value) -> Result<Self, Rejection>;

    /// Reads the payload of a command that the system itself sends. Fields that this code does not know are left out: old
    /// and new code run side by side during a deploy, and the newer of them may ask the older one. A field that older code
    /// must not ignore needs a new command. Callers from outside are told of their mistakes: see [`read`](Self::read).
    ///
    /// # Errors
    /// The refusals of [`read`](Self::read).
    fn read_leniently(name: &str, payload: &Value) -> Result<Self, Rejection> {
        match Self::read(name, payload) {
            Err(refusal) if refusal.code == "UNKNOWN_FIELD" => {
                Self::read(name, &Self::known(name, payload))
            }
            read => read,
        }
    }

    /// The payload of the named command without the fields that this code does not know, at any depth.
    fn known(name: &str, payload: &Value) -> Value {
        Self::kind_of(name).map_or(Value::Null, |kind| payload::known(&kind.shape, payload))
    }

    /// The command's name on the wire and its payload, as [`read`](Self::read) takes them.
    fn write(&self) -> (&'static str, Value);

    /// Facts about this command.
    fn kind(&self) -> &'static CommandKind;

    /// Facts about the named command that a door needs.
    fn kind_of(name: &str) -> Option<&'static CommandKind> {
        Self::KINDS.iter().find(|kind| kind.name == name)
    }
}

/// The refusal of a name that is not one of this aggregate's commands.
pub fn unknown_command(name: &str) -> Rejection {
    Rejection::shape("UNKNOWN_COMMAND", "name", format!("this aggregate has no command {name:?}"))
}

/// Reads a field that holds an object or nothing. serde would also take the object's fields as an array, by position.
///
/// # Errors
/// The field holds something else.
pub fn optional_object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(source)?.map(|Object(read)| read))
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields))
            }
        }

        source.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// Declares the commands of an aggregate: an enum with one payload type for each name on the wire.
///
/// ```
/// use edgefold_kernel::{command, commands};
///
/// commands! {
///     /// What may be asked of a door.
///     pub enum Command { "OpenDoor" [creates] => Open(OpenDoor) }
/// }
///
/// /// Opens a door.
/// #[command]
/// pub struct OpenDoor {
///     /// True if it opens all the way.
///     pub wide: bool,
/// }
/// ```
///
/// `[creates]` marks the command that begins a stream; `[begins]` one that begins a stream where there is none, and is decided
/// on the state where there is one; `[internal]` one that only the system may send. The payload of a `[checked]` one has
/// `check(&self) -> Result<(), Rejection>` for rules of shape that concern more than one field. Several marks stand with commas
/// between them.
#[macro_export]
macro_rules! commands {
    ($(#[$meta:meta])* $vis:vis enum $set:ident { $($name:literal $([$($flag:ident),*])? => $variant:ident($payload:ty)),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis enum $set { $(#[doc = concat!("`", $name, "`")] $variant($payload)),+ }

        impl $crate::CommandSet for $set {
            const KINDS: &'static [$crate::command::CommandKind] = &[$($crate::commands!(@kind $name, $payload; $($($flag)*)?)),+];

            fn kind(&self) -> &'static $crate::command::CommandKind {
                match self {
                    $(Self::$variant(_) => const { &$crate::commands!(@kind $name, $payload; $($($flag)*)?) }),+
                }
            }

            fn read(name: &str, payload: &$crate::__private::serde_json::Value) -> Result<Self, $crate::Rejection> {
                $crate::payload::check(Self::KINDS, name, payload)?;
                let payload = payload.clone();
                let taken = match name {
                    $($name => <$payload as $crate::Described>::taken(payload).map(Self::$variant),)+
                    _ => return Err($crate::command::unknown_command(name)),
                };
                let taken = taken.map_err(|said| $crate::payload::untaken("payload", &said))?;
                match &taken { $(Self::$variant(payload) => { $crate::commands!(@check payload; $($($flag)*)?); })+ }
                Ok(taken)
            }

            fn write(&self) -> (&'static str, $crate::__private::serde_json::Value) {
                let text = match self {
                    $(Self::$variant(payload) => $crate::__private::serde_json::to_string(payload)),+
                };
                (self.kind().name, $crate::payload::written(text))
            }
        }

        impl $crate::command::Part<$set> for $set {
            fn of(command: &$set) -> Option<&Self> { Some(command) }
        }

        $(
            impl From<$payload> for $set { fn from(payload: $payload) -> Self { Self::$variant(payload) } }

            impl $crate::command::Part<$set> for $payload {
                // A set of one command has no other.
                #[allow(unreachable_patterns)]
                fn of(command: &$set) -> Option<&Self> {
                    match command { $set::$variant(payload) => Some(payload), _ => None }
                }
            }
        )+
    };
    (@kind $name:literal, $payload:ty; $($flag:ident)*) => {
        $crate::commands!(@kind $crate::command::CommandKind {
            name: $name,
            creates: false,
            begins: false,
            internal: false,
            checked: false,
            shape: <$payload as $crate::Described>::SHAPE,
        }; $($flag)*)
    };
    (@kind $kind:expr;) => { $kind };
    (@kind $kind:expr; creates $($rest:ident)*) => {
        $crate::commands!(@kind $crate::command::CommandKind { creates: true, ..$kind }; $($rest)*)
    };
    (@kind $kind:expr; begins $($rest:ident)*) => {
        $crate::commands!(@kind $crate::command::CommandKind { begins: true, ..$kind }; $($rest)*)
    };
    (@kind $kind:expr; internal $($rest:ident)*) => {
        $crate::commands!(@kind $crate::command::CommandKind { internal: true, ..$kind }; $($rest)*)
    };
    (@kind $kind:expr; checked $($rest:ident)*) => {
        $crate::commands!(@kind $crate::command::CommandKind { checked: true, ..$kind }; $($rest)*)
    };
    (@check $read:ident;) => { let _ = $read; };
    (@check $read:ident; checked $($rest:ident)*) => { $read.check()? };
    (@check $read:ident; $other:ident $($rest:ident)*) => { $crate::commands!(@check $read; $($rest)*) };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::{Date, Id, command};

    /// Test.
    #[command]
    struct Book {
        guest_id: Id,
        dates: Vec<Date>,
    }

    /// Test.
    #[command]
    struct Bill {
        total: Item,
        items: Vec<Item>,
        by_guest: BTreeMap<String, Item>,
        tip: Option<Item>,
    }

    /// Test.
    #[command]
    struct Item {
        cents: u8,
    }

    impl Bill {
        fn check(&self) -> Result<(), Rejection> {
            if self.items.is_empty() {
                return Err(Rejection::shape("NO_ITEMS", "payload.items", "expected: an item"));
            }
            Ok(())
        }
    }

    commands! {
        /// Test.
        enum DeskCommand { "Book" [creates] => Book(Book), "Bill" [checked] => Bill(Bill) }
    }

    fn bill() -> Value {
        json!({"total": {"cents": 3}, "items": [{"cents": 1}, {"cents": 2}], "byGuest": {"ana.x": {"cents": 3}},
            "tip": {"cents": 1}})
    }

    fn refusal(payload: Value) -> (String, String) {
        let rejection = DeskCommand::read("Book", &payload).unwrap_err();
        (rejection.code.into_owned(), rejection.field.unwrap_or_default())
    }

    #[test]
    fn a_payload_comes_back_as_it_was_written() {
        let payload = json!({"guestId": "ana", "dates": ["2026-01-31"]});
        let command = DeskCommand::read("Book", &payload).unwrap();
        assert_eq!(command.write(), ("Book", payload));
        assert!(DeskCommand::kind_of("Book").unwrap().creates);
    }

    #[test]
    fn a_refusal_names_the_field() {
        assert_eq!(
            refusal(json!({"dates": []})),
            ("MISSING_FIELD".into(), "payload.guestId".into())
        );
        let extra = json!({"guestId": "ana", "dates": [], "vip": true});
        assert_eq!(refusal(extra), ("UNKNOWN_FIELD".into(), "payload.vip".into()));
        let typed = json!({"guestId": 7, "dates": []});
        assert_eq!(refusal(typed), ("INVALID_FIELD".into(), "payload.guestId".into()));
        let nested = json!({"guestId": "ana", "dates": ["2026-02-30"]});
        assert_eq!(refusal(nested), ("INVALID_FIELD".into(), "payload.dates[0]".into()));
        assert_eq!(refusal(json!([1])), ("INVALID_FIELD".into(), "payload".into()));
        assert_eq!(refusal(json!(null)), ("INVALID_FIELD".into(), "payload".into()));
    }

    #[test]
    fn unknown_fields_of_a_command_of_the_system_are_left_out_at_any_depth() {
        let plain = DeskCommand::read("Bill", &bill());
        assert_eq!(DeskCommand::read_leniently("Bill", &bill()), plain);
        let mut newer = bill();
        for place in ["", "/total", "/items/0", "/items/1", "/byGuest/ana.x", "/tip"] {
            for (name, value) in [
                ("vip", json!({"vip": {"vip": 1}})),
                ("items.x", json!([{"cents": 1}])),
                ("a[0]", json!(null)),
                ("", json!({"deep": {"vip": 1}})),
                ("a`b", json!(1)),
            ] {
                newer.pointer_mut(place).unwrap()[name] = value;
            }
        }
        assert_eq!(DeskCommand::read_leniently("Bill", &newer), plain);
        assert_eq!(DeskCommand::read("Bill", &newer).unwrap_err().code, "UNKNOWN_FIELD");
    }

    #[test]
    fn everything_else_of_a_command_of_the_system_is_refused_as_ever() {
        for (field, value, code) in [
            ("total", json!({"vip": 1}), "MISSING_FIELD"),
            ("total", json!({"vip": 1, "cents": -1}), "INVALID_FIELD"),
            ("items", json!([]), "NO_ITEMS"),
            ("tip", json!([1]), "INVALID_FIELD"),
        ] {
            let mut payload = bill();
            payload["vip"] = json!(1);
            payload[field] = value;
            let read = DeskCommand::read_leniently("Bill", &payload);
            assert_eq!(read.unwrap_err().code, code, "{payload}");
        }
        let unknown = DeskCommand::read_leniently("Burn", &json!({}));
        assert_eq!(unknown.unwrap_err().code, "UNKNOWN_COMMAND");
        for bare in [json!(null), json!([1])] {
            assert_eq!(
                DeskCommand::read_leniently("Bill", &bare).unwrap_err().code,
                "INVALID_FIELD"
            );
        }
    }

    #[test]
    fn an_unknown_command_is_refused_by_name() {
        assert_eq!(DeskCommand::read("Burn", &json!({})).unwrap_err().code, "UNKNOWN_COMMAND");
    }
}
