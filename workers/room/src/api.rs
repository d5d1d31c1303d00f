//! Rooms in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::{
    graphql::{
        Amount, Arguments, CommandResult, Connection, Date, DateTime, List, MinVersion, Projected,
        StateAt, Subscribed, Update, Which, at_least, day, eq, named, one, page_where, send,
        subscribe, subscribe_all, unanswered,
    },
    participant::Condition,
};
use edgefold_kernel::Rejection;
use serde::Serialize;
use serde_json::json;

use crate::{nights::NIGHTS, reducer};

/// A room of a hotel.
#[derive(SimpleObject)]
#[graphql(name = "Room")]
pub struct RoomView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// The hotel that it belongs to.
    hotel_id: ID,
    /// The number on its door.
    number: String,
    /// Number of guests that it takes.
    capacity: i32,
    /// Price of a night, in minor units.
    nightly_rate: Amount,
    /// Open or closed for holds.
    status: RoomStatus,
    /// Number of reservations that hold nights.
    holds: i32,
}

/// A room is open or closed for holds.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RoomStatus {
    /// It takes holds.
    Open,
    /// It takes no holds.
    Closed,
}

/// A room to be added.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddRoomInput {
    /// The hotel that it belongs to.
    hotel_id: ID,
    /// The number on its door, 1 to 16 characters.
    number: String,
    /// Number of guests that it takes, 1 to 100.
    capacity: i32,
    /// Price of a night, in minor units.
    nightly_rate: Amount,
}

/// The order of a list of rooms. Each order is by something that never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum RoomOrderBy {
    /// By the number on the door.
    #[default]
    Number,
    /// By the price of a night, the lowest first.
    Cheapest,
    /// By the price of a night, the highest first.
    Dearest,
}

/// The rooms of a list: those that match every condition.
#[derive(Default, InputObject)]
pub struct RoomFilter {
    /// Rooms of this hotel.
    hotel_id: Option<ID>,
    /// Rooms that take holds, or that do not.
    status: Option<RoomStatus>,
    /// Rooms that take at least this many guests.
    guests: Option<i32>,
    /// Open rooms that are free from this night on; only together with `freeUntil`, and only in a list.
    free_from: Option<Date>,
    /// … until this day of departure.
    free_until: Option<Date>,
}

/// Queries about rooms.
#[derive(Default)]
pub struct RoomQuery;

#[Object]
impl RoomQuery {
    /// A room; null when there is none. At most one of the two arguments besides `id` may be given.
    async fn room(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The state at this version.")] at_version: Option<i32>,
        #[graphql(desc = "The state at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<RoomView>> {
        one::<crate::Room, _>(context, &id, Which { at_version, at }, view).await.transpose()
    }

    /// Rooms, in the order that is asked for.
    async fn rooms(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<RoomFilter>,
        #[graphql(desc = "The order of the list.", default)] order_by: RoomOrderBy,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows."
        )]
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<RoomView>> {
        let (filter, free) = wanted(filter)?;
        let list = List { order_by, filter, first, after, min_version };
        page_where::<crate::Room, _>(context, list, vec![free], view).await
    }
}

/// The conditions of a filter: those on the rows, and the one on nights that are held.
fn wanted(filter: Option<RoomFilter>) -> Result<(Vec<Option<Condition>>, Option<Projected>)> {
    let filter = filter.unwrap_or_default();
    let from = day("filter.freeFrom", filter.free_from)?;
    let until = day("filter.freeUntil", filter.free_until)?;
    let free = match (from, until) {
        (Some(from), Some(until)) if from < until => {
            let params = vec![from.into(), until.into()];
            let sql = include_str!("../../../schema/sql/projection/nights_free.sql");
            Some(Projected { name: NIGHTS.name, sql, params })
        }
        (None, None) => None,
        _ => {
            let detail = "filter.freeUntil: expected a day after filter.freeFrom, both or neither";
            return Err(unanswered(Rejection::shape("INVALID_FIELD", "filter.freeUntil", detail)));
        }
    };
    let conditions = vec![
        eq("hotelId", filter.hotel_id),
        eq("status", named(filter.status)),
        // A closed room takes no holds: nobody would call it free.
        eq("status", named(free.is_some().then_some(RoomStatus::Open))),
        at_least("capacity", filter.guests),
    ];
    Ok((conditions, free))
}

fn view(at: StateAt<reducer::State>) -> Option<RoomView> {
    let room = at.state?;
    Some(RoomView {
        id: at.id,
        version: at.version,
        hotel_id: room.hotel_id.as_str().into(),
        number: room.number.as_str().to_owned(),
        capacity: i32::try_from(room.capacity).ok()?,
        nightly_rate: Amount(room.nightly_rate.minor_units()),
        status: match room.status {
            reducer::Status::Open => RoomStatus::Open,
            reducer::Status::Closed => RoomStatus::Closed,
        },
        holds: i32::try_from(room.hold_count).ok()?,
    })
}

/// Mutations of rooms.
#[derive(Default)]
pub struct RoomMutation;

#[Object]
impl RoomMutation {
    /// Opens a room for holds.
    async fn add_room(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new room; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "The input of the command.")] input: AddRoomInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        send::<crate::Room>(
            context,
            "AddRoom",
            input,
            Arguments { id, command_id, expected_version },
        )
        .await
    }

    /// Closes a room for new holds. Existing holds stay.
    async fn close_room(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Room>(context, "CloseRoom", json!({}), arguments).await
    }
}

/// Something that happened to a room.
#[derive(SimpleObject)]
pub struct RoomUpdate {
    #[graphql(flatten)]
    update: Update,
    /// The room after it; null where it has left, and where nothing but `caughtUp` comes.
    room: Option<RoomView>,
}

fn update(update: Update, state: Option<StateAt<reducer::State>>) -> RoomUpdate {
    RoomUpdate { update, room: state.and_then(view) }
}

/// Subscriptions to rooms.
#[derive(Default)]
pub struct RoomSubscription;

#[Subscription]
impl RoomSubscription {
    /// The events of a room, in order, each once: everything after the cursor, then live.
    async fn room(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<RoomUpdate>> {
        subscribe::<crate::Room, _>(context, &id, after, update)
    }
    /// The events of the rooms that a list with this filter holds, from now on or after the cursor: each once, in the order
    /// of the journal, with its row. One that the filter holds no more comes as `left`.
    async fn rooms(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<RoomFilter>,
        #[graphql(
            desc = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<RoomUpdate>> {
        let (filter, free) = wanted(filter)?;
        if free.is_some() {
            let detail = "filter.freeFrom: a subscription does not know which nights are free";
            return Err(unanswered(Rejection::shape("INVALID_FIELD", "filter.freeFrom", detail)));
        }
        subscribe_all::<crate::Room, _>(context, filter, after, update)
    }
}
