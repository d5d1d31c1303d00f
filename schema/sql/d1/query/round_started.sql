INSERT INTO round (id, version, game, max_players, players, moves, status, ends_at, started_at)
VALUES (?1, ?2, ?3, ?4, '{}', 0, 'OPEN', ?5, ?6)
ON CONFLICT (id) DO NOTHING
