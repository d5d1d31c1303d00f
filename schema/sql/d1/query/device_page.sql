-- Newest first. ?1, ?2: registered_at and id of the row after which the page begins, or null for the first page. ?3: rows.
-- ?4: whose they must be, or null.
SELECT id, version, model, owner_id, status, reading, observed_at, decommissioned, readings, late, registered_at
FROM device
WHERE (?1 IS NULL OR (registered_at, id) < (?1, ?2)) AND (?4 IS NULL OR owner_id = ?4)
ORDER BY registered_at DESC, id DESC
LIMIT ?3
