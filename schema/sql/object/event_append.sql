INSERT INTO events (version, id, type, schema_version, time, command_id, metadata, data, fingerprint, through, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
