-- ?3: who. json_patch takes the name as it is, where a JSON path would have to be quoted.
UPDATE round SET version = ?2, players = json_patch(players, json_object(?3, 0)) WHERE id = ?1 AND version < ?2
