-- The filters, as in held_page.
SELECT lane, status, code, COUNT(*) AS sequences FROM held
WHERE status IN (SELECT value FROM json_each(CASE WHEN ?1 IS NULL THEN '["FAILING","PARKED"]' ELSE json_array(?1) END))
  AND lane = COALESCE(?2, lane) AND code = COALESCE(?3, code)
  AND to_type = COALESCE(?4, to_type) AND to_id = COALESCE(?5, to_id)
  AND source_type = COALESCE(?6, source_type) AND source_id = COALESCE(?7, source_id)
GROUP BY lane, status, code ORDER BY lane, status, code
