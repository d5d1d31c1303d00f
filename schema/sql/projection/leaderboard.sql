-- Points of each player in each game.
CREATE TABLE {leaderboard} (
  game      TEXT    NOT NULL,
  player_id TEXT    NOT NULL,
  points    INTEGER NOT NULL,
  moves     INTEGER NOT NULL,
  PRIMARY KEY (game, player_id)
) STRICT, WITHOUT ROWID
