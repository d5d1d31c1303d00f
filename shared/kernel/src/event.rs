//! The events of an aggregate: stored names, schema versions, upcasting.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::Fault;

/// Stored name and current schema version of an event type. **Both are the storage format**: a name never changes and is
/// never used again, and a version rises with every change that an old reader could not digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKind {
    /// Stored name, such as `ReservationCreated`. Never a Rust type name.
    pub name: &'static str,
    /// Current schema version, from 1.
    pub version: u32,
}

/// The events of one aggregate. Written by [`events!`](crate::events).
pub trait EventSet: Sized + PartialEq {
    /// All event types of the aggregate.
    const KINDS: &'static [EventKind];
    /// The types of their data in the same order: for each event type the list `(V1, (V2, ()))` of its schema versions.
    type Versions;

    /// Stored name and current schema version of this event.
    fn kind(&self) -> EventKind;

    /// The stored form of the event's data.
    ///
    /// # Errors
    /// [`Fault::Defect`] when the data has no JSON form.
    fn write(&self) -> Result<String, Fault>;

    /// Reads stored data of any schema version ever released.
    ///
    /// # Errors
    /// [`Fault::Newer`] when this code does not know the name, or only lower versions: during a deploy, and after code was
    /// rolled back. [`Fault::Unreadable`] when the data do not fit a version that it knows.
    fn read(name: &str, version: u32, data: &str) -> Result<Self, Fault>;
}

/// Lifts data of an old schema version to the next one. An aggregate without old versions needs none: see [`no_upcast`].
pub type Upcast = fn(name: &str, from: u32, data: Value) -> Result<Value, Fault>;

/// The upcaster of an aggregate whose events all have their first schema version.
///
/// # Errors
/// Always: there is nothing to lift.
pub fn no_upcast(name: &str, from: u32, _data: Value) -> Result<Value, Fault> {
    Err(Fault::Unreadable(format!("no upcaster for {name} v{from}")))
}

/// Lifts old data step by step to `to`.
///
/// # Errors
/// [`Fault::Newer`] when the data is from a later version than this code knows, [`Fault::Unreadable`] when a step is
/// missing.
pub fn lift(name: &str, from: u32, to: u32, data: &str, upcast: Upcast) -> Result<Value, Fault> {
    let unknown = || format!("{name} v{from}: this code knows v1 to v{to}");
    if from == 0 {
        return Err(Fault::Unreadable(unknown()));
    }
    if from > to {
        return Err(Fault::Newer(unknown()));
    }
    let data = serde_json::from_str(data).map_err(|error| unreadable(name, from, &error))?;
    (from..to).try_fold(data, |data, step| upcast(name, step, data))
}

/// One step of an upcaster, from the type of one schema version to the type of the next.
///
/// # Errors
/// [`Fault::Unreadable`] when the data are not those of the old version.
pub fn step<Old: DeserializeOwned, New: From<Old> + Serialize>(
    name: &str,
    from: u32,
    data: Value,
) -> Result<Value, Fault> {
    let old: Old = serde_json::from_value(data).map_err(|error| unreadable(name, from, &error))?;
    serde_json::to_value(New::from(old)).map_err(|error| Fault::Defect(format!("{name}: {error}")))
}

/// The fault of data that does not fit its schema version.
pub fn unreadable(name: &str, version: u32, error: &serde_json::Error) -> Fault {
    Fault::Unreadable(format!("{name} v{version}: {error}"))
}

/// Declares the events of an aggregate: an enum with one data type for each stored name and its current schema version.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use edgefold_kernel::{events, event::no_upcast};
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// pub struct DoorOpened { pub wide: bool }
///
/// events! {
///     /// What may have happened to a door.
///     pub enum DoorEvent upcast no_upcast { "DoorOpened" v 1 => Opened(DoorOpened) }
/// }
/// ```
///
/// A version above 1 names the types of the versions before it: `"DoorOpened" v 2 after (DoorOpenedV1) => …`.
#[macro_export]
macro_rules! events {
    ($(#[$meta:meta])* $vis:vis enum $set:ident upcast $upcast:path { $($name:literal v $version:literal $(after ($($old:ty),+))? => $variant:ident($data:ty)),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis enum $set { $(#[doc = concat!("`", $name, "`")] $variant($data)),+ }

        impl $crate::EventSet for $set {
            const KINDS: &'static [$crate::event::EventKind] =
                &[$($crate::event::EventKind { name: $name, version: $version }),+];
            type Versions = $crate::__types!($($crate::__types!($($($old,)+)? $data)),+);

            fn kind(&self) -> $crate::event::EventKind {
                match self { $(Self::$variant(_) => $crate::event::EventKind { name: $name, version: $version }),+ }
            }

            fn write(&self) -> Result<String, $crate::Fault> {
                match self { $(Self::$variant(data) => $crate::__private::serde_json::to_string(data)),+ }
                    .map_err(|error| $crate::Fault::Defect(format!("{}: {error}", self.kind().name)))
            }

            fn read(name: &str, version: u32, data: &str) -> Result<Self, $crate::Fault> {
                match (name, version) {
                    $(($name, $version) => $crate::__private::serde_json::from_str(data).map(Self::$variant)
                        .map_err(|error| $crate::event::unreadable(name, version, &error)),
                    ($name, _) => {
                        let data = $crate::event::lift(name, version, $version, data, $upcast)?;
                        $crate::__private::serde_json::from_value(data).map(Self::$variant)
                            .map_err(|error| $crate::event::unreadable(name, version, &error))
                    })+
                    _ => Err($crate::Fault::Newer(format!("unknown event type {name:?}"))),
                }
            }
        }

        $(impl From<$data> for $set { fn from(data: $data) -> Self { Self::$variant(data) } })+
    };
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    /// Test.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Renamed {
        full_name: String,
        title: String,
    }

    /// v1 had `name`, v2 `fullName`, v3 added `title`.
    fn upcast(name: &str, from: u32, mut data: Value) -> Result<Value, Fault> {
        match (name, from) {
            ("Renamed", 1) => Ok(json!({"fullName": data["name"].take()})),
            ("Renamed", 2) => {
                data["title"] = json!("none");
                Ok(data)
            }
            _ => no_upcast(name, from, data),
        }
    }

    events! {
        /// Test.
        enum PersonEvent upcast upcast { "Renamed" v 3 => Renamed(Renamed) }
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
}
