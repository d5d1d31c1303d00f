//! A bearer token: a JWT (RFC 7519) in its compact form. This file does everything but compute its signature.
//!
//! [`Token::parse`] reads header and claims; [`issuer`](crate::door::issuer) says whose token it claims to be;
//! [`keys`](crate::door::keys) finds the key; the shell checks the signature over [`Token::signed`]; and only then
//! [`Token::admit`] judges the claims. Every door asks this one judge.

use edgefold_kernel::{Kind, Principal, Rejection, RoleKind, Subject, Timestamp, limits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use super::signature::{Algorithm, decode, digest, invalid, missing};
use super::{
    issuer::{Claim, Issuer},
    json,
};

/// A token that was read, but not verified yet.
#[derive(Debug)]
pub struct Token<'a> {
    /// The algorithm that the token names. [`keys`](crate::door::keys) decides whether it fits the key.
    pub algorithm: Algorithm,
    /// The key that the token names.
    pub key_id: Option<String>,
    /// Its signature.
    pub signature: Vec<u8>,
    signed: &'a str,
    claims: Map<String, Value>,
}

/// A caller, as a valid token describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// The principal.
    pub principal: Principal,
    /// The claim `exp`, without any allowance for skew.
    pub expires_at: Timestamp,
    /// The service that acts for the principal: `sub` within the claim `act` (RFC 8693, section 4.1).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub via: Option<Subject>,
    /// True if it may send nothing: its role only watches, or it came with a ticket.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub watches: bool,
}

impl Caller {
    /// A caller that came itself, and may send.
    pub fn new(principal: Principal, expires_at: Timestamp) -> Self {
        Self { principal, expires_at, via: None, watches: false }
    }

    /// Refuses the commands of a caller that only watches, at every door.
    ///
    /// # Errors
    /// `FORBIDDEN`.
    pub fn check_sends(&self) -> Result<(), Rejection> {
        if !self.watches {
            return Ok(());
        }
        let detail = "you only watch: a service sends with a token of the one for whom it acts";
        Err(Rejection::new(Kind::Forbidden, "FORBIDDEN", detail))
    }
}

/// Media types of tokens, without `application/`. A token of another type, such as one for a logout, is for something else.
const TYPES: [&str; 2] = ["JWT", "at+jwt"];

impl<'a> Token<'a> {
    /// Reads header and claims of a token. Nothing of it may be trusted yet.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, with the reason.
    pub fn parse(text: &'a str) -> Result<Self, Rejection> {
        if text.len() > limits::TOKEN_BYTES {
            return Err(invalid("the token is too long"));
        }
        let shape = || invalid("expected a JWT with three parts");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(shape)?;
        let (header, payload) = signed.split_once('.').ok_or_else(shape)?;
        if payload.contains('.') {
            return Err(shape());
        }
        let signature = decode(signature).ok_or_else(shape)?;
        let header = object("header", header)?;
        let algorithm = header.get("alg").map(Algorithm::deserialize).and_then(Result::ok);
        let algorithm = algorithm
            .ok_or_else(|| invalid("the token's header must name HS256, RS256, ES256 or EdDSA"))?;
        // Extensions that the verifier must understand. We understand none.
        if header.contains_key("crit") {
            return Err(invalid("the token requires an extension that is not supported"));
        }
        let named = |name: &str| match header.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(invalid(&format!("the token's header has a {name} that is no text"))),
        };
        if let Some(named) = named("typ")? {
            let name = named.get(..12).filter(|start| start.eq_ignore_ascii_case("application/"));
            let name = name.and_then(|_| named.get(12..)).unwrap_or(named);
            if !TYPES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                let said = format!("the token has the type {named:.100?}: expected JWT or at+jwt");
                return Err(invalid(&said));
            }
        }
        let key_id = named("kid")?.map(str::to_owned);
        Ok(Self { algorithm, key_id, signature, signed, claims: object("claims", payload)? })
    }

    /// The bytes that the signature is over.
    pub fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The claim `iss`, if it is a text.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// Judges the claims of a token whose signature **has been verified** under a key of this issuer.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, with the reason.
    pub fn admit(
        &self,
        issuer: &Issuer,
        roles: &'static [RoleKind],
        now: Timestamp,
    ) -> Result<Caller, Rejection> {
        let expires_at = self.instant("exp", now)?.ok_or_else(|| lacks("exp"))?;
        if now >= expires_at.plus_millis(limits::CLOCK_SKEW_MS) {
            return Err(invalid("the token has expired"));
        }
        let soon = now.plus_millis(limits::CLOCK_SKEW_MS);
        if self.instant("nbf", now)?.is_some_and(|from| soon < from) {
            return Err(invalid("the token is not valid yet"));
        }
        if self.instant("iat", now)?.is_some_and(|at| soon < at) {
            return Err(invalid("the token was issued in the future"));
        }
        if issuer.name.is_some() && issuer.name.as_deref() != self.issuer() {
            return Err(invalid("the token is from another issuer"));
        }
        if let Some(audience) = &issuer.audience
            && !self.is_for(audience)?
        {
            return Err(invalid("the token is for another audience"));
        }
        let subject = self.subject(issuer)?;
        let kind = self.role(issuer, roles)?;
        let via = match self.claims.get("act") {
            None | Some(Value::Null) => None,
            Some(Value::Object(act)) => {
                Some(named(&Claim::at("sub"), act, &issuer.prefix, "act: ")?)
            }
            Some(_) => return Err(invalid("the claim act must be an object with a sub")),
        };
        let principal = Principal::new(subject, kind.role.clone());
        Ok(Caller { principal, expires_at, via, watches: kind.watches })
    }

    fn subject(&self, issuer: &Issuer) -> Result<Subject, Rejection> {
        named(&issuer.subject, &self.claims, &issuer.prefix, "")
    }

    fn role(
        &self,
        issuer: &Issuer,
        roles: &'static [RoleKind],
    ) -> Result<&'static RoleKind, Rejection> {
        let claim = issuer.role.name();
        let shape =
            || invalid(&format!("the claim {claim:.100} must be a text, or a list of texts"));
        let said: Vec<&str> = match issuer.role.of(&self.claims) {
            None => return Err(lacks(claim)),
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(list)) => {
                list.iter().map(|one| one.as_str().ok_or_else(shape)).collect::<Result<_, _>>()?
            }
            Some(_) => return Err(shape()),
        };
        let kind = |name: &str| roles.iter().find(|kind| kind.role.as_str() == name);
        let mut found: Vec<&RoleKind> = match &issuer.roles {
            // The first one of the setting counts, so that a token may name several.
            Some(known) => {
                let first = known.iter().find(|(theirs, _)| said.contains(&theirs.as_str()));
                first.and_then(|(_, ours)| kind(ours.as_str())).into_iter().collect()
            }
            None => said.iter().filter_map(|name| kind(name)).collect(),
        };
        found.dedup_by_key(|kind| kind.role.as_str());
        match found.as_slice() {
            [only] => Ok(only),
            [] => {
                let said = said.join(", ");
                Err(invalid(&format!("the claim {claim:.100} names no role here: {said:.100?}")))
            }
            several => {
                let names: Vec<_> = several.iter().map(|kind| kind.role.as_str()).collect();
                let names = names.join(", ");
                Err(invalid(&format!(
                    "the claim {claim:.100} names several roles: {names}; AUTH_ROLES says which counts"
                )))
            }
        }
    }

    fn is_for(&self, audience: &str) -> Result<bool, Rejection> {
        match self.claims.get("aud") {
            None | Some(Value::Null) => Err(lacks("aud")),
            Some(Value::String(one)) => Ok(one == audience),
            Some(Value::Array(many)) => Ok(many.iter().any(|one| one == audience)),
            Some(_) => Err(invalid("the claim aud must be a text, or a list of texts")),
        }
    }

    /// An instant: seconds since the epoch, which may have a fraction (RFC 7519, section 2).
    #[allow(clippy::cast_possible_truncation, reason = "the range is checked before")]
    fn instant(&self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, Rejection> {
        let seconds = match self.claims.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value.as_f64().filter(|seconds| *seconds >= 0.0),
        };
        let Some(seconds) = seconds else {
            return Err(invalid(&format!(
                "the claim {name} is not a number of seconds since 1970"
            )));
        };
        let last = now.plus_millis(limits::TOKEN_LIFE_MS).millis() as f64;
        if seconds * 1000.0 > last {
            return Err(invalid(&format!(
                "the claim {name} lies more than ten years ahead: it counts seconds, not milliseconds"
            )));
        }
        Ok(Some(Timestamp::from_millis((seconds * 1000.0) as i64)))
    }
}

/// A subject, from the claim that holds it.
fn named(
    claim: &Claim,
    claims: &Map<String, Value>,
    prefix: &str,
    within: &str,
) -> Result<Subject, Rejection> {
    let name = claim.name();
    match claim.of(claims) {
        None => Err(lacks(&format!("{within}{name}"))),
        Some(Value::String(text)) => Subject::parse(format!("{prefix}{text}"))
            .ok()
            .filter(|_| !text.is_empty())
            .ok_or_else(|| {
                let said = Subject::parse(format!("{prefix}{text}")).err();
                let said = said.unwrap_or("a subject of 1 to 255 characters, got an empty one");
                invalid(&format!("the claim {within}{name:.100}: expected {said}"))
            }),
        Some(_) => Err(invalid(&format!("the claim {within}{name:.100} must be a text"))),
    }
}

fn lacks(name: &str) -> Rejection {
    invalid(&format!("the token has no claim {name:.100}"))
}

/// A part of a token: a JSON object that has each member once, also within. Two readers could take another one of two.
fn object(what: &str, text: &str) -> Result<Map<String, Value>, Rejection> {
    let unreadable = |said: String| invalid(&format!("the token's {what} cannot be read: {said}"));
    let bytes = decode(text).ok_or_else(|| unreadable("expected base64url".into()))?;
    match json::read(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(unreadable("expected a JSON object".into())),
        Err(refusal) => Err(unreadable(format!("{:.200}", refusal.detail))),
    }
}

/// The token of an `Authorization` header (RFC 6750); the scheme in any case.
///
/// # Errors
/// `UNAUTHENTICATED` when there is no token.
pub fn bearer(header: Option<&str>) -> Result<&str, Rejection> {
    let (scheme, token) =
        header.and_then(|text| text.trim().split_once(' ')).ok_or_else(missing)?;
    let token = token.trim_start();
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty();
    if is_bearer { Ok(token) } else { Err(missing()) }
}

#[cfg(test)]
pub(super) mod tests {
    use edgefold_kernel::Role;
    use serde_json::json;

    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    const NOW: i64 = 1_800_000_000;
    const OWNER: Role = Role::new("owner");
    const ROLES: &[RoleKind] = &[
        RoleKind::of(OWNER, "Owns what it made."),
        RoleKind::administering(Role::new("keeper"), "Keeps it."),
        RoleKind::watching(Role::new("front"), "Shows it."),
    ];

    fn now() -> Timestamp {
        Timestamp::from_millis(NOW * 1000)
    }

    fn encoded(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    pub(in super::super) fn token(header: &Value, claims: &Value) -> String {
        raw(&header.to_string(), &claims.to_string())
    }

    fn raw(header: &str, claims: &str) -> String {
        format!("{}.{}.c2lnbmVk", encoded(header), encoded(claims))
    }

    fn issuer() -> Issuer {
        Issuer {
            name: Some("https://id".into()),
            audience: Some("edgefold".into()),
            ..Issuer::plain(None)
        }
    }

    fn admit_by(issuer: &Issuer, claims: &Value) -> Result<Caller, String> {
        let text = token(&json!({"alg": "HS256"}), claims);
        let token = Token::parse(&text).unwrap();
        token.admit(issuer, ROLES, now()).map_err(|refusal| {
            assert_eq!((refusal.status(), &*refusal.code), (401, "INVALID_TOKEN"));
            refusal.detail
        })
    }

    fn admit(claims: &Value) -> Result<Caller, String> {
        admit_by(&issuer(), claims)
    }

    /// Good claims, with some of them replaced; null takes one away.
    fn claims(changes: &Value) -> Value {
        let mut claims = json!({
            "sub": "ana", "role": "owner", "exp": NOW + 300, "nbf": NOW - 300, "iat": NOW - 300,
            "iss": "https://id", "aud": "edgefold",
        });
        for (name, value) in changes.as_object().unwrap() {
            let members = claims.as_object_mut().unwrap();
            match value {
                Value::Null => drop(members.remove(name)),
                value => drop(members.insert(name.clone(), value.clone())),
            }
        }
        claims
    }

    fn subject(text: &str) -> Subject {
        Subject::parse(text).unwrap()
    }

    #[test]
    fn good_claims_say_who_it_is_and_until_when() {
        let until = Timestamp::from_millis((NOW + 300) * 1000);
        let ana = Caller::new(Principal::new(subject("ana"), OWNER), until);
        assert_eq!(admit(&claims(&json!({}))), Ok(ana));
    }

    #[test]
    fn every_claim_counts_and_the_refusal_says_which_one() {
        let (expired, early) = ("the token has expired", "the token is not valid yet");
        let (issuer, audience) =
            ("the token is from another issuer", "the token is for another audience");
        let far = |name| {
            format!(
                "the claim {name} lies more than ten years ahead: it counts seconds, not milliseconds"
            )
        };
        let number = |name| format!("the claim {name} is not a number of seconds since 1970");
        let lacks = |name| format!("the token has no claim {name}");
        let none = |said: &str| format!("the claim role names no role here: {said:?}");
        let shape = "the claim role must be a text, or a list of texts";
        for (changes, verdict) in [
            (json!({"exp": NOW - 59}), None),
            (json!({"exp": NOW - 60}), Some(expired.to_owned())),
            (json!({"exp": NOW as f64 - 59.5}), None),
            (json!({"exp": null}), Some(lacks("exp"))),
            (json!({"exp": "tomorrow"}), Some(number("exp"))),
            (json!({"exp": -1}), Some(number("exp"))),
            (json!({"exp": (NOW + 300) * 1000}), Some(far("exp"))),
            (json!({"exp": NOW + 11 * 366 * 86_400}), Some(far("exp"))),
            (json!({"exp": NOW + 9 * 366 * 86_400}), None),
            (json!({"exp": 1e300}), Some(far("exp"))),
            (json!({"nbf": null}), None),
            (json!({"nbf": NOW + 60}), None),
            (json!({"nbf": NOW + 61}), Some(early.to_owned())),
            (json!({"nbf": (NOW - 300) * 1000}), Some(far("nbf"))),
            (json!({"nbf": [1]}), Some(number("nbf"))),
            (json!({"iat": null}), None),
            (json!({"iat": NOW + 60}), None),
            (json!({"iat": NOW + 61}), Some("the token was issued in the future".to_owned())),
            (json!({"iat": (NOW - 300) * 1000}), Some(far("iat"))),
            (json!({"iss": "https://evil"}), Some(issuer.to_owned())),
            (json!({"iss": null}), Some(issuer.to_owned())),
            (json!({"aud": ["other", "edgefold"]}), None),
            (json!({"aud": ["other"]}), Some(audience.to_owned())),
            (json!({"aud": "edgefold2"}), Some(audience.to_owned())),
            (json!({"aud": null}), Some(lacks("aud"))),
            (json!({"aud": 7}), Some("the claim aud must be a text, or a list of texts".to_owned())),
            (json!({"role": "keeper"}), None),
            (json!({"role": ["offline_access", "keeper", "keeper"]}), None),
            (json!({"role": "king"}), Some(none("king"))),
            (json!({"role": "Owner"}), Some(none("Owner"))),
            (json!({"role": "system"}), Some(none("system"))),
            (json!({"role": []}), Some(none(""))),
            (json!({"role": null}), Some(lacks("role"))),
            (json!({"role": {"owner": true}}), Some(shape.to_owned())),
            (json!({"role": ["owner", {"a": 1}]}), Some(shape.to_owned())),
            (json!({"role": 7}), Some(shape.to_owned())),
            (
                json!({"role": ["owner", "keeper"]}),
                Some("the claim role names several roles: owner, keeper; AUTH_ROLES says which counts".to_owned()),
            ),
            (json!({"sub": null}), Some(lacks("sub"))),
            (
                json!({"sub": ""}),
                Some("the claim sub: expected a subject of 1 to 255 characters, got an empty one".to_owned()),
            ),
            (
                json!({"sub": "x".repeat(256)}),
                Some("the claim sub: expected a subject of at most 255 characters, got a longer one".to_owned()),
            ),
            (
                json!({"sub": "Zoë"}),
                Some("the claim sub: expected a subject of printable ASCII characters".to_owned()),
            ),
            (json!({"sub": 7}), Some("the claim sub must be a text".to_owned())),
            (json!({"act": "shop"}), Some("the claim act must be an object with a sub".to_owned())),
            (json!({"act": {}}), Some(lacks("act: sub"))),
            (json!({"act": {"sub": 7}}), Some("the claim act: sub must be a text".to_owned())),
        ] {
            assert_eq!(admit(&claims(&changes)).err(), verdict, "{changes}");
        }
    }

    #[test]
    fn a_subject_is_what_its_issuer_calls_it() {
        let longest = "x".repeat(limits::SUBJECT_BYTES);
        for good in ["auth0|5f7c", "https://id/users/7?a=b", "CN=Ana, O=Hotel", "a/b:c", &longest] {
            let caller = admit(&claims(&json!({"sub": good}))).unwrap();
            assert_eq!(caller.principal.subject, subject(good));
        }
    }

    #[test]
    fn a_setting_says_where_the_claims_are_and_what_they_mean() {
        let mut keycloak = issuer();
        keycloak.role = Claim::at("/realm_access/roles");
        keycloak.subject = Claim::at("/user/name");
        keycloak.prefix = "kc|".into();
        keycloak.roles =
            Some(vec![("hotel-chief".into(), Role::new("keeper")), ("hotel-guest".into(), OWNER)]);
        let of = |roles: Value| {
            let changes = json!({"realm_access": {"roles": roles}, "user": {"name": "ana"}});
            admit_by(&keycloak, &claims(&changes))
        };
        let caller = of(json!(["offline_access", "hotel-guest"])).unwrap();
        assert_eq!(caller.principal, Principal::new(subject("kc|ana"), OWNER));
        let both = of(json!(["hotel-guest", "hotel-chief"])).unwrap();
        assert_eq!(both.principal.role.as_str(), "keeper", "the first of the setting");
        let unmapped = of(json!(["owner"])).unwrap_err();
        assert_eq!(unmapped, "the claim /realm_access/roles names no role here: \"owner\"");
        let bare = admit_by(&keycloak, &claims(&json!({}))).unwrap_err();
        assert_eq!(bare, "the token has no claim /user/name");

        let mut auth0 = issuer();
        auth0.role = Claim::at("https://hotel.example/role");
        let changes = json!({"role": "keeper", "https://hotel.example/role": "owner"});
        assert_eq!(admit_by(&auth0, &claims(&changes)).unwrap().principal.role, OWNER);
    }

    #[test]
    fn a_service_only_watches_and_acts_for_somebody_with_that_ones_rights() {
        let service = admit(&claims(&json!({"sub": "shop", "role": "front"}))).unwrap();
        assert_eq!(service.check_sends().unwrap_err().code, "FORBIDDEN");
        let act = json!({"act": {"sub": "shop", "act": {"sub": "earlier"}}});
        let acting = admit(&claims(&act)).unwrap();
        assert_eq!(acting.principal, Principal::new(subject("ana"), OWNER));
        assert_eq!((acting.via.clone(), acting.check_sends()), (Some(subject("shop")), Ok(())));
        for caller in [service, acting] {
            let text = serde_json::to_string(&caller).unwrap();
            assert_eq!(serde_json::from_str::<Caller>(&text).unwrap(), caller);
        }
    }

    #[test]
    fn a_member_that_comes_twice_is_refused() {
        let good = claims(&json!({})).to_string();
        let twice = good.replacen('{', r#"{"role":"keeper","#, 1);
        let within = good.replacen('{', r#"{"act":{"sub":"a","sub":"b"},"#, 1);
        let header = r#"{"alg":"HS256"}"#;
        for (text, member) in [
            (raw(header, &twice), "role"),
            (raw(header, &within), "act.sub"),
            (raw(r#"{"alg":"HS256","alg":"RS256"}"#, &good), "alg"),
        ] {
            let detail = Token::parse(&text).unwrap_err().detail;
            assert!(detail.contains(&format!("the member {member} comes twice")), "{detail}");
        }
    }

    #[test]
    fn issuer_and_audience_are_free_where_none_is_configured() {
        let bare = claims(&json!({"iss": null, "aud": null}));
        assert!(admit_by(&Issuer::plain(None), &bare).is_ok());
        let text = token(&json!({"alg": "HS256"}), &bare);
        let token = Token::parse(&text).unwrap();
        let admitted = token.admit(&Issuer::plain(None), &[], now());
        assert!(admitted.is_err(), "where no role is declared");
    }

    #[test]
    fn a_token_of_another_type_is_for_something_else() {
        let parsed = |typ: Value| {
            let text = token(&json!({"alg": "HS256", "typ": typ}), &claims(&json!({})));
            Token::parse(&text).map(drop).map_err(|refused| refused.detail)
        };
        for good in ["JWT", "jwt", "at+jwt", "application/at+jwt", "Application/JWT"] {
            assert_eq!(parsed(good.into()), Ok(()), "{good}");
        }
        for bad in ["logout+jwt", "", "application/", "secevent+jwt", "dpop+jwt", "JOSE"] {
            let said = format!("the token has the type {bad:?}: expected JWT or at+jwt");
            assert_eq!(parsed(bad.into()), Err(said));
        }
        assert!(parsed(7.into()).is_err());
    }

    #[test]
    fn an_algorithm_that_is_not_listed_is_no_token() {
        for alg in ["none", "None", "nOnE", "", "HS512", "hs256", "RS512", "PS256", "ES384"] {
            let text = token(&json!({"alg": alg}), &claims(&json!({})));
            assert_eq!(Token::parse(&text).unwrap_err().code, "INVALID_TOKEN", "{alg}");
        }
        assert!(Token::parse(&token(&json!({}), &claims(&json!({})))).is_err());
        let critical = json!({"alg": "HS256", "crit": ["b64"], "b64": false});
        assert!(Token::parse(&token(&critical, &claims(&json!({})))).is_err());
    }

    #[test]
    fn what_has_another_shape_is_no_token() {
        let good = token(&json!({"alg": "HS256"}), &claims(&json!({})));
        let parts: Vec<&str> = good.split('.').collect();
        for bad in [
            String::new(),
            "...".into(),
            "a.b.c".into(),
            parts[..2].join("."),
            format!("{good}.{}", parts[2]),
            format!("{good}="),
            format!("{}+.{}.{}", parts[0], parts[1], parts[2]),
            format!("{good}{}", "A".repeat(limits::TOKEN_BYTES)),
        ] {
            assert_eq!(Token::parse(&bad).unwrap_err().code, "INVALID_TOKEN", "{bad:.60}");
        }
    }

    #[test]
    fn a_token_comes_in_the_header_of_its_scheme() {
        assert_eq!(bearer(Some("Bearer abc")), Ok("abc"));
        assert_eq!(bearer(Some("bearer  abc")), Ok("abc"));
        for none in
            [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic abc"), Some("abc")]
        {
            assert_eq!(bearer(none).unwrap_err().code, "UNAUTHENTICATED", "{none:?}");
        }
    }
}
