-- A page of rounds. ?1, ?2: key and id of the row after which it begins. ?3: whose they must be: a round is nobody's.
-- ?4 to ?5: what the filter asks for, in the order of the lines. ?6: how many. ?7: JSON array of the only ids.
-- A line that ends with a comment is there when all its words were asked for.
SELECT id, version, status, ending, game, max_players, players, moves, ends_at, started_at,
  started_at AS cursor_key                -- NEWEST
  started_at AS cursor_key                -- OLDEST
FROM round
WHERE TRUE
  AND id IN (SELECT value FROM json_each(?7)) -- ids
  AND FALSE                               -- owner
  AND game = ?4                           -- game
  AND status = ?5                         -- status
  AND (started_at, id) < (?1, ?2)         -- after NEWEST
  AND (started_at, id) > (?1, ?2)         -- after OLDEST
ORDER BY started_at DESC, id DESC         -- NEWEST
ORDER BY started_at, id                   -- OLDEST
LIMIT ?6
