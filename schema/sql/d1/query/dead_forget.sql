-- A sequence that failed flows again, and nothing of it was ever parked. ?1 to ?5: the sequence.
DELETE FROM dead_sequence
WHERE lane = ?1 AND destination_type = ?2 AND destination_id = ?3 AND source_type = ?4 AND source_id = ?5
  AND status = 'FAILING' AND NOT EXISTS (SELECT 1 FROM dead_letter WHERE sequence = dead_sequence.id)
