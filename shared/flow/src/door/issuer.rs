//! The issuers of tokens, as the variables of a deployment describe them: whose tokens count, and where they say who it is.
//!
//! | variable | what it is |
//! |---|---|
//! | `AUTH_SECRET` | secret of at least 32 bytes that HS256 tokens are signed with |
//! | `AUTH_JWKS_URL` | key set of an issuer that signs with RS256, ES256 or EdDSA |
//! | `AUTH_ISSUER` | what `iss` must be; demanded with a key set |
//! | `AUTH_AUDIENCE` | what must be in `aud`; demanded with a key set, `*` for any |
//! | `AUTH_SUBJECT_CLAIM` | where the subject is: `sub` |
//! | `AUTH_ROLE_CLAIM` | where the role is, or several of them: `role` |
//! | `AUTH_ROLES` | their names of roles and ours: `hotel-staff=staff, hotel-guest=guest`; the first one that a token has counts |
//! | `AUTH_SUBJECT_PREFIX` | stands before each subject of this issuer, so that those of two issuers differ |
//!
//! These describe one issuer; the same names with `_2` to `_9` at the end describe further ones.
//!
//! A claim is named as it stands in the token, also `https://example.com/role`; or by a JSON Pointer (RFC 6901) into it:
//! `/realm_access/roles`.

use edgefold_kernel::{Kind, Rejection, Role, RoleKind};
use serde_json::{Map, Value};

use super::{
    environment::Variables,
    signature::{Algorithm, invalid},
};

/// Shortest secret, in bytes: as long as a signature of HS256 (RFC 7518, section 3.2).
const SECRET_BYTES: usize = 32;

/// Ends of the variables' names: one for each issuer.
const ISSUERS: [&str; 9] = ["", "_2", "_3", "_4", "_5", "_6", "_7", "_8", "_9"];

/// An audience that takes every token of its issuer, whoever it was made for.
const ANY: &str = "*";

/// One issuer of tokens.
#[derive(Clone, PartialEq)]
pub struct Issuer {
    /// Secret of its HS256 tokens.
    pub secret: Option<String>,
    /// Address of its key set.
    pub key_set: Option<String>,
    /// The claim `iss`; any when there is none.
    pub name: Option<String>,
    /// Must be in the claim `aud`; any when there is none.
    pub audience: Option<String>,
    /// Where the subject is.
    pub subject: Claim,
    /// Stands before each of its subjects.
    pub prefix: String,
    /// Where the role is.
    pub role: Claim,
    /// Its names of roles and ours, the first ones first. `None`: it uses our names.
    pub roles: Option<Vec<(String, Role)>>,
}

/// Place of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim(String);

impl Claim {
    /// The claim of this name; or, if that begins with `/`, the one to which this JSON Pointer points.
    pub fn at(place: impl Into<String>) -> Self {
        Self(place.into())
    }

    /// Its name, as the setting says it.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Its value, if the token has it.
    pub fn of<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        let found = match self.0.strip_prefix('/') {
            None => claims.get(&self.0),
            Some(steps) => {
                let mut steps =
                    steps.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
                let first = steps.next().and_then(|step| claims.get(&step));
                steps.fold(first, |value, step| value?.get(&step))
            }
        };
        found.filter(|value| !value.is_null())
    }
}

impl Issuer {
    /// The issuer that signs under this secret and says everything in the usual claims.
    pub fn plain(secret: Option<String>) -> Self {
        Self {
            secret,
            key_set: None,
            name: None,
            audience: None,
            subject: Claim::at("sub"),
            prefix: String::new(),
            role: Claim::at("role"),
            roles: None,
        }
    }

    fn read(
        variables: &mut Variables<impl Fn(&str) -> Option<String>>,
        roles: &[RoleKind],
        end: &str,
    ) -> Option<Self> {
        let text = |name: &str| {
            let text = variables.text(&format!("{name}{end}"));
            text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let (secret, mut key_set) = (text("AUTH_SECRET"), text("AUTH_JWKS_URL"));
        let (name, audience) = (text("AUTH_ISSUER"), text("AUTH_AUDIENCE"));
        let subject = Claim::at(text("AUTH_SUBJECT_CLAIM").unwrap_or("sub".to_owned()));
        let role = Claim::at(text("AUTH_ROLE_CLAIM").unwrap_or("role".to_owned()));
        let prefix = text("AUTH_SUBJECT_PREFIX").unwrap_or_default();
        let list = text("AUTH_ROLES");
        // Blanks may be part of a secret.
        let secret = secret.and_then(|_| variables.text(&format!("AUTH_SECRET{end}")));
        if secret.is_none() && key_set.is_none() {
            return None;
        }
        let is_short = |secret: &String| secret.len() < SECRET_BYTES;
        if secret.as_ref().is_some_and(is_short) {
            let said =
                format!("AUTH_SECRET{end} is not used: it has less than {SECRET_BYTES} bytes");
            variables.misread.push(said);
        }
        if key_set.is_some() && (name.is_none() || audience.is_none()) {
            // An issuer signs tokens for other applications, too.
            variables.misread.push(format!(
                "AUTH_JWKS_URL{end} is not used: AUTH_ISSUER{end} and AUTH_AUDIENCE{end} must say which tokens count"
            ));
            key_set = None;
        }
        let roles = list.map(|list| {
            let mut named = Vec::new();
            for pair in list.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
                let (theirs, ours) = pair.rsplit_once('=').unwrap_or((pair, pair));
                match roles.iter().find(|kind| kind.role.as_str() == ours.trim()) {
                    Some(kind) => named.push((theirs.trim().to_owned(), kind.role.clone())),
                    None => variables.misread.push(format!(
                        "AUTH_ROLES{end} has {pair:?}: {:?} is no role of this domain",
                        ours.trim()
                    )),
                }
            }
            named
        });
        let secret = secret.filter(|secret| !is_short(secret));
        let audience = audience.filter(|audience| audience != ANY);
        Some(Self { secret, key_set, name, audience, subject, prefix, role, roles })
    }

    fn signs(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::Hs256 => self.secret.is_some(),
            _ => self.key_set.is_some(),
        }
    }
}

/// The issuers whose tokens count.
#[derive(Clone, PartialEq)]
pub struct Issuers(Vec<Issuer>);

impl Issuers {
    /// Reads the issuers from variables. What makes no sense is noted for the log, and ignored.
    pub fn read(
        variables: &mut Variables<impl Fn(&str) -> Option<String>>,
        roles: &[RoleKind],
    ) -> Self {
        let found = ISSUERS.iter().filter_map(|end| Issuer::read(variables, roles, end));
        Self(found.collect())
    }

    /// The issuer that a token with this algorithm names. Only a signature under a key of that issuer makes it true.
    ///
    /// # Errors
    /// `AUTH_NOT_CONFIGURED` when no issuer signs in this way; `INVALID_TOKEN` when it is another one.
    pub fn of(&self, algorithm: Algorithm, named: Option<&str>) -> Result<&Issuer, Rejection> {
        let mut signing = self.0.iter().filter(|issuer| issuer.signs(algorithm)).peekable();
        if signing.peek().is_none() {
            let detail = "this deployment has no key for tokens of this kind";
            return Err(Rejection::new(Kind::Unauthenticated, "AUTH_NOT_CONFIGURED", detail));
        }
        let fitting: Vec<_> =
            signing.filter(|it| it.name.is_none() || it.name.as_deref() == named).collect();
        let found = fitting.iter().find(|it| it.name.is_some()).or_else(|| fitting.first());
        found.copied().ok_or_else(|| match named {
            Some(named) => invalid(&format!("the token is from another issuer: {named:.100?}")),
            None => invalid("the token has no claim iss"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::door::token::Token;

    const ROLES: &[RoleKind] =
        &[RoleKind::of(Role::new("guest"), "A guest."), RoleKind::of(Role::new("staff"), "Staff.")];
    const SECRET: &str = "a secret of 32 bytes, or of more";

    fn read(set: &[(&str, &str)]) -> (Issuers, Vec<String>) {
        let of = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let mut variables = Variables::new(of);
        let issuers = Issuers::read(&mut variables, ROLES);
        (issuers, variables.misread)
    }

    fn found(issuers: &Issuers, alg: &str, iss: Option<&str>) -> Result<Issuer, String> {
        let text = super::super::token::tests::token(&json!({"alg": alg}), &json!({"iss": iss}));
        let token = Token::parse(&text).unwrap();
        issuers
            .of(token.algorithm, token.issuer())
            .cloned()
            .map_err(|refused| refused.code.into_owned())
    }

    #[test]
    fn a_key_set_without_issuer_and_audience_is_not_used() {
        let url = ("AUTH_JWKS_URL", "https://id.example/keys");
        let (issuer, audience) = (("AUTH_ISSUER", "https://id.example"), ("AUTH_AUDIENCE", "us"));
        for lacking in [
            vec![url],
            vec![url, issuer],
            vec![url, audience],
            vec![url, issuer, ("AUTH_AUDIENCE", " ")],
        ] {
            let (issuers, misread) = read(&lacking);
            assert_eq!(
                found(&issuers, "RS256", Some("https://id.example")).err().as_deref(),
                Some("AUTH_NOT_CONFIGURED")
            );
            assert!(misread[0].starts_with("AUTH_JWKS_URL is not used"), "{misread:?}");
        }
        let (issuers, misread) = read(&[url, issuer, audience]);
        assert_eq!(
            (found(&issuers, "RS256", Some("https://id.example")).is_ok(), misread.len()),
            (true, 0)
        );
        let (issuers, _) = read(&[url, issuer, ("AUTH_AUDIENCE", "*")]);
        assert!(found(&issuers, "RS256", Some("https://id.example")).unwrap().audience.is_none());
        assert_eq!(found(&issuers, "HS256", None).err().as_deref(), Some("AUTH_NOT_CONFIGURED"));
    }

    #[test]
    fn a_secret_stands_beside_a_key_set_and_two_issuers_beside_each_other() {
        let (issuers, misread) = read(&[
            ("AUTH_JWKS_URL", "https://one.example/keys"),
            ("AUTH_ISSUER", "https://one.example"),
            ("AUTH_AUDIENCE", "us"),
            ("AUTH_SECRET_2", SECRET),
            ("AUTH_ISSUER_2", "shop"),
            ("AUTH_ROLES_2", "front=guest"),
            ("AUTH_JWKS_URL_9", "https://nine.example/keys"),
            ("AUTH_ISSUER_9", "https://nine.example"),
            ("AUTH_AUDIENCE_9", "us"),
            ("AUTH_SUBJECT_PREFIX_9", "nine|"),
        ]);
        assert_eq!(misread, [""; 0]);
        assert!(found(&issuers, "HS256", Some("shop")).unwrap().key_set.is_none());
        let one = found(&issuers, "EdDSA", Some("https://one.example")).unwrap();
        assert_eq!(
            (one.key_set.as_deref(), one.prefix.as_str()),
            (Some("https://one.example/keys"), "")
        );
        assert_eq!(found(&issuers, "RS256", Some("https://nine.example")).unwrap().prefix, "nine|");
        for (alg, iss) in [("HS256", "https://one.example"), ("RS256", "shop"), ("RS256", "other")]
        {
            assert_eq!(
                found(&issuers, alg, Some(iss)).err().as_deref(),
                Some("INVALID_TOKEN"),
                "{alg} {iss}"
            );
        }
        assert_eq!(found(&issuers, "RS256", None).err().as_deref(), Some("INVALID_TOKEN"));
    }

    #[test]
    fn names_of_roles_are_mapped_to_those_of_the_domain_and_nonsense_is_noted() {
        let (issuers, misread) = read(&[
            ("AUTH_SECRET", SECRET),
            ("AUTH_ROLES", " hotel=staff=staff , guest,, chief=king"),
            ("AUTH_SECRET_2", "short"),
        ]);
        let roles = found(&issuers, "HS256", None).unwrap().roles.unwrap();
        let roles: Vec<_> =
            roles.iter().map(|(theirs, ours)| (theirs.as_str(), ours.as_str())).collect();
        assert_eq!(roles, [("hotel=staff", "staff"), ("guest", "guest")]);
        assert_eq!(misread.len(), 2, "{misread:?}");
    }

    #[test]
    fn a_claim_is_a_name_or_a_path() {
        let claims = json!({
            "role": "a", "https://example.com/role": "b", "a.b": "c", "a": {"b/c": {"~": "d"}}, "n": null,
        });
        let claims = claims.as_object().unwrap();
        let text = |place: &str| Claim::at(place).of(claims).and_then(Value::as_str);
        for (place, value) in [
            ("role", Some("a")),
            ("https://example.com/role", Some("b")),
            ("a.b", Some("c")),
            ("/a/b~1c/~0", Some("d")),
            ("/role", Some("a")),
            ("/role/x", None),
            ("n", None),
            ("none", None),
            ("/", None),
        ] {
            assert_eq!(text(place), value, "{place}");
        }
    }
}
