-- The game of each round.
CREATE TABLE {leaderboard_round} (
  round_id TEXT PRIMARY KEY,
  game     TEXT NOT NULL
) STRICT, WITHOUT ROWID
