INSERT OR REPLACE INTO outcomes (day, command_id, fingerprint, after, through, expires_at)
VALUES (?, ?, ?, ?, ?, ?)
