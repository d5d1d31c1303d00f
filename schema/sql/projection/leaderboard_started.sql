INSERT INTO {leaderboard_round} (round_id, game) VALUES (?1, ?2) ON CONFLICT DO NOTHING
