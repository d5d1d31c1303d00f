//! The script: an HTTP request from outside reaches it.
//!
//! | file | what happens |
//! |---|---|
//! | `events` | a subscription over HTTP is answered with a stream |
//! | [`graphql`] | the request is for GraphQL |
//! | [`projections`] | … or is about the processors of the journals |
//! | [`admin`] | … or comes from an administrator, about parked letters |
//! | `queued` | … or its commands go on a queue |
//! | [`doors`] | … or is handed to the instance's object |
//! | [`guard`] | before that, the request is let in or refused |
//! | `declare` | the whole of a script that is deployed, as one declaration |

mod events;
pub mod graphql;
pub mod projections;
pub mod admin;
mod queued;
pub mod doors;
pub mod guard;
mod declare;

use edgefold_flow::{Catalogue, door::token::Caller};
use edgefold_kernel::Failure;
use worker::Env;

use crate::platform::http::{Request, Response};

/// The caller of a request, or why it is not known.
pub type Known = Result<Caller, Failure>;

/// Serves a request from outside. `openapi` is the printed description of the HTTP doors.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub async fn serve(
    request: Request,
    env: &Env,
    catalogue: &'static Catalogue,
    openapi: &'static str,
    graphql: impl AsyncFnOnce(Request, Known) -> worker::Result<Response>,
) -> worker::Result<Response> {
    guard::guarded(request, env, catalogue, async |request, caller| match request.path() {
        "/openapi.json" => doors::document(&request, openapi),
        "/graphql" | "/graphql/" => graphql(request, caller).await,
        _ => doors::serve(request, caller, env, catalogue).await,
    })
    .await
}
