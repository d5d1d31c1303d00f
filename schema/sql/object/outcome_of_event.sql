SELECT command_id, fingerprint, version - 1, through, expires_at FROM events WHERE version = ? AND fingerprint IS NOT NULL
