SELECT id, version, status, ending, game, max_players, players, moves, ends_at, started_at
FROM round WHERE id = ?1
