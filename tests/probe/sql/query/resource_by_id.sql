-- ?2: whose it must be, or null: a resource is nobody's.
SELECT id, version, group_id, number, capacity, rate, status, holds FROM resource WHERE id = ?1 AND ?2 IS NULL
