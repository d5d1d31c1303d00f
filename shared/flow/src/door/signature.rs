//! What tokens and their issuers have in common: the algorithms of signatures, digests, and two refusals.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use edgefold_kernel::{Kind, Rejection};
use serde::Deserialize;
use sha2::{Digest, Sha256};

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

/// The refusal of a token.
pub fn invalid(detail: &str) -> Rejection {
    Rejection::new(Kind::Unauthenticated, "INVALID_TOKEN", detail)
}

/// The refusal of a caller who shows no token.
pub fn missing() -> Rejection {
    Rejection::new(Kind::Unauthenticated, "UNAUTHENTICATED", "expected a bearer token")
}

/// The digest under which a verified token or a ticket is remembered: it reveals neither.
pub fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Reads base64url without padding (RFC 7515). Each value has one text: stray bits at the end are refused.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
