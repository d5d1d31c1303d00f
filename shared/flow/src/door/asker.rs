//! The party for whom the script asks an object.

use edgefold_kernel::{Principal, Rejection, Subject};
use serde::{Deserialize, Serialize};

use super::token::{Caller, missing};

/// The party for whom the script asks an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asker {
    /// The system: the bus, or the object itself for events and deadlines.
    System,
    /// A caller from outside.
    Somebody(Caller),
}

impl Asker {
    /// Reads the header.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is absent or malformed: a request without a caller may do nothing.
    pub fn read(header: Option<&str>) -> Result<Self, Rejection> {
        header.and_then(|text| serde_json::from_str(text).ok()).ok_or_else(missing)
    }

    /// Text of the header: ASCII, as subjects are.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The principal; `None` when the system itself asks.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::System => None,
            Self::Somebody(caller) => Some(&caller.principal),
        }
    }

    /// The service that acts for the principal, if one does.
    pub fn via(&self) -> Option<&Subject> {
        match self {
            Self::System => None,
            Self::Somebody(caller) => caller.via.as_ref(),
        }
    }
}
