SELECT command_id, fingerprint, after, through, expires_at FROM outcomes WHERE command_id = ?
