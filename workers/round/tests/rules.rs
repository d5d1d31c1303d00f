//! The rules of a round.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_flow::Participant;
use edgefold_kernel::{Id, Principal, Scope, Text, Timestamp};
use edgefold_roles::{ADMIN, CAST, DEVICE, GUEST, STAFF};
use edgefold_round::{
    Round,
    commands::{Command, EndRound, FinishRound, JoinRound, Play, StartGameRound},
    events::{Ending, Event, MovePlayed, PlayerJoined, RoundFinished, RoundStarted},
    state::{State, Status},
};
use edgefold_testing::{given, state_after, who};

const NOW: &str = "2026-01-01T12:00:00Z";
const IDLE: &str = "2026-01-01T12:10:00Z";

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn start(ends_at: Option<&str>) -> StartGameRound {
    StartGameRound { game: text("chess"), max_players: 2, ends_at: ends_at.map(at) }
}

fn started(ends_at: Option<&str>) -> Event {
    let StartGameRound { game, max_players, ends_at } = start(ends_at);
    RoundStarted { game, max_players, ends_at, idle_at: at(IDLE) }.into()
}

fn join(player: &str) -> JoinRound {
    JoinRound { player_id: id(player).into() }
}

fn joined(player: &str) -> Event {
    PlayerJoined { player_id: id(player).into() }.into()
}

fn play(player: &str, points: i64) -> Play {
    Play { player_id: id(player).into(), what: text("e4"), points }
}

fn played(player: &str, points: i64, idle_at: &str) -> Event {
    MovePlayed { player_id: id(player).into(), what: text("e4"), points, idle_at: at(idle_at) }
        .into()
}

fn finished(ending: Ending) -> Event {
    RoundFinished { ending }.into()
}

/// The points of each player.
fn scores(round: &State) -> Vec<(&str, i64)> {
    round.players.iter().map(|player| (player.player_id.as_str(), player.score)).collect()
}

#[test]
fn a_round_ends_after_it_has_begun() {
    let end = Some("2026-01-01T13:00:00Z");
    given::<Round>([]).at(NOW).when(start(None)).then([started(None)]);
    given::<Round>([]).at(NOW).when(start(end)).then([started(end)]);
    given::<Round>([]).at(NOW).when(start(Some(NOW))).then_refused("ENDS_IN_THE_PAST");
}

#[test]
fn players_join_until_it_is_full_or_the_first_move_is_made() {
    given::<Round>([started(None)]).at(NOW).when(join("ana")).then([joined("ana")]);
    let one = || [started(None), joined("ana")];
    given::<Round>(one()).at(NOW).when(join("ana")).then_nothing();
    let two = || one().into_iter().chain([joined("ben")]);
    given::<Round>(two()).at(NOW).when(join("eve")).then_refused("ROUND_FULL");
    let running = || one().into_iter().chain([played("ana", 1, IDLE)]);
    given::<Round>(running()).at(NOW).when(join("ben")).then_refused("ROUND_RUNNING");
    given::<Round>(running()).at(NOW).when(join("ana")).then_nothing();
}

#[test]
fn a_move_counts_for_the_player_and_gives_a_minute_for_the_next() {
    let open = || given::<Round>([started(None), joined("ana"), joined("ben")]).at(NOW);
    let state = open().when(play("ana", 5)).then([played("ana", 5, "2026-01-01T12:01:00Z")]);
    let round = state.unwrap();
    assert_eq!((round.status, round.moves), (Status::Running, 1));
    assert_eq!(scores(&round), [("ana", 5), ("ben", 0)]);
    open().when(play("eve", 5)).then_refused("NOT_A_PLAYER");
    let later = [started(None), joined("ana"), played("ana", 5, IDLE)];
    let state = given::<Round>(later).at(NOW).when(play("ana", -7)).then([played(
        "ana",
        -7,
        "2026-01-01T12:01:00Z",
    )]);
    assert_eq!(scores(&state.unwrap()), [("ana", -2)]);
}

#[test]
fn it_ends_when_somebody_ends_it_its_time_is_up_or_nobody_plays() {
    let end = Some("2026-01-01T12:05:00Z");
    let state =
        given::<Round>([started(None)]).when(FinishRound {}).then([finished(Ending::Finished)]);
    assert_eq!(state.unwrap().ending, Some(Ending::Finished));
    given::<Round>([started(end)]).at("2026-01-01T12:04:59Z").when(EndRound {}).then_nothing();
    given::<Round>([started(end)])
        .at("2026-01-01T12:05:00Z")
        .when(EndRound {})
        .then([finished(Ending::TimeUp)]);
    given::<Round>([started(None)]).at(IDLE).when(EndRound {}).then([finished(Ending::Idle)]);
    let over = || given::<Round>([started(None), joined("ana"), finished(Ending::Idle)]).at(NOW);
    over().when(FinishRound {}).then_nothing();
    over().when(EndRound {}).then_nothing();
    over().when(play("ana", 1)).then_refused("ROUND_FINISHED");
    over().when(join("ben")).then_refused("ROUND_FINISHED");
    let late = || given::<Round>([started(end), joined("ana")]).at("2026-01-01T12:05:00Z");
    late().when(play("ana", 1)).then_refused("ROUND_FINISHED");
}

#[test]
fn the_deadline_moves_with_every_move_and_goes_with_the_end() {
    let due = |events: Vec<Event>| {
        Round::deadline(&id("it"), &state_after::<Round>(events)).map(|due| due.at)
    };
    assert_eq!(due(vec![]), None);
    assert_eq!(due(vec![started(None)]), Some(at(IDLE)));
    let end = Some("2026-01-01T12:05:00Z");
    assert_eq!(due(vec![started(end)]), Some(at("2026-01-01T12:05:00Z")));
    let moved = played("ana", 1, "2026-01-01T12:03:00Z");
    assert_eq!(due(vec![started(end), moved]), Some(at("2026-01-01T12:03:00Z")));
    assert_eq!(due(vec![started(None), finished(Ending::Finished)]), None);
}

#[test]
fn what_set_the_deadline_is_the_start_or_the_last_move_and_nobody_who_joined() {
    let set_by = |events: Vec<Event>| {
        Round::deadline(&id("it"), &state_after::<Round>(events)).unwrap().set_by
    };
    assert_eq!(set_by(vec![started(None), joined("ana"), joined("ben")]), 1);
    let moved = || played("ana", 1, "2026-01-01T12:03:00Z");
    assert_eq!(set_by(vec![started(None), joined("ana"), moved(), joined("ben")]), 3);
    let end = Some("2026-01-01T12:02:00Z");
    assert_eq!(set_by(vec![started(end), joined("ana"), moved()]), 1, "it ends at the latest");
}

#[test]
fn a_guest_plays_as_itself_the_staff_ends_rounds_and_everyone_watches() {
    let round = state_after::<Round>([started(None)]);
    let may_send = |command: Command| {
        who(CAST, |somebody| Round::may_send(somebody, &id("it"), &command, &round))
    };
    assert_eq!(may_send(join("ana").into()), ["guest ana", "staff sam"]);
    assert_eq!(may_send(join("eve").into()), ["staff sam"]);
    assert_eq!(may_send(play("ana", 1).into()), ["guest ana", "staff sam"]);
    assert_eq!(may_send(play("eve", 1).into()), ["staff sam"]);
    assert_eq!(may_send(FinishRound {}.into()), ["staff sam"]);
    assert_eq!(may_send(EndRound {}.into()), [""; 0]);
    for role in [GUEST, STAFF, DEVICE, ADMIN] {
        let somebody = Principal::new(id("ana"), role.clone());
        assert_eq!(Round::may_list(&somebody), Scope::All, "{role:?}");
        for round in [&round, &None] {
            assert!(Round::may_see(&somebody, &id("it"), round), "{role:?}");
            let starts = Round::may_send(&somebody, &id("it"), &start(None).into(), round);
            assert_eq!(starts, [GUEST, STAFF].contains(&role), "{role:?}");
        }
    }
}
