-- What follows position ?1, up to ?3 rows of any type: those of type ?2 with their event. By position alone, so that no index
-- has to be written for it.
SELECT position, CASE WHEN aggregate_type = ?2 THEN event END AS event FROM journal WHERE position > ?1 ORDER BY position LIMIT ?3
