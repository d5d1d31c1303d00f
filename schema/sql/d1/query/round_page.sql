-- Newest first. ?1, ?2: started_at and id of the row after which the page begins, or null for the first page. ?3: rows.
-- ?4: whose they must be, or null: a round is nobody's.
SELECT id, version, status, ending, game, max_players, players, moves, ends_at, started_at FROM round
WHERE (?1 IS NULL OR (started_at, id) < (?1, ?2)) AND ?4 IS NULL
ORDER BY started_at DESC, id DESC
LIMIT ?3
