-- A sequence that failed flows again. ?1 to ?5: the sequence.
UPDATE dead_sequence SET status = 'FREE', attempts = 0
WHERE lane = ?1 AND destination_type = ?2 AND destination_id = ?3 AND source_type = ?4 AND source_id = ?5
  AND status = 'FAILING'
