-- What follows position ?1, up to ?3 rows of any type: those of type ?2 with their event, up to the one that reaches ?4 bytes.
-- By position alone, so that no index has to be written for it.
SELECT position, event FROM (
  SELECT position, event, SUM(bytes) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (
    SELECT position, event, COALESCE(LENGTH(CAST(event AS BLOB)), 0) AS bytes FROM (
      SELECT position, CASE WHEN aggregate_type = ?2 THEN event END AS event FROM journal WHERE position > ?1 ORDER BY position LIMIT ?3
    )
  )
) WHERE COALESCE(before, 0) < ?4 ORDER BY position
