//! The events of an aggregate: stored names, schema versions, upcasting.

use serde_json::{Value, value::RawValue};

use crate::{Failure, Fault, Rejection, payload, shape::Shape};

/// Stored name and current schema version of an event type. **Both are the storage format**: a name never changes and is
/// never used again, and a version rises with every change that an old reader could not digest.
#[derive(Clone, Copy, Debug)]
pub struct EventKind {
    /// Stored name, such as `ReservationCreated`. Never a Rust type name.
    pub name: &'static str,
    /// Current schema version, from 1.
    pub version: u32,
    /// What its data are at the current schema version.
    pub shape: Shape,
    /// What they were at the versions before, from 1 on.
    pub before: &'static [Shape],
}

/// The events of one aggregate. Written by [`events!`](crate::events).
pub trait EventSet: Sized + PartialEq + 'static {
    /// All event types of the aggregate.
    const KINDS: &'static [EventKind];

    /// The type of this event.
    fn kind(&self) -> &'static EventKind;

    /// The stored form of the event's data.
    ///
    /// # Errors
    /// [`Fault::Defect`] when the data has no JSON form.
    fn write(&self) -> Result<String, Fault>;

    /// Takes the event out of its data, of any schema version ever released.
    ///
    /// # Errors
    /// The data do not fit that version.
    fn taken(name: &str, version: u32, data: Value) -> Result<Self, String>;

    /// Reads stored data of any schema version ever released. Those of the current one were held against their shape before they
    /// were stored; those of older code are held against theirs now.
    ///
    /// # Errors
    /// [`Fault::Newer`] when this code does not know the name, or only lower versions: during a deploy, and after code was
    /// rolled back. [`Fault::Unreadable`] when the data do not fit a version that it knows.
    fn read(name: &str, version: u32, data: &str) -> Result<Self, Fault> {
        let taken = Self::taken(name, version, parsed(Self::KINDS, name, version, data)?);
        taken.map_err(|said| unreadable(name, version, &said))
    }
}

fn parsed(kinds: &[EventKind], name: &str, version: u32, data: &str) -> Result<Value, Fault> {
    let Some(kind) = kinds.iter().find(|kind| kind.name == name) else {
        return Err(Fault::Newer(format!("unknown event type {name:?}")));
    };
    let unknown = || format!("{name} v{version}: this code knows v1 to v{}", kind.version);
    match version {
        0 => return Err(Fault::Unreadable(unknown())),
        later if later > kind.version => return Err(Fault::Newer(unknown())),
        _ => {}
    }
    let read = match kind.before.get(version as usize - 1) {
        Some(shape) => held(shape, data),
        None => serde_json::from_str(data).map_err(|error| error.to_string()),
    };
    read.map_err(|said| unreadable(name, version, &said))
}

fn unreadable(name: &str, version: u32, said: &str) -> Fault {
    Fault::Unreadable(format!("{name} v{version}: {said}"))
}

/// The text in which an event is stored, and the event as it reads from that text: nothing is committed that could not be
/// read again. What is folded is what was read.
///
/// # Errors
/// `EVENT_UNREADABLE` when the text reads as another event, or as none; a fault when there is no text.
pub fn stored<E: EventSet>(event: &E) -> Result<(Box<RawValue>, E), Failure> {
    let (kind, text) = (event.kind(), event.write()?);
    let read = held(&kind.shape, &text).and_then(|data| E::taken(kind.name, kind.version, data));
    let is_same = read.as_ref().map(|read| read == event);
    let data = kept(kind, text, is_same)?;
    read.map(|read| (data, read)).map_err(|said| unreadable(kind.name, kind.version, &said).into())
}

fn held(shape: &Shape, text: &str) -> Result<Value, String> {
    let data = serde_json::from_str(text).map_err(|error| error.to_string())?;
    payload::described(shape, &data).map(|()| data)
}

fn kept(
    kind: &EventKind,
    text: String,
    is_same: Result<bool, &String>,
) -> Result<Box<RawValue>, Failure> {
    let reason = match is_same {
        Ok(true) => {
            let data = RawValue::from_string(text);
            return data.map_err(|error| Fault::Defect(format!("{}: {error}", kind.name)).into());
        }
        Ok(false) => "it would read as something else",
        Err(said) => said,
    };
    let name = kind.name;
    let detail =
        format!("what follows from this command could not be read again: {name}: {reason}");
    Err(Rejection::shape("EVENT_UNREADABLE", "payload", detail).into())
}

/// Declares the events of an aggregate: an enum with one data type for each stored name and its current schema version.
///
/// ```
/// use edgefold_kernel::{event, events};
///
/// events! {
///     /// What may have happened to a door.
///     pub enum Event { "DoorOpened" v 1 => Opened(DoorOpened) }
/// }
///
/// /// The door is open.
/// #[event]
/// pub struct DoorOpened {
///     /// True if it is open all the way.
///     pub wide: bool,
/// }
/// ```
///
/// A version above 1 names the types of the versions before it, `"DoorOpened" v 2 after (DoorOpenedV1) => …`, and `DoorOpened`
/// is `From<DoorOpenedV1>`: each version is made from the one before it.
#[macro_export]
macro_rules! events {
    ($(#[$meta:meta])* $vis:vis enum $set:ident { $($name:literal v $version:literal $(after ($($old:ident),+))? => $variant:ident($data:ident)),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis enum $set { $(#[doc = concat!("`", $name, "`")] $variant($data)),+ }

        impl $crate::EventSet for $set {
            const KINDS: &'static [$crate::event::EventKind] =
                &[$($crate::events!(@kind $name, $version, $data, ($($($old),+)?))),+];

            fn kind(&self) -> &'static $crate::event::EventKind {
                match self { $(Self::$variant(_) => const { &$crate::events!(@kind $name, $version, $data, ($($($old),+)?)) }),+ }
            }

            fn write(&self) -> Result<String, $crate::Fault> {
                match self { $(Self::$variant(data) => $crate::__private::serde_json::to_string(data)),+ }
                    .map_err(|error| $crate::Fault::Defect(format!("{}: {error}", self.kind().name)))
            }

            fn taken(
                name: &str,
                version: u32,
                data: $crate::__private::serde_json::Value,
            ) -> Result<Self, String> {
                let _ = version;
                match name {
                    $($name => $crate::events!(@lift version, data, 1, $($($old,)+)? $data).map(Self::$variant),)+
                    _ => Err(format!("unknown event type {name:?}")),
                }
            }
        }

        $(impl From<$data> for $set { fn from(data: $data) -> Self { Self::$variant(data) } })+
    };
    (@kind $name:literal, $version:literal, $data:ident, ($($old:ident),*)) => {
        $crate::event::EventKind {
            name: $name,
            version: {
                const BEFORE: &[$crate::Shape] = &[$(<$old as $crate::Described>::SHAPE),*];
                assert!(BEFORE.len() + 1 == $version, "name the type of each version before this one: after (…)");
                $version
            },
            shape: <$data as $crate::Described>::SHAPE,
            before: &[$(<$old as $crate::Described>::SHAPE),*],
        }
    };
    // The data of a version, counted from this number on, lifted through those after it.
    (@lift $version:ident, $value:ident, $number:expr, $last:ident) => {
        <$last as $crate::Described>::taken($value)
    };
    (@lift $version:ident, $value:ident, $number:expr, $first:ident, $($rest:ident),+) => {
        if $version == $number {
            <$first as $crate::Described>::taken($value).map(|it| $crate::events!(@chain it, $($rest),+))
        } else {
            $crate::events!(@lift $version, $value, $number + 1, $($rest),+)
        }
    };
    (@chain $it:expr, $last:ident) => { <$last>::from($it) };
    (@chain $it:expr, $next:ident, $($rest:ident),+) => { $crate::events!(@chain <$next>::from($it), $($rest),+) };
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::event;

    #[event]
    struct RenamedV1 {
        name: String,
    }

    #[event]
    struct RenamedV2 {
        full_name: String,
    }

    #[event]
    struct Renamed {
        full_name: String,
        title: String,
    }

    impl From<RenamedV1> for RenamedV2 {
        fn from(old: RenamedV1) -> Self {
            Self { full_name: old.name }
        }
    }

    impl From<RenamedV2> for Renamed {
        fn from(old: RenamedV2) -> Self {
            Self { full_name: old.full_name, title: "none".into() }
        }
    }

    events! {
        /// Test.
        enum PersonEvent { "Renamed" v 3 after (RenamedV1, RenamedV2) => Renamed(Renamed) }
    }

    #[test]
    fn an_old_version_is_lifted_step_by_step() {
        let ana = |title: &str| {
            PersonEvent::Renamed(Renamed { full_name: "Ana".into(), title: title.into() })
        };
        assert_eq!(PersonEvent::read("Renamed", 1, r#"{"name":"Ana"}"#), Ok(ana("none")));
        assert_eq!(PersonEvent::read("Renamed", 2, r#"{"fullName":"Ana"}"#), Ok(ana("none")));
        assert_eq!(PersonEvent::read("Renamed", 3, &ana("Dr").write().unwrap()), Ok(ana("Dr")));
    }

    #[test]
    fn what_cannot_be_read_is_a_fault_and_not_a_panic() {
        for (name, version, data, code) in [
            ("Renamed", 4, "{}", "NEWER_CODE_NEEDED"),
            ("Renamed", u32::MAX, "{", "NEWER_CODE_NEEDED"),
            ("Erased", 1, "{}", "NEWER_CODE_NEEDED"),
            ("Renamed", 0, "{}", "UNREADABLE"),
            ("Renamed", 1, "{", "UNREADABLE"),
            ("Renamed", 3, "{", "UNREADABLE"),
        ] {
            let read = PersonEvent::read(name, version, data).map_err(|fault| fault.code());
            assert_eq!(read, Err(code), "{name} v{version} {data}");
        }
    }

    /// Test: a number that JSON does not have, and a text that reads without its blanks.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Measured {
        value: f64,
        #[serde(serialize_with = "trimmed")]
        unit: String,
    }

    impl crate::Described for Measured {
        const SHAPE: Shape = Shape::Any;
    }

    fn trimmed<S: serde::Serializer>(text: &str, sink: S) -> Result<S::Ok, S::Error> {
        sink.serialize_str(text.trim())
    }

    events! {
        /// Test.
        enum MeterEvent { "Measured" v 1 => Measured(Measured) }
    }

    #[test]
    fn an_event_that_could_not_be_read_again_is_refused() {
        let measured = |value, unit: &str| MeterEvent::from(Measured { value, unit: unit.into() });
        let good = measured(-2.5e-3, "K");
        let (text, read) = stored(&good).unwrap();
        assert_eq!((text.get(), read), (r#"{"value":-0.0025,"unit":"K"}"#, good));
        for bad in [measured(f64::NAN, "K"), measured(f64::INFINITY, "K"), measured(1.0, " K")] {
            let Err(Failure::Rejected(refusal)) = stored(&bad) else { panic!("{bad:?} is stored") };
            assert_eq!((refusal.status(), refusal.code.as_ref()), (422, "EVENT_UNREADABLE"));
        }
    }
}
