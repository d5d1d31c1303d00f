//! The caller, as its token describes it.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Object, SimpleObject};

use super::{DateTime, RoleName, gateway::Gateway, unanswered};

/// A query about the caller.
#[derive(Default)]
pub struct MeQuery;

#[Object]
impl MeQuery {
    /// The caller, as its token describes it.
    async fn me(&self, context: &Context<'_>) -> Option<Result<Me, Error>> {
        Some(me(context))
    }
}

/// The caller.
#[derive(SimpleObject)]
pub struct Me {
    /// Its subject: what belongs to it names this one.
    subject: ID,
    /// Its role.
    role: RoleName,
    /// Instant at which its token expires.
    expires_at: DateTime,
    /// Service that acts for it.
    via: Option<ID>,
    /// True if it sends no commands, whatever its role allows: it is a service, or has come with a ticket.
    watches: bool,
}

fn me(context: &Context<'_>) -> Result<Me, Error> {
    let caller = context.data::<Arc<dyn Gateway>>()?.caller().map_err(unanswered)?;
    Ok(Me {
        subject: caller.principal.subject.as_str().into(),
        role: RoleName(caller.principal.role.clone()),
        expires_at: DateTime(caller.expires_at.to_string()),
        via: caller.via.as_ref().map(|via| via.as_str().into()),
        watches: caller.watches,
    })
}
