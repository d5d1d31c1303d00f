//! An HTTP request from outside reaches the script, and is a GraphQL one.

use std::sync::Arc;

use async_graphql::{ObjectType, Schema, SubscriptionType};
use edgefold_flow::{Catalogue, command::parse_json, gateway::Gateway};
use edgefold_kernel::{Failure, Kind, Rejection};
use worker::{Env, Method, Request, Response};

use crate::{
    answer, auth_fetch,
    door_fetch::{expect_json, wrong_method},
    gateway_d1::WorkersGateway,
};

/// Media type of GraphQL responses, for clients that ask for it.
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// Serves `POST /graphql`.
///
/// # Errors
/// When the runtime refuses to build a response.
pub async fn serve<Q, M, S>(
    mut request: Request,
    env: Env,
    catalogue: &'static Catalogue,
    schema: &Schema<Q, M, S>,
) -> worker::Result<Response>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let accept = answer::header(request.headers(), "accept").unwrap_or_default();
    let content_type =
        if accept.contains(GRAPHQL_RESPONSE) { GRAPHQL_RESPONSE } else { "application/json" };
    // A stranger may look at the schema; resolvers refuse him. A token that is shown must be good.
    let session = match answer::header(request.headers(), "authorization") {
        None => Ok(None),
        Some(_) => auth_fetch::authenticate(&request, &env).await.map(Some),
    };
    let session = match session {
        Ok(session) => session,
        Err(failure) => return answer::failed(&failure),
    };
    match read(&mut request).await {
        Ok(query) => {
            let gateway: Arc<dyn Gateway> = Arc::new(WorkersGateway::new(env, catalogue, session));
            answer::json(200, content_type, &schema.execute(query.data(gateway)).await)
        }
        Err(failure) => answer::failed(&failure),
    }
}

async fn read(request: &mut Request) -> Result<async_graphql::Request, Failure> {
    if request.method() != Method::Post {
        return Err(wrong_method("POST"));
    }
    expect_json(request)?;
    let value = parse_json(&answer::body(request).await?)?;
    if !value.is_object() {
        return Err(
            Rejection::shape("INVALID_FIELD", "query", "expected: an object with a query").into()
        );
    }
    serde_json::from_value(value).map_err(|error| {
        Rejection::new(
            Kind::Malformed,
            "MALFORMED_REQUEST",
            format!("not a GraphQL request: {error}"),
        )
        .into()
    })
}
