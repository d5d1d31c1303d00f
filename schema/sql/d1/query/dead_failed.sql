-- A sequence has failed. ?1 to ?5: the sequence. ?6: FAILING or PARKED. ?7: what went wrong. ?8: now. What is parked stays
-- parked.
INSERT INTO dead_sequence
  (lane, destination_type, destination_id, source_type, source_id, status, attempts, reason, first_at, last_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?8)
ON CONFLICT DO UPDATE SET
  first_at = CASE status WHEN 'FREE' THEN excluded.first_at ELSE first_at END,
  attempts = CASE status WHEN 'FREE' THEN 1 ELSE attempts + 1 END,
  status   = CASE status WHEN 'PARKED' THEN status ELSE excluded.status END,
  reason   = excluded.reason,
  last_at  = excluded.last_at
