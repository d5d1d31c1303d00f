SELECT version, id, type, schema_version, time, command_id, metadata, data FROM events
WHERE version > ? AND version <= ? ORDER BY version LIMIT ?
