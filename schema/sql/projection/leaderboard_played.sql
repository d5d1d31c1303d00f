-- ?1: the round. ?2: the player. ?3: points of the move.
INSERT INTO {leaderboard} (game, player_id, points, moves)
SELECT game, ?2, ?3, 1 FROM {leaderboard_round} WHERE round_id = ?1
ON CONFLICT (game, player_id) DO UPDATE SET points = points + excluded.points, moves = moves + 1
