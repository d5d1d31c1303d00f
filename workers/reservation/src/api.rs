//! Reservations in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::{
    graphql::{
        Arguments, CommandResult, Connection, Date, DateTime, List, MinVersion, StateAt,
        Subscribed, Update, Which, at_least, at_most, day, eq, named, one, page, send, subscribe,
        subscribe_all,
    },
    participant::Condition,
};
use serde::Serialize;
use serde_json::json;

use crate::reducer;

/// A guest's claim on nights of a room.
#[derive(SimpleObject)]
#[graphql(name = "Reservation")]
pub struct ReservationView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// Status.
    status: ReservationStatus,
    /// Reason why it was declined (a code) or cancelled (a text).
    reason: Option<String>,
    /// The owner.
    user_id: ID,
    /// The room.
    room_id: ID,
    /// First night.
    date_start: Date,
    /// Day of departure: the night before it is the last one.
    date_end: Date,
    /// Instant at which it was created.
    created_at: DateTime,
}

/// Status of a reservation.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ReservationStatus {
    /// The room was asked.
    Pending,
    /// The room holds the nights.
    Confirmed,
    /// The room refused.
    Declined,
    /// Cancelled by a caller.
    Cancelled,
    /// The room did not answer in time.
    Expired,
}

/// A claim on nights of a room.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateReservationInput {
    /// The guest who claims them.
    user_id: ID,
    /// The room.
    room_id: ID,
    /// First night.
    date_start: Date,
    /// Day of departure: the night before it is the last one.
    date_end: Date,
}

/// The order of a list of reservations. Each order is by something that never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum ReservationOrderBy {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By the first night, the earliest first.
    Arrival,
}

/// The reservations of a list: those that match every condition.
#[derive(Default, InputObject)]
pub struct ReservationFilter {
    /// Those of this owner.
    user_id: Option<ID>,
    /// Claims on this room.
    room_id: Option<ID>,
    /// Those with this status.
    status: Option<ReservationStatus>,
    /// Those with this first night or a later one.
    arriving_from: Option<Date>,
    /// Those with this first night or an earlier one.
    arriving_until: Option<Date>,
}

/// Queries about reservations.
#[derive(Default)]
pub struct ReservationQuery;

#[Object]
impl ReservationQuery {
    /// A reservation; null when there is none. At most one of the two arguments besides `id` may be given.
    async fn reservation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The state at this version.")] at_version: Option<i32>,
        #[graphql(desc = "The state at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<ReservationView>> {
        one::<crate::Reservation, _>(context, &id, Which { at_version, at }, view).await.transpose()
    }

    /// Reservations, in the order that is asked for.
    async fn reservations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<
            ReservationFilter,
        >,
        #[graphql(desc = "The order of the list.", default)] order_by: ReservationOrderBy,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows."
        )]
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<ReservationView>> {
        let list = List { order_by, filter: wanted(filter)?, first, after, min_version };
        page::<crate::Reservation, _>(context, list, view).await
    }
}

/// The conditions of a filter.
fn wanted(filter: Option<ReservationFilter>) -> Result<Vec<Option<Condition>>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        eq("userId", filter.user_id),
        eq("roomId", filter.room_id),
        eq("status", named(filter.status)),
        at_least("dateStart", day("filter.arrivingFrom", filter.arriving_from)?),
        at_most("dateStart", day("filter.arrivingUntil", filter.arriving_until)?),
    ])
}

fn view(at: StateAt<reducer::State>) -> Option<ReservationView> {
    let reservation = at.state?;
    Some(ReservationView {
        id: at.id,
        version: at.version,
        status: match reservation.status {
            reducer::Status::Pending => ReservationStatus::Pending,
            reducer::Status::Confirmed => ReservationStatus::Confirmed,
            reducer::Status::Declined => ReservationStatus::Declined,
            reducer::Status::Cancelled => ReservationStatus::Cancelled,
            reducer::Status::Expired => ReservationStatus::Expired,
        },
        reason: reservation.reason,
        user_id: reservation.user_id.as_str().into(),
        room_id: reservation.room_id.as_str().into(),
        date_start: Date(reservation.date_start.to_string()),
        date_end: Date(reservation.date_end.to_string()),
        created_at: at.began,
    })
}

/// Mutations of reservations.
#[derive(Default)]
pub struct ReservationMutation;

#[Object]
impl ReservationMutation {
    /// Claims nights of a room. Accepted means PENDING: CONFIRMED or DECLINED follows when the room has answered, EXPIRED
    /// when it does not within `confirmWithinMs`.
    async fn create_reservation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new reservation; made up when left out.")] id: Option<
            ID,
        >,
        #[graphql(desc = "The input of the command.")] input: CreateReservationInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id, command_id, expected_version };
        send::<crate::Reservation>(context, "CreateReservation", input, arguments).await
    }

    /// Cancels a reservation.
    async fn cancel_reservation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Why, for the record; 1 to 500 characters.")] reason: Option<String>,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let payload = reason.map_or_else(|| json!({}), |reason| json!({"reason": reason}));
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Reservation>(context, "CancelReservation", payload, arguments).await
    }
}

/// Something that happened to a reservation.
#[derive(SimpleObject)]
pub struct ReservationUpdate {
    #[graphql(flatten)]
    update: Update,
    /// The reservation after it; null where it has left, and where nothing but `caughtUp` comes.
    reservation: Option<ReservationView>,
}

fn update(update: Update, state: Option<StateAt<reducer::State>>) -> ReservationUpdate {
    ReservationUpdate { update, reservation: state.and_then(view) }
}

/// Subscriptions to reservations.
#[derive(Default)]
pub struct ReservationSubscription;

#[Subscription]
impl ReservationSubscription {
    /// The events of a reservation, in order, each once: everything after the cursor, then live. CONFIRMED or DECLINED
    /// comes when the room has answered, EXPIRED when it has not within `confirmWithinMs`.
    async fn reservation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<ReservationUpdate>> {
        subscribe::<crate::Reservation, _>(context, &id, after, update)
    }
    /// The events of the reservations that a list with this filter holds, from now on or after the cursor: each once, in the order
    /// of the journal, with its row. One that the filter holds no more comes as `left`.
    async fn reservations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<
            ReservationFilter,
        >,
        #[graphql(
            desc = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<ReservationUpdate>> {
        subscribe_all::<crate::Reservation, _>(context, wanted(filter)?, after, update)
    }
}
