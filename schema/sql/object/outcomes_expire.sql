DELETE FROM outcomes WHERE expires_at <= ?
