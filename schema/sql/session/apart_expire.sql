DELETE FROM apart WHERE expires_at <= ?
