-- The best come first.
CREATE INDEX {leaderboard}_best ON {leaderboard} (game, points, player_id)
