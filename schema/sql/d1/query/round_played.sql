-- ?3: who. ?4: what the move has brought.
UPDATE round SET
  version = ?2,
  status  = 'RUNNING',
  moves   = moves + 1,
  players = json_patch(players, json_object(
    ?3, CAST(?4 AS INTEGER) + (SELECT value FROM json_each(players) WHERE key = ?3)))
WHERE id = ?1 AND version < ?2
