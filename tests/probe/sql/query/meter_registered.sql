INSERT INTO meter (id, version, model, owner_id, decommissioned, readings, late, registered_at)
VALUES (?1, ?2, ?3, ?4, 0, 0, 0, ?5)
ON CONFLICT (id) DO NOTHING
