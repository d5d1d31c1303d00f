//! What is kept of queued commands in the object that counts the sockets of their sender. See [`Apart`].

use edgefold_flow::{
    contract,
    door::rate,
    queued::{Apart, ApartWanted},
};
use edgefold_kernel::{Failure, Principal};
use serde::{Serialize, de::DeserializeOwned};
use worker::Env;

use super::stub;

/// Keeps it.
///
/// # Errors
/// A fault when it is not kept.
pub(crate) async fn keep(env: &Env, apart: &Apart) -> Result<(), Failure> {
    ask(env, &apart.ending.sender, contract::APART, apart).await
}

/// What is kept of these commands of a principal.
///
/// # Errors
/// A fault when nobody can say.
pub(crate) async fn of(
    env: &Env,
    sender: &Principal,
    wanted: &ApartWanted,
) -> Result<Vec<Apart>, Failure> {
    ask(env, sender, contract::APART_OF, wanted).await
}

async fn ask<T: DeserializeOwned>(
    env: &Env,
    sender: &Principal,
    path: &'static str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    let (call, name) = (stub::post(path, body)?, rate::key(Some(sender), ""));
    stub::read(stub::session_named(env, &name, call).await?).await
}
