//! A queue hands over a batch: letters of the bus, or commands.

use edgefold_flow::Catalogue;
use worker::{Env, MessageBatch};

use super::{commands, consume};
use crate::platform::bindings;

/// Serves one batch of any queue of the script.
///
/// # Errors
/// Never: what fails is told to its source, or put back.
pub async fn serve(
    batch: &MessageBatch<serde_json::Value>,
    env: &Env,
    catalogue: &'static Catalogue,
) -> worker::Result<()> {
    let name = batch.queue();
    let is_dead = name.ends_with(bindings::DEAD_QUEUE);
    match bindings::COMMAND_QUEUES.iter().any(|end| name.ends_with(end)) {
        true => commands::consume(batch, is_dead, env, catalogue).await,
        false => consume::consume(batch, is_dead, env, catalogue).await,
    }
    Ok(())
}
