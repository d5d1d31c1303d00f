SELECT id, lane, destination_type, destination_id, source_type, source_id, status, attempts, reason, first_at, last_at,
  (SELECT COUNT(*) FROM dead_letter WHERE sequence = dead_sequence.id AND dead_letter.status = 'PARKED') AS letters
FROM dead_sequence WHERE id = ?1
