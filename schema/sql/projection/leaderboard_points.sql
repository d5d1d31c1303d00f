-- The best come first.
CREATE INDEX {leaderboard_points} ON {leaderboard} (game, points, player_id)
