-- How many there are in each lane, with their letters. ?1: status. ?2 to ?6: as in the page.
SELECT lane, COUNT(*) AS sequences,
  SUM((SELECT COUNT(*) FROM dead_letter WHERE sequence = dead_sequence.id AND dead_letter.status = 'PARKED')) AS letters
FROM dead_sequence
WHERE status = ?1
  AND (?2 IS NULL OR lane = ?2)
  AND (?3 IS NULL OR destination_type = ?3) AND (?4 IS NULL OR destination_id = ?4)
  AND (?5 IS NULL OR source_type = ?5) AND (?6 IS NULL OR source_id = ?6)
GROUP BY lane
