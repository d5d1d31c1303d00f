//! Every caller shows a token. The runtime's WebCrypto checks its signature, and the issuer gives the keys.
//! The form of a token is in [`edgefold_flow::door::token`], the choice of its key in [`edgefold_flow::door::keys`]. What a deployment sets is in
//! [`edgefold_flow::door::issuer`].

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    pin::pin,
    time::Duration,
};

use edgefold_flow::{
    Catalogue, contract,
    door::{
        environment::Variables,
        issuer::Issuers,
        keys::{Kept, KeySet, Lookup},
        ticket,
        token::{Algorithm, Caller, Token, bearer, digest, invalid, missing},
    },
    subscribe::socket,
};
use edgefold_kernel::{Failure, Fault, Timestamp, limits};
use futures_util::future::{Either, select};
use js_sys::{Array, JSON, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::{JsCast, JsValue, wasm_bindgen};
use worker::{Delay, Env, Fetch, Url, console_error, wasm_bindgen_futures::JsFuture};

use crate::platform::{clock, http::Request, stub};

/// Time that an issuer has to answer: a request waits for it.
const ISSUER_WITHIN: Duration = Duration::from_secs(5);

thread_local! {
    /// The issuers that are set, read once.
    static ISSUERS: OnceCell<Issuers> = const { OnceCell::new() };
    /// Their keys by the address of the key set, as this isolate knows them.
    static KEYS: RefCell<BTreeMap<String, Kept>> = const { RefCell::new(BTreeMap::new()) };
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
    let authorization = request.header("authorization").map(str::to_owned);
    let offered = offered(request);
    let token = match (&authorization, &offered) {
        (None, Some(offered)) => socket::offered_token(offered).ok_or_else(missing)?,
        (authorization, _) => bearer(authorization.as_deref())?,
    };
    verify(env, catalogue, token).await
}

/// The sender of this upgrade: by a ticket in the offered subprotocol `ticket.<ticket>`, which is used up by this, or else as
/// [`authenticate`] has found it.
///
/// # Errors
/// Those of [`authenticate`], and what [`redeem`] says.
pub async fn upgrading(
    request: &Request,
    known: Result<Caller, Failure>,
    env: &Env,
) -> Result<Caller, Failure> {
    match offered(request).as_deref().and_then(ticket::offered) {
        Some(ticket) => redeem(env, ticket).await,
        None => known,
    }
}

/// The subprotocols that an upgrade offers.
fn offered(request: &Request) -> Option<String> {
    request
        .header("upgrade")
        .map(str::to_owned)
        .and_then(|_| request.header("sec-websocket-protocol").map(str::to_owned))
}

/// The caller who comes with this ticket, once.
///
/// # Errors
/// `INVALID_TOKEN` when there is no such ticket; a fault when the object in which it would lie cannot be reached.
pub async fn redeem(env: &Env, text: &str) -> Result<Caller, Failure> {
    let (object, digest) = ticket::read(text)?;
    let request = stub::post(contract::TICKET_USE, &digest)?;
    let answer = stub::session_known(env, object, request).await?;
    let answer = answer.ok_or_else(ticket::unknown)?;
    let caller: Option<Caller> = stub::read(answer).await?;
    Ok(ticket::bearer(caller.ok_or_else(ticket::unknown)?))
}

/// The caller of this token. Every door asks here, and the first verdict counts for all of them.
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
    let issuers = issuers(env, catalogue);
    let issuer = issuers.of(token.algorithm, token.issuer()).inspect_err(|refused| {
        if refused.code == "AUTH_NOT_CONFIGURED" {
            console_error!("a token was refused because there is no key for {:?}", token.algorithm);
        }
    })?;
    let key = match (token.algorithm, &issuer.secret, &issuer.key_set) {
        (Algorithm::Hs256, Some(secret), _) => {
            let bytes = Uint8Array::from(secret.as_bytes());
            import("raw", &bytes, Algorithm::Hs256).await?
        }
        (_, _, Some(url)) => published(url, &token, now).await?,
        _ => return Err(Fault::Defect("an issuer without a key".into()).into()),
    };
    if !holds(&key, &token).await? {
        return Err(invalid("the signature is not valid").into());
    }
    let caller = token.admit(issuer, catalogue.roles, now)?;
    let until = caller.expires_at.min(now.plus_millis(limits::KEY_SET_FRESH_MS));
    VERIFIED.with_borrow_mut(|verified| {
        if verified.len() >= limits::TOKENS_REMEMBERED {
            verified.clear();
        }
        verified.insert(digest, (caller.clone(), until));
    });
    Ok(caller)
}

/// The issuers that are set. What makes no sense is logged once and ignored.
fn issuers(env: &Env, catalogue: &Catalogue) -> Issuers {
    let read = || {
        let variable = |name: &str| env.var(name).ok().map(|value| value.to_string());
        let mut variables = Variables::new(variable);
        let issuers = Issuers::read(&mut variables, catalogue.roles);
        variables.misread.iter().for_each(|said| console_error!("{said}"));
        issuers
    };
    ISSUERS.with(|known| known.get_or_init(read).clone())
}

/// The key of this token in a published key set.
async fn published(url: &str, token: &Token<'_>, now: Timestamp) -> Result<JsValue, Failure> {
    let mut step = kept(url, |kept| kept.look_up(token, now));
    if step == Lookup::Fetch {
        // Requests that arrive during the fetch use the last good set, if there is one.
        kept(url, |kept| kept.asking(now));
        let answer = fetch_keys(url).await;
        if let Err(fault) = kept(url, |kept| kept.asked(answer, now)) {
            console_error!("{fault}");
        }
        step = kept(url, |kept| kept.look_up(token, now));
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

fn kept<T>(url: &str, with: impl FnOnce(&mut Kept) -> T) -> T {
    KEYS.with_borrow_mut(|keys| with(keys.entry(url.to_owned()).or_default()))
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

fn broken(error: &JsValue) -> Fault {
    Fault::Unavailable("WebCrypto".into(), format!("{error:?}"))
}
