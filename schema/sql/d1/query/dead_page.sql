-- Sequences in the order in which they first failed. ?1: id after which the page begins. ?2: rows. ?3: status. ?4 to ?8:
-- lane, destination type and id, source type and id that they must have, or null.
SELECT id, lane, destination_type, destination_id, source_type, source_id, status, attempts, reason, first_at, last_at,
  (SELECT COUNT(*) FROM dead_letter WHERE sequence = dead_sequence.id AND dead_letter.status = 'PARKED') AS letters
FROM dead_sequence
WHERE id > ?1 AND status = ?3
  AND (?4 IS NULL OR lane = ?4)
  AND (?5 IS NULL OR destination_type = ?5) AND (?6 IS NULL OR destination_id = ?6)
  AND (?7 IS NULL OR source_type = ?7) AND (?8 IS NULL OR source_id = ?8)
ORDER BY id
LIMIT ?2
