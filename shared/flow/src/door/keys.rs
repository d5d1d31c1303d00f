//! The keys of tokens: our secret, or the key set (JWKS, RFC 7517) that an issuer publishes.
//!
//! **Invariant:** the key decides how a token must be signed, never the token. A secret verifies HS256 and nothing
//! else; a published key verifies only the algorithm of its type. So nobody can sign with a public key as if it were a
//! secret.

use edgefold_kernel::{Fault, Timestamp, limits};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    json,
    token::{Algorithm, Token},
};

/// One published key that can verify signatures.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its name.
    pub key_id: Option<String>,
    /// The algorithm that it verifies.
    pub algorithm: Algorithm,
    /// Its public members only, as WebCrypto's `importKey` takes them.
    pub jwk: Map<String, Value>,
}

/// The keys of an issuer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a published key set. Keys that are for something else are left out, so that an issuer may publish more than
    /// we use.
    ///
    /// # Errors
    /// A fault when it is not a key set, or holds no key that verifies.
    pub fn parse(text: &[u8]) -> Result<Self, Fault> {
        let unreadable = |said: String| Fault::Unavailable("the key set".into(), said);
        let text = std::str::from_utf8(text).map_err(|error| unreadable(error.to_string()))?;
        let Published { keys } =
            serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        let keys: Vec<Key> = keys.iter().take(limits::KEY_SET_KEYS).filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(unreadable("it holds no key that verifies RS256, ES256 or EdDSA".into()));
        }
        Ok(Self(keys))
    }

    /// The key of a token: the one with its key id and its algorithm. A token without a key id is accepted only if a
    /// single key fits.
    pub fn find(&self, token: &Token<'_>) -> Option<&Key> {
        let mut fitting = self.0.iter().filter(|key| {
            key.algorithm == token.algorithm
                && (token.key_id.is_none() || key.key_id == token.key_id)
        });
        let found = fitting.next()?;
        fitting.next().is_none().then_some(found)
    }
}

impl Key {
    fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let (algorithm, members): (_, &[&str]) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (Algorithm::Rs256, &["kty", "n", "e"]),
            ("EC", Some("P-256")) => (Algorithm::Es256, &["kty", "crv", "x", "y"]),
            ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, &["kty", "crv", "x"]),
            // A shared secret must not be published.
            _ => return None,
        };
        let named = text("alg").map(|name| json::of(&name.into()).ok());
        let fits = named.is_none_or(|named: Option<Algorithm>| named == Some(algorithm))
            && text("use").is_none_or(|purpose| purpose == "sig");
        let public =
            members.iter().map(|name| Some(((*name).to_owned(), Value::from(text(name)?))));
        let jwk = fits.then(|| public.collect::<Option<Map<_, _>>>()).flatten()?;
        Some(Self { key_id: text("kid").map(str::to_owned), algorithm, jwk })
    }
}

/// The key set that is kept between requests.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The last good key set, with the instant at which it came.
    pub set: Option<(KeySet, Timestamp)>,
    /// Instant of the last request for it, successful or not.
    pub asked_at: Option<Timestamp>,
}

/// The result of looking up a token's key.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// This is its key.
    Use(Key),
    /// Ask the issuer, and look again.
    Fetch,
    /// There is no such key.
    Unknown,
    /// There is no key set, and the issuer was asked a moment ago.
    Unavailable,
}

impl Kept {
    /// The key of a token. The set is fetched again when it has grown old, and when it does not know the key, which is how
    /// a new one is found; but never sooner than [`limits::KEY_SET_PAUSE_MS`] after the last time. Until it has been
    /// fetched anew, the last good one counts, for [`limits::KEY_SET_STALE_MS`].
    pub fn look_up(&self, token: &Token<'_>, now: Timestamp) -> Lookup {
        let older = |since: Timestamp, millis| now >= since.plus_millis(millis);
        let may_ask = self.asked_at.is_none_or(|asked| older(asked, limits::KEY_SET_PAUSE_MS));
        let trusted = self.set.as_ref().filter(|(_, came)| !older(*came, limits::KEY_SET_STALE_MS));
        match trusted.map(|(set, came)| (set.find(token), older(*came, limits::KEY_SET_FRESH_MS))) {
            Some((Some(key), old)) if !(old && may_ask) => Lookup::Use(key.clone()),
            _ if may_ask => Lookup::Fetch,
            Some(_) => Lookup::Unknown,
            None => Lookup::Unavailable,
        }
    }

    /// Notes that the issuer is being asked. While there is no key set at all, other requests ask the issuer too.
    pub fn asking(&mut self, now: Timestamp) {
        if self.set.is_some() {
            self.asked_at = Some(now);
        }
    }

    /// Takes the issuer's answer. A failure leaves the last good set in place.
    ///
    /// # Errors
    /// The failure, for the log.
    pub fn asked(&mut self, answer: Result<KeySet, Fault>, now: Timestamp) -> Result<(), Fault> {
        self.asked_at = Some(now);
        self.set = Some((answer?, now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    fn text(header: &Value) -> String {
        format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header.to_string()))
    }

    fn set(keys: &Value) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    fn rsa(kid: &str) -> Value {
        json!({"kty": "RSA", "kid": kid, "n": "AQ", "e": "AQAB"})
    }

    /// `kid` of the key that is found for a token with this header.
    fn found(set: &KeySet, header: &Value) -> Option<String> {
        let text = text(header);
        set.find(&Token::parse(&text).unwrap()).map(|key| key.key_id.clone().unwrap_or_default())
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_key_verifies_what_its_type_is_for_and_nothing_else() {
        let keys = set(&json!([
            rsa("r"),
            {"kty": "EC", "crv": "P-256", "kid": "e", "x": "AQ", "y": "AQ"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "d", "x": "AQ"},
        ]));
        for (alg, kid, expected) in [
            ("RS256", "r", Some("r")),
            ("ES256", "e", Some("e")),
            ("EdDSA", "d", Some("d")),
            ("HS256", "r", None),
            ("RS256", "e", None),
            ("ES256", "d", None),
            ("EdDSA", "r", None),
            ("RS256", "x", None),
        ] {
            let header = json!({"alg": alg, "kid": kid});
            assert_eq!(found(&keys, &header).as_deref(), expected, "{alg} {kid}");
        }
    }

    #[test]
    fn a_token_without_key_id_is_taken_where_there_is_no_choice() {
        let header = json!({"alg": "RS256"});
        assert_eq!(found(&set(&json!([rsa("a")])), &header).as_deref(), Some("a"));
        assert_eq!(found(&set(&json!([rsa("a"), rsa("b")])), &header), None);
    }

    #[test]
    fn keys_for_something_else_are_left_out() {
        let with = |name: &str, value: &str| {
            let mut key = rsa("a");
            key[name] = Value::from(value);
            key
        };
        for other in [
            with("use", "enc"),
            with("alg", "PS256"),
            with("alg", "HS256"),
            json!({"kty": "oct", "kid": "a", "k": "c2VjcmV0"}),
            json!({"kty": "EC", "crv": "P-384", "x": "AQ", "y": "AQ"}),
            json!({"kty": "RSA", "e": "AQAB"}),
            json!("key"),
        ] {
            let published = json!({"keys": [other]}).to_string();
            assert!(KeySet::parse(published.as_bytes()).is_err(), "{other}");
        }
        assert!(KeySet::parse(b"<html>").is_err());
        let private = json!({"kty": "RSA", "kid": "a", "n": "AQ", "e": "AQAB", "d": "AQ"});
        assert_eq!(set(&json!([private])), set(&json!([rsa("a")])), "private members are dropped");
    }

    #[test]
    fn a_key_set_is_fetched_seldom_and_outlives_a_failure() {
        let header = |kid: &str| text(&json!({"alg": "RS256", "kid": kid}));
        let step = |kept: &Kept, kid: &str, now: i64| {
            let text = header(kid);
            match kept.look_up(&Token::parse(&text).unwrap(), at(now)) {
                Lookup::Use(key) => key.key_id.unwrap(),
                other => format!("{other:?}"),
            }
        };
        let (fresh, stale, pause) =
            (limits::KEY_SET_FRESH_MS, limits::KEY_SET_STALE_MS, limits::KEY_SET_PAUSE_MS);
        let failed = || Err(Fault::Unavailable("the key set".into(), "no answer".into()));

        let mut kept = Kept::default();
        assert_eq!(step(&kept, "a", 0), "Fetch", "nothing is known yet");
        assert!(kept.asked(failed(), at(0)).is_err());
        assert_eq!(step(&kept, "a", pause - 1), "Unavailable", "an issuer that is down has peace");
        assert_eq!(step(&kept, "a", pause), "Fetch");

        let mut kept = Kept::default();
        kept.asked(Ok(set(&json!([rsa("a")]))), at(0)).unwrap();
        assert_eq!(step(&kept, "a", fresh - 1), "a");
        assert_eq!(step(&kept, "b", pause - 1), "Unknown", "made-up names do not become requests");
        assert_eq!(step(&kept, "b", pause), "Fetch", "a new key is found");
        kept.asked(Ok(set(&json!([rsa("a"), rsa("b")]))), at(pause)).unwrap();
        assert_eq!((step(&kept, "a", pause), step(&kept, "b", pause)), ("a".into(), "b".into()));

        let old = pause + fresh;
        assert_eq!(step(&kept, "a", old), "Fetch", "it has grown old");
        assert!(kept.asked(failed(), at(old)).is_err());
        assert_eq!(step(&kept, "a", old + 1), "a", "the last good set counts");
        let end = pause + stale;
        assert!(kept.asked(failed(), at(end - 1)).is_err());
        assert_eq!(step(&kept, "a", end - 1), "a");
        assert_eq!(step(&kept, "a", end), "Unavailable", "but not for ever");
    }
}
