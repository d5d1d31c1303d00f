//! Rounds in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::{
    graphql::{
        Arguments, CommandResult, Connection, DateTime, List, MinVersion, StateAt, Subscribed,
        Update, Which, eq, named, one, page, projected, rows_wanted, send, subscribe,
        subscribe_all,
    },
    participant::Condition,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{events::Ending, reducer};

/// One round of a game.
#[derive(SimpleObject)]
#[graphql(name = "Round")]
pub struct RoundView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// Status.
    status: RoundStatus,
    /// Reason of its end; null until then.
    ending: Option<RoundEnding>,
    /// The game.
    game: String,
    /// Largest number of players.
    max_players: i32,
    /// The players with their scores.
    players: Vec<RoundPlayer>,
    /// Number of moves.
    moves: i32,
    /// Latest end; null when the round goes on while somebody plays.
    ends_at: Option<DateTime>,
    /// Instant at which it was started.
    started_at: DateTime,
}

/// A player.
#[derive(SimpleObject)]
pub struct RoundPlayer {
    /// The player.
    player_id: ID,
    /// Points of the moves so far.
    score: i32,
}

/// Status of a round.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RoundStatus {
    /// It takes players.
    Open,
    /// It is played.
    Running,
    /// It has ended.
    Finished,
}

/// Reason of a round's end.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RoundEnding {
    /// Somebody ended it.
    Finished,
    /// Its time was up.
    TimeUp,
    /// Nobody played for too long.
    Idle,
}

/// A round to be started.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StartGameRoundInput {
    /// The game, 1 to 500 characters.
    game: String,
    /// Largest number of players, 1 to 100.
    max_players: i32,
    /// Latest end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<DateTime>,
}

/// A move.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlayInput {
    /// The player.
    player_id: ID,
    /// The move, in the game's own words; 1 to 500 characters.
    #[graphql(name = "move")]
    #[serde(rename = "move")]
    what: String,
    /// Points of the move, −10,000 to 10,000.
    points: i32,
}

/// The order of a list of rounds. Each order is by something that never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum RoundOrderBy {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// The rounds of a list: those that match every condition.
#[derive(Default, InputObject)]
pub struct RoundFilter {
    /// Of this game.
    game: Option<String>,
    /// Those with this status.
    status: Option<RoundStatus>,
}

/// Queries about rounds.
#[derive(Default)]
pub struct RoundQuery;

#[Object]
impl RoundQuery {
    /// A round; null when there is none. At most one of the two arguments besides `id` may be given.
    async fn round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The state at this version.")] at_version: Option<i32>,
        #[graphql(desc = "The state at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<RoundView>> {
        one::<crate::Round, _>(context, &id, Which { at_version, at }, view).await.transpose()
    }

    /// Rounds, in the order that is asked for.
    async fn rounds(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<RoundFilter>,
        #[graphql(desc = "The order of the list.", default)] order_by: RoundOrderBy,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows."
        )]
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<RoundView>> {
        let list = List { order_by, filter: wanted(filter)?, first, after, min_version };
        page::<crate::Round, _>(context, list, view).await
    }

    /// The players with the most points in a game over all rounds, the best first.
    async fn leaderboard(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The game.")] game: String,
        #[graphql(desc = "Number of players, 1 to 100; 20 when left out.")] first: Option<i32>,
    ) -> Result<Vec<LeaderboardEntry>> {
        let params = vec![game.into(), rows_wanted(first)?.into()];
        let sql = include_str!("../../../schema/sql/projection/leaderboard_page.sql");
        projected::<crate::Round, _>(context, sql, params).await
    }
}

/// A player on the leaderboard of a game.
#[derive(SimpleObject, Deserialize)]
pub struct LeaderboardEntry {
    /// The player.
    player_id: ID,
    /// Points in all rounds of the game.
    points: i64,
    /// Number of moves in them.
    moves: i64,
}

/// The conditions of a filter.
fn wanted(filter: Option<RoundFilter>) -> Result<Vec<Option<Condition>>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![eq("game", filter.game), eq("status", named(filter.status))])
}

fn view(at: StateAt<reducer::State>) -> Option<RoundView> {
    let round = at.state?;
    let player = |(id, score): (edgefold_kernel::Subject, i64)| {
        Some(RoundPlayer { player_id: id.as_str().into(), score: i32::try_from(score).ok()? })
    };
    Some(RoundView {
        id: at.id,
        version: at.version,
        status: match round.status {
            reducer::Status::Open => RoundStatus::Open,
            reducer::Status::Running => RoundStatus::Running,
            reducer::Status::Finished => RoundStatus::Finished,
        },
        ending: round.ending.map(|ending| match ending {
            Ending::Finished => RoundEnding::Finished,
            Ending::TimeUp => RoundEnding::TimeUp,
            Ending::Idle => RoundEnding::Idle,
        }),
        game: round.game.as_str().to_owned(),
        max_players: i32::try_from(round.max_players).ok()?,
        players: round.scores.into_iter().map(player).collect::<Option<_>>()?,
        moves: i32::try_from(round.moves).ok()?,
        ends_at: round.ends_at.map(|at| DateTime(at.to_string())),
        started_at: at.began,
    })
}

/// Mutations of rounds.
#[derive(Default)]
pub struct RoundMutation;

#[Object]
impl RoundMutation {
    /// Opens a round of a game for players.
    async fn start_game_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new round; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "The input of the command.")] input: StartGameRoundInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id, command_id, expected_version };
        send::<crate::Round>(context, "StartGameRound", input, arguments).await
    }

    /// Takes a seat before the first move. A repeat changes nothing.
    async fn join_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The player.")] player_id: ID,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Round>(context, "JoinRound", json!({"playerId": player_id}), arguments).await
    }

    /// Makes a move. The first one begins the game.
    async fn play(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The input of the command.")] input: PlayInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Round>(context, "Play", input, arguments).await
    }

    /// Ends a round before its time.
    async fn finish_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Round>(context, "FinishRound", json!({}), arguments).await
    }
}

/// Something that happened to a round of a game.
#[derive(SimpleObject)]
pub struct RoundUpdate {
    #[graphql(flatten)]
    update: Update,
    /// The round after it; null where it has left, and where nothing but `caughtUp` comes.
    round: Option<RoundView>,
}

fn update(update: Update, state: Option<StateAt<reducer::State>>) -> RoundUpdate {
    RoundUpdate { update, round: state.and_then(view) }
}

/// Subscriptions to rounds.
#[derive(Default)]
pub struct RoundSubscription;

#[Subscription]
impl RoundSubscription {
    /// The events of a round of a game, in order, each once: everything after the cursor, then live.
    async fn round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<RoundUpdate>> {
        subscribe::<crate::Round, _>(context, &id, after, update)
    }
    /// The events of the rounds that a list with this filter holds, from now on or after the cursor: each once, in the order
    /// of the journal, with its row. One that the filter holds no more comes as `left`.
    async fn rounds(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<RoundFilter>,
        #[graphql(
            desc = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<RoundUpdate>> {
        subscribe_all::<crate::Round, _>(context, wanted(filter)?, after, update)
    }
}
