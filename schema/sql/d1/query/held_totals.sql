-- The filters, as in held_page.
SELECT status, code, COUNT(*) AS sequences FROM held
WHERE status IN (SELECT value FROM json_each(CASE WHEN ?1 IS NULL THEN '["FAILING","PARKED"]' ELSE json_array(?1) END))
  AND code = COALESCE(?2, code)
  AND to_type = COALESCE(?3, to_type) AND to_id = COALESCE(?4, to_id)
  AND source_type = COALESCE(?5, source_type) AND source_id = COALESCE(?6, source_id)
GROUP BY status, code ORDER BY status, code
