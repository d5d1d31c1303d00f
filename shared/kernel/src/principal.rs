//! Who asks: the subject and the role that its token names.

use serde::{Deserialize, Serialize};

use crate::Id;

/// Somebody who has shown a valid token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Who it is: the claim `sub`. What is owned is owned by it.
    pub subject: Id,
    /// What it may be asked for: the claim `role`.
    pub role: Role,
}

impl Principal {
    /// A subject in a role.
    pub fn new(subject: Id, role: Role) -> Self {
        Self { subject, role }
    }

    /// Whether it acts for anybody in the domain.
    pub fn is_staff(&self) -> bool {
        self.role == Role::Staff
    }

    /// Whether it is the guest of this name.
    pub fn is_guest(&self, id: &Id) -> bool {
        self.role == Role::Guest && self.subject == *id
    }

    /// Whether it is the device of this name.
    pub fn is_device(&self, id: &Id) -> bool {
        self.role == Role::Device && self.subject == *id
    }
}

/// What somebody is to the domain. No role includes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Role {
    /// Acts for itself, on what it owns.
    Guest,
    /// Acts for anybody in the domain.
    Staff,
    /// A machine; it reports about itself.
    Device,
    /// Administers the system. It has no part in the domain.
    Admin,
}

impl Role {
    /// The role of this name, as tokens and events say it.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Guest, Self::Staff, Self::Device, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Staff => "staff",
            Self::Device => "device",
            Self::Admin => "admin",
        }
    }
}

/// Which rows of a read model somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those whose owner is the subject.
    Own,
    /// The one whose id is the subject.
    Itself,
    /// None.
    Nothing,
}
