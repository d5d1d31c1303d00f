-- A sequence of which nothing waits any more flows again. ?1: its id. What came meanwhile keeps it parked.
UPDATE dead_sequence SET status = 'FREE', attempts = 0
WHERE id = ?1 AND status = 'PARKED'
  AND NOT EXISTS (SELECT 1 FROM dead_letter WHERE sequence = ?1 AND dead_letter.status = 'PARKED')
RETURNING id
