//! The caller: the subject and the role that its token names.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    Id, limits,
    shape::{Described, Shape},
};

/// Name of somebody who calls, as the issuer of the tokens gives it: 1–255 printable ASCII characters, as OpenID Connect
/// allows them, such as `auth0|5f7c` or `https://id.example/users/7`.
///
/// It is no [`Id`]: an id names what is ours and stands in paths, a subject is the issuer's. What belongs to somebody names
/// a subject. Every id can be a subject, so events that were stored with an id read as ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Subject(String);

impl Subject {
    /// Reads a subject.
    ///
    /// # Errors
    /// The text is not well formed; the error says what was expected.
    pub fn parse(text: impl Into<String>) -> Result<Self, &'static str> {
        let text = text.into();
        if text.is_empty() {
            return Err("a subject of 1 to 255 characters, got an empty one");
        }
        if text.len() > limits::SUBJECT_BYTES {
            return Err("a subject of at most 255 characters, got a longer one");
        }
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err("a subject of printable ASCII characters");
        }
        Ok(Self(text))
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(source)?).map_err(D::Error::custom)
    }
}

impl Described for Subject {
    const SHAPE: Shape = Shape::Subject;
}

impl From<&Role> for Subject {
    fn from(role: &Role) -> Self {
        Self(role.as_str().to_owned())
    }
}

impl From<Id> for Subject {
    fn from(id: Id) -> Self {
        Self(id.as_str().to_owned())
    }
}

impl PartialEq<Id> for Subject {
    fn eq(&self, id: &Id) -> bool {
        self.0 == id.as_str()
    }
}

/// A caller with a valid token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Its name, from the claim `sub`. Instances belong to a subject.
    pub subject: Subject,
    /// Its role, from the claim `role`. Policies decide by it.
    pub role: Role,
}

impl Principal {
    /// A subject in a role.
    pub fn new(subject: impl Into<Subject>, role: Role) -> Self {
        Self { subject: subject.into(), role }
    }

    /// True if the caller is this one in this role: neither alone is enough to own anything. A name is a [`Subject`], or the
    /// [`Id`] of the instance that the caller itself is, as a machine is.
    pub fn is<N>(&self, role: &Role, name: &N) -> bool
    where
        Subject: PartialEq<N>,
    {
        self.role == *role && self.subject == *name
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
    /// True if it only watches: no command is taken from it, whatever a policy says. A service has such a role; it acts for
    /// somebody by a token of theirs that names it (claim `act`).
    pub watches: bool,
}

impl RoleKind {
    /// A role that sends the commands that policies allow it.
    pub const fn of(role: Role, about: &'static str) -> Self {
        Self { role, about, administers: false, watches: false }
    }

    /// A role that administers.
    pub const fn administering(role: Role, about: &'static str) -> Self {
        Self { role, about, administers: true, watches: false }
    }

    /// A role that only watches.
    pub const fn watching(role: Role, about: &'static str) -> Self {
        Self { role, about, administers: false, watches: true }
    }
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

/// How far the roles of a domain reach, where an instance may have an owner. A policy says which one it has:
/// it follows who may see an instance and list rows.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Roles that act for themselves: on what they own.
    pub own: &'static [Role],
    /// Roles that act for anyone, and see everything.
    pub all: &'static [Role],
    /// Roles that see everything, and act for nobody.
    pub see: &'static [Role],
    /// True if everyone with a token sees everything.
    pub is_public: bool,
}

impl Reach {
    /// Nobody reaches anything.
    pub const NOBODY: Self = Self { own: &[], all: &[], see: &[], is_public: false };

    /// True if the caller acts for this one: it is it itself, or acts for anyone.
    pub fn acts_for(&self, principal: &Principal, who: &Subject) -> bool {
        self.acts_for_all(principal) || self.acts_for_itself(principal) && principal.subject == *who
    }

    /// True if the caller acts for anyone.
    pub fn acts_for_all(&self, principal: &Principal) -> bool {
        self.all.contains(&principal.role)
    }

    /// True if the caller acts for itself alone.
    pub fn acts_for_itself(&self, principal: &Principal) -> bool {
        self.own.contains(&principal.role)
    }

    /// True if the caller sees everything.
    pub fn sees_all(&self, principal: &Principal) -> bool {
        self.is_public || self.oversees(principal)
    }

    /// True if the caller sees everything by its role, and not only because everyone does.
    pub fn oversees(&self, principal: &Principal) -> bool {
        self.acts_for_all(principal) || self.see.contains(&principal.role)
    }

    /// The rows that the caller may list.
    pub fn scope(&self, principal: &Principal) -> Scope {
        if self.sees_all(principal) {
            Scope::All
        } else if self.acts_for_itself(principal) {
            Scope::Own
        } else {
            Scope::Nothing
        }
    }
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
    fn a_subject_is_what_an_issuer_may_call_somebody() {
        let longest = "x".repeat(limits::SUBJECT_BYTES);
        for good in [
            "ana",
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "https://id.example/users/7?a=b",
            "CN=Ana Example, O=Hotel",
            "arn:aws:iam::1:user/ana",
            " ",
            &longest,
        ] {
            let subject = Subject::parse(good).unwrap();
            let text = serde_json::to_string(&subject).unwrap();
            assert_eq!(serde_json::from_str::<Subject>(&text).unwrap(), subject, "{good}");
        }
        for bad in ["", "Zoë", "tab\t", "line\n", "nul\0", "\u{7f}", &"x".repeat(256)] {
            assert!(Subject::parse(bad).is_err(), "{bad:?}");
            assert!(serde_json::from_value::<Subject>(bad.into()).is_err(), "{bad:?}");
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
        let subject = Subject::parse("auth0|a/b").unwrap();
        assert!(Principal::new(subject.clone(), OWNER).is(&OWNER, &subject));
    }
}
