-- Parks a letter of a sequence that is parked, and of no other. ?1 to ?5: the sequence. ?6, ?7: its place. ?8: the letter.
-- ?9: now. Gives a row if it is there now, whether it was before or not.
INSERT INTO dead_letter (sequence, version, part, status, letter, parked_at)
SELECT id, ?6, ?7, 'PARKED', ?8, ?9 FROM dead_sequence
WHERE lane = ?1 AND destination_type = ?2 AND destination_id = ?3 AND source_type = ?4 AND source_id = ?5
  AND status = 'PARKED'
ON CONFLICT DO UPDATE SET version = excluded.version
RETURNING version, part
