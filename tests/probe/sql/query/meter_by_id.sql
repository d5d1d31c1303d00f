-- ?2: whose it must be, or null.
SELECT id, version, model, owner_id, status, reading, observed_at, decommissioned, readings, late, registered_at
FROM meter WHERE id = ?1 AND (?2 IS NULL OR owner_id = ?2)
