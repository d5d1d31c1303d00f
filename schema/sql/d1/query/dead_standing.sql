-- How some sequences fare. ?1: JSON array of [lane, destination type, destination id, source type, source id].
SELECT id, lane, destination_type, destination_id, source_type, source_id, status, attempts, last_at
FROM dead_sequence
WHERE (lane, destination_type, destination_id, source_type, source_id) IN
  (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1))
