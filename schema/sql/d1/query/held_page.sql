-- ?1: after this id; ?2: so many; then the filters. A filter that is null lets everything through.
SELECT id, held FROM held
WHERE id > ?1
  AND status IN (SELECT value FROM json_each(CASE WHEN ?3 IS NULL THEN '["FAILING","PARKED"]' ELSE json_array(?3) END))
  AND code = COALESCE(?4, code)
  AND to_type = COALESCE(?5, to_type) AND to_id = COALESCE(?6, to_id)
  AND source_type = COALESCE(?7, source_type) AND source_id = COALESCE(?8, source_id)
ORDER BY id LIMIT ?2
