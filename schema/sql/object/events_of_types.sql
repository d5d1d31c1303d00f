SELECT version, id, type, schema_version, time, command_id, metadata, data FROM events
WHERE version > ?1 AND version <= ?2 AND type IN (SELECT value FROM json_each(?4)) ORDER BY version LIMIT ?3
