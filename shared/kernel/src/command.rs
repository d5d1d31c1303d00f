//! The commands of an aggregate: payloads by name, with the checks of their shape.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use crate::Rejection;

/// Facts about a command that a door needs before the aggregate sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandKind {
    /// Name on the wire, such as `OpenDoor`.
    pub name: &'static str,
    /// True if the command begins a stream; a door then makes up a missing aggregate id.
    pub creates: bool,
    /// True if only the system itself may send the command.
    pub internal: bool,
}

/// The commands of one aggregate. Written by [`commands!`](crate::commands).
pub trait CommandSet: Sized {
    /// All commands of the aggregate.
    const KINDS: &'static [CommandKind];
    /// The payload types in the same order, as a list `(A, (B, ()))`.
    type Payloads;

    /// Reads the payload of the named command.
    ///
    /// # Errors
    /// `UNKNOWN_COMMAND`, or what [`read_payload`] says.
    fn read(name: &str, payload: &Value) -> Result<Self, Rejection>;

    /// The command's name on the wire and its payload, as [`read`](Self::read) takes them.
    fn write(&self) -> (&'static str, Value);

    /// Facts about the named command that a door needs.
    fn kind(name: &str) -> Option<&'static CommandKind> {
        Self::KINDS.iter().find(|kind| kind.name == name)
    }
}

/// The refusal of a name that is not one of this aggregate's commands.
pub fn unknown_command(name: &str) -> Rejection {
    Rejection::shape("UNKNOWN_COMMAND", "name", format!("this aggregate has no command {name:?}"))
}

/// Reads a payload, or says precisely what is wrong with it.
///
/// # Errors
/// `UNKNOWN_FIELD`, `MISSING_FIELD` or `INVALID_FIELD`, with the path of the field below `root`.
pub fn read_payload<T: DeserializeOwned>(root: &str, value: &Value) -> Result<T, Rejection> {
    // serde would also take the fields of a struct as an array, by position.
    if !value.is_object() {
        return Err(Rejection::shape("INVALID_FIELD", root, "expected: an object"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let parent = if path == "." { root.to_owned() } else { format!("{root}.{path}") };
        let said = error.into_inner().to_string();
        // serde names the field of these two only in its text: «missing field `x`», «unknown field `x`, expected …».
        let named = said.split('`').nth(1).unwrap_or_default();
        if said.starts_with("missing field") {
            let field = format!("{parent}.{named}");
            Rejection::shape("MISSING_FIELD", field, format!("{named} is required"))
        } else if said.starts_with("unknown field") {
            let field = if parent.ends_with(&format!(".{named}")) {
                parent
            } else {
                format!("{parent}.{named}")
            };
            Rejection::shape("UNKNOWN_FIELD", field, said)
        } else {
            Rejection::shape("INVALID_FIELD", parent, format!("expected: {said}"))
        }
    })
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
/// use serde::{Deserialize, Serialize};
/// use edgefold_kernel::commands;
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// #[serde(rename_all = "camelCase", deny_unknown_fields)]
/// pub struct OpenDoor { pub wide: bool }
///
/// commands! {
///     /// What may be asked of a door.
///     pub enum DoorCommand { "OpenDoor" [creates] => Open(OpenDoor) }
/// }
/// ```
///
/// `[creates]` marks a command that begins a stream, `[internal]` one that only the system may send. The payload of a
/// `[checked]` one has `check(&self) -> Result<(), Rejection>` for rules of shape that concern more than one field. Several
/// marks stand with commas between them.
#[macro_export]
macro_rules! commands {
    ($(#[$meta:meta])* $vis:vis enum $set:ident { $($name:literal $([$($flag:ident),*])? => $variant:ident($payload:ty)),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis enum $set { $(#[doc = concat!("`", $name, "`")] $variant($payload)),+ }

        impl $crate::CommandSet for $set {
            const KINDS: &'static [$crate::command::CommandKind] = &[$(
                $crate::commands!(@kind $crate::command::CommandKind { name: $name, creates: false, internal: false }; $($($flag)*)?)
            ),+];
            type Payloads = $crate::__types!($($payload),+);

            fn read(name: &str, payload: &$crate::__private::serde_json::Value) -> Result<Self, $crate::Rejection> {
                match name {
                    $($name => {
                        let read: $payload = $crate::command::read_payload("payload", payload)?;
                        $crate::commands!(@check read; $($($flag)*)?);
                        Ok(Self::$variant(read))
                    })+
                    _ => Err($crate::command::unknown_command(name)),
                }
            }

            fn write(&self) -> (&'static str, $crate::__private::serde_json::Value) {
                match self {
                    $(Self::$variant(payload) => (
                        $name,
                        $crate::__private::serde_json::to_value(payload).unwrap_or_default(),
                    )),+
                }
            }
        }

        $(impl From<$payload> for $set { fn from(payload: $payload) -> Self { Self::$variant(payload) } })+
    };
    (@kind $kind:expr;) => { $kind };
    (@kind $kind:expr; creates $($rest:ident)*) => {
        $crate::commands!(@kind $crate::command::CommandKind { creates: true, ..$kind }; $($rest)*)
    };
    (@kind $kind:expr; internal $($rest:ident)*) => {
        $crate::commands!(@kind $crate::command::CommandKind { internal: true, ..$kind }; $($rest)*)
    };
    (@kind $kind:expr; checked $($rest:ident)*) => { $crate::commands!(@kind $kind; $($rest)*) };
    (@check $read:ident;) => {};
    (@check $read:ident; checked $($rest:ident)*) => { $read.check()? };
    (@check $read:ident; $other:ident $($rest:ident)*) => { $crate::commands!(@check $read; $($rest)*) };
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::json;

    use super::*;
    use crate::{Date, Id};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Book {
        guest_id: Id,
        dates: Vec<Date>,
    }

    commands! {
        /// Test.
        enum DeskCommand { "Book" [creates] => Book(Book) }
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
        assert!(DeskCommand::kind("Book").unwrap().creates);
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
    fn an_unknown_command_is_refused_by_name() {
        assert_eq!(DeskCommand::read("Burn", &json!({})).unwrap_err().code, "UNKNOWN_COMMAND");
    }
}
