INSERT INTO apart (stream, command, kept, expires_at) VALUES (?, ?, ?, ?)
ON CONFLICT (stream, command) DO UPDATE SET kept = excluded.kept, expires_at = excluded.expires_at
