//! The caller: the subject and the role that its token names.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Id, limits};

/// A caller with a valid token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The claim `sub`. Instances belong to a subject.
    pub subject: Id,
    /// The claim `role`. Policies decide by it.
    pub role: Role,
}

impl Principal {
    /// A subject in a role.
    pub fn new(subject: Id, role: Role) -> Self {
        Self { subject, role }
    }

    /// True if the caller is this subject in this role: neither alone is enough to own anything.
    pub fn is(&self, role: &Role, id: &Id) -> bool {
        self.role == *role && self.subject == *id
    }
}

/// The part that a caller has in the domain: a name that the domain declares, see [`RoleKind`]. No role includes
/// another.
///
/// **Part of the storage format**: every event says in which role its command was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Role(Cow<'static, str>);

impl Role {
    /// The role of this name.
    ///
    /// # Panics
    /// While a constant is compiled whose name no role can have: 1 to [`limits::ROLE_BYTES`] lower-case letters, digits
    /// and `_`, a letter first, and not `system`.
    pub const fn new(name: &'static str) -> Self {
        assert!(is_name(name.as_bytes()), "no role can have this name");
        Self(Cow::Borrowed(name))
    }

    /// The role of this name, as tokens and events say it, if a role can have it.
    pub fn parse(name: impl Into<String>) -> Option<Self> {
        let name = name.into();
        is_name(name.as_bytes()).then_some(Self(Cow::Owned(name)))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Role {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(name).ok_or("a role's name: lower-case letters, digits and _, a letter first")
    }
}

/// The actor when the system acts by itself. No role can have this name, so no caller can pass for it.
pub(crate) const SYSTEM: &str = "system";

const fn is_name(name: &[u8]) -> bool {
    if name.is_empty() || name.len() > limits::ROLE_BYTES || matches!(name, b"system") {
        return false;
    }
    let mut rest = name;
    while let [byte, more @ ..] = rest {
        let is_inner = matches!(byte, b'0'..=b'9' | b'_') && rest.len() < name.len();
        if !byte.is_ascii_lowercase() && !is_inner {
            return false;
        }
        rest = more;
    }
    true
}

/// A role as the domain declares it.
#[derive(Clone, Debug)]
pub struct RoleKind {
    /// The role.
    pub role: Role,
    /// Description of the role. GraphQL shows it.
    pub about: &'static str,
    /// True if it administers: no policy of an aggregate decides about that. It looks after parked letters, and lets
    /// instances read their sources again.
    pub administers: bool,
}

/// The rows of a read model that a caller may list.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_role_is_one_word_that_graphql_can_say_and_never_that_of_the_system() {
        let longest = "a".repeat(limits::ROLE_BYTES);
        for good in ["a", "owner", "night_shift", "tier2", longest.as_str()] {
            assert_eq!(Role::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(limits::ROLE_BYTES + 1);
        for bad in ["", "Owner", "2nd", "_a", "night shift", "night-shift", "é", "system", &long] {
            assert_eq!(Role::parse(bad), None, "{bad:?}");
            assert!(serde_json::from_value::<Role>(bad.into()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_subject_owns_nothing_in_another_role() {
        const OWNER: Role = Role::new("owner");
        let id = |text| Id::parse(text).unwrap();
        let ana = Principal::new(id("ana"), OWNER);
        assert!(ana.is(&OWNER, &id("ana")));
        assert!(!ana.is(&OWNER, &id("ben")));
        assert!(!ana.is(&Role::new("watcher"), &id("ana")));
    }
}
