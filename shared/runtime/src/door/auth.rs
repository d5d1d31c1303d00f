//! Every caller shows a token. The runtime's WebCrypto checks its signature, and the issuer gives the keys.
//! The form of a token is in [`edgefold_flow::door::token`], the choice of its key in [`edgefold_flow::door::keys`].
//!
//! | variable | what it is |
//! |---|---|
//! | `AUTH_SECRET` | secret of at least 32 bytes that HS256 tokens are signed with |
//! | `AUTH_JWKS_URL` | key set of an issuer that signs with RS256, ES256 or EdDSA |
//! | `AUTH_ISSUER`, `AUTH_AUDIENCE` | what `iss` must be, and `aud` must hold |

use std::{cell::RefCell, collections::BTreeMap, pin::pin, time::Duration};

use edgefold_flow::{
    Catalogue,
    door::{
        keys::{Kept, KeySet, Lookup},
        token::{Algorithm, Caller, Expected, Token, bearer, digest, invalid},
    },
    subscribe::socket,
};
use edgefold_kernel::{Failure, Fault, Kind, Rejection, Timestamp, limits};
use futures_util::future::{Either, select};
use js_sys::{Array, JSON, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::{JsCast, JsValue, wasm_bindgen};
use worker::{Delay, Env, Fetch, Request, Url, console_error, wasm_bindgen_futures::JsFuture};

use crate::platform::{answer::header, clock};

/// Time that an issuer has to answer: a request waits for it.
const ISSUER_WITHIN: Duration = Duration::from_secs(5);

/// Shortest secret, in bytes: as long as a signature of HS256 (RFC 7518, section 3.2).
const SECRET_BYTES: usize = 32;

thread_local! {
    /// The issuer's keys, as this isolate knows them.
    static KEYS: RefCell<Kept> = RefCell::new(Kept::default());
    /// Verified tokens by digest, each with the instant until which the verification counts.
    static VERIFIED: RefCell<BTreeMap<[u8; 32], (Caller, Timestamp)>> =
        const { RefCell::new(BTreeMap::new()) };
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = importKey, catch)]
    fn import_key(
        format: &str,
        key: &JsValue,
        algorithm: &JsValue,
        extractable: bool,
        usages: &Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = verify, catch)]
    fn verify_signature(
        algorithm: &JsValue,
        key: &JsValue,
        signature: &Uint8Array,
        data: &Uint8Array,
    ) -> Result<Promise, JsValue>;
}

/// The sender of this request. The token comes in the `Authorization` header; at an upgrade, where browsers cannot set
/// headers, also as the offered subprotocol `bearer.<token>`.
///
/// # Errors
/// `UNAUTHENTICATED` without a token, and what [`verify`] says.
pub async fn authenticate(
    request: &Request,
    env: &Env,
    catalogue: &Catalogue,
) -> Result<Caller, Failure> {
    let authorization = header(request.headers(), "authorization");
    let offered = header(request.headers(), "upgrade")
        .and_then(|_| header(request.headers(), "sec-websocket-protocol"));
    let token = match (&authorization, &offered) {
        (None, Some(offered)) => {
            socket::offered_token(offered).ok_or_else(edgefold_flow::door::token::missing)?
        }
        (authorization, _) => bearer(authorization.as_deref())?,
    };
    verify(env, catalogue, token).await
}

/// The principal of this token, and the instant at which it expires.
///
/// # Errors
/// `INVALID_TOKEN`; `AUTH_NOT_CONFIGURED` when this deployment has no key of its kind; a fault when the issuer's keys
/// cannot be fetched.
pub async fn verify(env: &Env, catalogue: &Catalogue, text: &str) -> Result<Caller, Failure> {
    let (now, digest) = (clock::now(), digest(text));
    let known = VERIFIED.with_borrow(|verified| verified.get(&digest).cloned());
    if let Some((caller, _)) = known.filter(|(_, until)| now < *until) {
        return Ok(caller);
    }
    let token = Token::parse(text)?;
    let key = match token.algorithm {
        Algorithm::Hs256 => secret(env).await?,
        _ => published(env, &token, now).await?,
    };
    if !holds(&key, &token).await? {
        return Err(invalid("the signature is not valid").into());
    }
    let var = |name| env.var(name).ok().map(|value| value.to_string());
    let (issuer, audience) = (var("AUTH_ISSUER"), var("AUTH_AUDIENCE"));
    let expected = Expected { issuer, audience, roles: catalogue.roles };
    let caller = token.admit(&expected, now)?;
    let until = caller.expires_at.min(now.plus_millis(limits::KEY_SET_FRESH_MS));
    VERIFIED.with_borrow_mut(|verified| {
        if verified.len() >= limits::TOKENS_REMEMBERED {
            verified.clear();
        }
        verified.insert(digest, (caller.clone(), until));
    });
    Ok(caller)
}

/// The shared secret as a key.
async fn secret(env: &Env) -> Result<JsValue, Failure> {
    let secret = env.secret("AUTH_SECRET").map(|value| value.to_string()).unwrap_or_default();
    if secret.len() < SECRET_BYTES {
        return Err(not_configured("AUTH_SECRET of at least 32 bytes").into());
    }
    let bytes = Uint8Array::from(secret.as_bytes());
    import("raw", &bytes, Algorithm::Hs256).await
}

/// The issuer's key for this token.
async fn published(env: &Env, token: &Token<'_>, now: Timestamp) -> Result<JsValue, Failure> {
    let url = env.var("AUTH_JWKS_URL").map(|value| value.to_string());
    let url = url.ok().filter(|url| !url.is_empty());
    let url = url.ok_or_else(|| not_configured("AUTH_JWKS_URL"))?;
    let mut step = KEYS.with_borrow(|kept| kept.look_up(token, now));
    if step == Lookup::Fetch {
        // Requests that arrive during the fetch use the last good set, if there is one.
        KEYS.with_borrow_mut(|kept| kept.asking(now));
        let answer = fetch_keys(&url).await;
        if let Err(fault) = KEYS.with_borrow_mut(|kept| kept.asked(answer, now)) {
            console_error!("{fault}");
        }
        step = KEYS.with_borrow(|kept| kept.look_up(token, now));
    }
    match step {
        Lookup::Use(key) => {
            let jwk = serde_json::Value::Object(key.jwk).to_string();
            import("jwk", &JSON::parse(&jwk).map_err(|error| broken(&error))?, key.algorithm).await
        }
        Lookup::Unknown => Err(invalid("the token is signed with an unknown key").into()),
        Lookup::Fetch | Lookup::Unavailable => {
            Err(Fault::Unavailable("the key set".into(), "it could not be fetched".into()).into())
        }
    }
}

async fn fetch_keys(url: &str) -> Result<KeySet, Fault> {
    let unavailable = |said: String| Fault::Unavailable("the key set".into(), said);
    let url = Url::parse(url).map_err(|error| unavailable(error.to_string()))?;
    let fetch = Fetch::Url(url);
    let call = pin!(async {
        let mut response = fetch.send().await?;
        let status = response.status_code();
        Ok::<_, worker::Error>((status, response.bytes().await?))
    });
    match select(call, Delay::from(ISSUER_WITHIN)).await {
        Either::Left((Ok((200, bytes)), _)) => KeySet::parse(&bytes),
        Either::Left((Ok((status, _)), _)) => Err(unavailable(format!("status {status}"))),
        Either::Left((Err(error), _)) => Err(unavailable(error.to_string())),
        Either::Right(_) => Err(unavailable(format!("no answer within {ISSUER_WITHIN:?}"))),
    }
}

async fn import(format: &str, key: &JsValue, algorithm: Algorithm) -> Result<JsValue, Failure> {
    let usages = Array::of1(&JsValue::from_str("verify"));
    let promise = import_key(format, key, &parameters(algorithm)?, false, &usages);
    let promise = promise.map_err(|error| broken(&error))?;
    Ok(JsFuture::from(promise).await.map_err(|error| broken(&error))?)
}

async fn holds(key: &JsValue, token: &Token<'_>) -> Result<bool, Failure> {
    let (signature, signed) =
        (Uint8Array::from(token.signature.as_slice()), Uint8Array::from(token.signed()));
    let promise = verify_signature(&parameters(token.algorithm)?, key, &signature, &signed);
    let promise = promise.map_err(|error| broken(&error))?;
    let holds = JsFuture::from(promise).await.map_err(|error| broken(&error))?;
    Ok(holds.is_truthy())
}

/// WebCrypto's parameters of an algorithm, both for the key and for the signature.
fn parameters(algorithm: Algorithm) -> Result<JsValue, Fault> {
    let members: &[(&str, &str)] = match algorithm {
        Algorithm::Hs256 => &[("name", "HMAC"), ("hash", "SHA-256")],
        Algorithm::Rs256 => &[("name", "RSASSA-PKCS1-v1_5"), ("hash", "SHA-256")],
        Algorithm::Es256 => &[("name", "ECDSA"), ("hash", "SHA-256"), ("namedCurve", "P-256")],
        Algorithm::EdDsa => &[("name", "Ed25519")],
    };
    let parameters = Object::new();
    for (name, value) in members {
        Reflect::set(&parameters, &JsValue::from_str(name), &JsValue::from_str(value))
            .map_err(|error| broken(&error))?;
    }
    Ok(parameters.unchecked_into())
}

/// The refusal of every token of a kind for which no key is configured.
fn not_configured(what: &str) -> Rejection {
    console_error!("a token was refused because there is no {what}");
    Rejection::new(
        Kind::Unauthenticated,
        "AUTH_NOT_CONFIGURED",
        "this deployment has no key for tokens of this kind",
    )
}

fn broken(error: &JsValue) -> Fault {
    Fault::Unavailable("WebCrypto".into(), format!("{error:?}"))
}
