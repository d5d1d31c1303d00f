INSERT OR REPLACE INTO outcomes (command_id, fingerprint, after, through, expires_at)
VALUES (?, ?, ?, ?, ?)