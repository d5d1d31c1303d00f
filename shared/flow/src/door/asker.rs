//! On whose behalf an object is asked.

use edgefold_kernel::{Principal, Rejection};
use serde::{Deserialize, Serialize};

use super::token::{Caller, missing};

/// On whose behalf an object is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asker {
    /// The bus, or the object itself: what follows from events and deadlines.
    System,
    /// Somebody outside.
    Somebody(Caller),
}

impl Asker {
    /// Reads the header.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is absent, or is not what this contract says: nobody may do nothing.
    pub fn read(header: Option<&str>) -> Result<Self, Rejection> {
        header.and_then(|text| serde_json::from_str(text).ok()).ok_or_else(missing)
    }

    /// Text of the header: ASCII, as ids are.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Who it is; nobody when the system itself asks.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::System => None,
            Self::Somebody(caller) => Some(&caller.principal),
        }
    }
}
