INSERT INTO {leaderboard_rounds} (round_id, game) VALUES (?1, ?2) ON CONFLICT DO NOTHING
