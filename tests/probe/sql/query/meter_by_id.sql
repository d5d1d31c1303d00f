SELECT id, version, model, owner_id, status, reading, observed_at, decommissioned, readings, late, registered_at
FROM meter WHERE id = ?1
