//! A bearer token: a JWT (RFC 7519) in its compact form. This file does everything but compute its signature.
//!
//! [`Token::parse`] reads the header; [`keys`](crate::door::keys) finds the key; the shell checks the signature over
//! [`Token::signed`]; and only then [`Token::admit`] reads the claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use edgefold_kernel::{Id, Kind, Principal, Rejection, Role, RoleKind, Timestamp, limits};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::json;

/// The signature algorithms of tokens. A token with any other, `none` above all, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    /// HMAC with SHA-256, under a shared secret.
    #[serde(rename = "HS256")]
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519 (RFC 8037).
    #[serde(rename = "EdDSA")]
    EdDsa,
}

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
}

/// Further claims that this deployment expects.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The claim `iss`; any when there is none.
    pub issuer: Option<String>,
    /// Must be in the claim `aud`; any when there is none.
    pub audience: Option<String>,
    /// The claim `role` must be one of these.
    pub roles: &'static [RoleKind],
}

/// A caller with a valid token, and the instant at which the token expires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// The principal.
    pub principal: Principal,
    /// The claim `exp`, without any allowance for skew.
    pub expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    #[serde(default)]
    kid: Option<String>,
    /// Extensions that the verifier must understand. We understand none.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

/// Instants are in seconds since the epoch, and may have a fraction.
#[derive(Deserialize)]
struct Claims {
    sub: Id,
    role: Role,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn holds(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|one| one == name),
        }
    }
}

impl<'a> Token<'a> {
    /// Reads the header of a token. Nothing of the token may be trusted yet.
    ///
    /// # Errors
    /// `INVALID_TOKEN`.
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
        let header: Header = part(header)?
            .ok_or_else(|| invalid("the token's header must name HS256, RS256, ES256 or EdDSA"))?;
        if header.crit.is_some() {
            return Err(invalid("the token requires an extension that is not supported"));
        }
        let signature = decode(signature).ok_or_else(shape)?;
        Ok(Self { algorithm: header.alg, key_id: header.kid, signature, signed })
    }

    /// The bytes that the signature is over.
    pub fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// Reads the claims of a token whose signature **has been verified**.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, with the reason.
    pub fn admit(&self, expected: &Expected, now: Timestamp) -> Result<Caller, Rejection> {
        let payload = self.signed.split('.').nth(1).unwrap_or_default();
        let claims: Claims = part(payload)?
            .filter(|claims: &Claims| expected.roles.iter().any(|kind| kind.role == claims.role))
            .ok_or_else(|| {
                invalid(
                    "the token must have the claims sub, role and exp, and a role of this domain",
                )
            })?;
        let expires_at =
            instant(claims.exp).ok_or_else(|| invalid("the claim exp is not an instant"))?;
        if now >= expires_at.plus_millis(limits::CLOCK_SKEW_MS) {
            return Err(invalid("the token has expired"));
        }
        if let Some(from) = claims.nbf {
            let from = instant(from).ok_or_else(|| invalid("the claim nbf is not an instant"))?;
            if now.plus_millis(limits::CLOCK_SKEW_MS) < from {
                return Err(invalid("the token is not valid yet"));
            }
        }
        if expected.issuer.is_some() && expected.issuer != claims.iss {
            return Err(invalid("the token is from another issuer"));
        }
        if let Some(audience) = &expected.audience
            && !claims.aud.is_some_and(|claimed| claimed.holds(audience))
        {
            return Err(invalid("the token is for another audience"));
        }
        Ok(Caller { principal: Principal::new(claims.sub, claims.role), expires_at })
    }
}

/// The refusal of a token.
pub fn invalid(detail: &str) -> Rejection {
    Rejection::new(Kind::Unauthenticated, "INVALID_TOKEN", detail)
}

/// The refusal of a caller who shows no token.
pub fn missing() -> Rejection {
    Rejection::new(Kind::Unauthenticated, "UNAUTHENTICATED", "expected a bearer token")
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

/// The digest under which a verified token is remembered: it does not reveal the token.
pub fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Reads base64url without padding (RFC 7515). Each value has one text: stray bits at the end are refused.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Reads header or claims. Two readers might take different ones of two members of the same name.
fn part<T: DeserializeOwned>(text: &str) -> Result<Option<T>, Rejection> {
    match decode(text).map(|text| json::read(&text)) {
        Some(Err(refusal)) if refusal.code == "DUPLICATE_MEMBER" => {
            Err(invalid(&format!("in the token, {}", refusal.detail)))
        }
        Some(Ok(value)) => Ok(serde_json::from_value(value).ok()),
        _ => Ok(None),
    }
}

/// Limit of instants, about the year 100,000: later ones are refused before they overflow.
const LAST_SECOND: f64 = 3e12;

#[allow(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn instant(seconds: f64) -> Option<Timestamp> {
    (0.0..LAST_SECOND).contains(&seconds).then(|| Timestamp::from_millis((seconds * 1000.0) as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const OWNER: Role = Role::new("owner");
    const ROLES: &[RoleKind] = &[
        RoleKind { role: OWNER, about: "Owns what it made.", administers: false },
        RoleKind { role: Role::new("keeper"), about: "Keeps it.", administers: true },
    ];

    fn now() -> Timestamp {
        Timestamp::from_millis(NOW * 1000)
    }

    fn token(header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
        format!("{header}.{claims}.c2lnbmVk")
    }

    fn admit(claims: &Value) -> Result<Caller, String> {
        let expected = Expected {
            issuer: Some("https://id".into()),
            audience: Some("edgefold".into()),
            roles: ROLES,
        };
        let text = token(&json!({"alg": "HS256"}), claims);
        let token = Token::parse(&text).unwrap();
        token.admit(&expected, now()).map_err(|refusal| {
            assert_eq!((refusal.status(), &*refusal.code), (401, "INVALID_TOKEN"));
            refusal.detail
        })
    }

    /// Good claims, with some of them replaced; null takes one away.
    fn claims(changes: &Value) -> Value {
        let mut claims = json!({
            "sub": "ana", "role": "owner", "exp": NOW + 300, "nbf": NOW - 300,
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

    #[test]
    fn good_claims_say_who_it_is_and_until_when() {
        let caller = admit(&claims(&json!({}))).unwrap();
        assert_eq!(caller.principal, Principal::new(Id::parse("ana").unwrap(), OWNER));
        assert_eq!(caller.expires_at, Timestamp::from_millis((NOW + 300) * 1000));
    }

    #[test]
    fn every_claim_counts() {
        let who = "the token must have the claims sub, role and exp, and a role of this domain";
        let (expired, early) = ("the token has expired", "the token is not valid yet");
        let (issuer, audience) =
            ("the token is from another issuer", "the token is for another audience");
        for (changes, verdict) in [
            (json!({"exp": NOW - 59}), None),
            (json!({"exp": NOW - 60}), Some(expired)),
            (json!({"exp": NOW as f64 - 59.5}), None),
            (json!({"exp": null}), Some(who)),
            (json!({"exp": "tomorrow"}), Some(who)),
            (json!({"exp": -1}), Some("the claim exp is not an instant")),
            (json!({"exp": 1e300}), Some("the claim exp is not an instant")),
            (json!({"nbf": null}), None),
            (json!({"nbf": NOW + 60}), None),
            (json!({"nbf": NOW + 61}), Some(early)),
            (json!({"nbf": 1e300}), Some("the claim nbf is not an instant")),
            (json!({"iss": "https://evil"}), Some(issuer)),
            (json!({"iss": null}), Some(issuer)),
            (json!({"aud": ["other", "edgefold"]}), None),
            (json!({"aud": ["other"]}), Some(audience)),
            (json!({"aud": "edgefold2"}), Some(audience)),
            (json!({"aud": null}), Some(audience)),
            (json!({"role": "keeper"}), None),
            (json!({"role": "king"}), Some(who)),
            (json!({"role": "Owner"}), Some(who)),
            (json!({"role": "system"}), Some(who)),
            (json!({"role": null}), Some(who)),
            (json!({"sub": null}), Some(who)),
            (json!({"sub": ""}), Some(who)),
            (json!({"sub": "a/b"}), Some(who)),
            (json!({"sub": "x".repeat(129)}), Some(who)),
            (json!({"sub": 7}), Some(who)),
        ] {
            assert_eq!(admit(&claims(&changes)).err().as_deref(), verdict, "{changes}");
        }
    }

    #[test]
    fn issuer_and_audience_are_free_where_none_is_configured() {
        let text = token(&json!({"alg": "HS256"}), &claims(&json!({"iss": null, "aud": null})));
        let token = Token::parse(&text).unwrap();
        let expected = Expected { roles: ROLES, ..Expected::default() };
        assert!(token.admit(&expected, now()).is_ok());
        assert!(token.admit(&Expected::default(), now()).is_err(), "where no role is declared");
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
    fn a_claim_that_comes_twice_is_refused_by_its_name() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        let claims = r#"{"sub":"ana","role":"owner","role":"keeper","exp":1900000000}"#;
        let text = format!("{header}.{}.c2lnbmVk", URL_SAFE_NO_PAD.encode(claims));
        let expected = Expected { roles: ROLES, ..Expected::default() };
        let refusal = Token::parse(&text).unwrap().admit(&expected, now()).unwrap_err();
        let said = (&*refusal.code, &*refusal.detail);
        assert_eq!(said, ("INVALID_TOKEN", "in the token, the member role comes twice"));
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","alg":"HS256"}"#);
        assert!(Token::parse(&format!("{header}.e30.c2lnbmVk")).is_err());
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
