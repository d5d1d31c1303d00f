-- ?2: whose it must be, or null: a round is nobody's.
SELECT id, version, status, ending, game, max_players, players, moves, ends_at, started_at
FROM round WHERE id = ?1 AND ?2 IS NULL
