SELECT expires_at FROM apart ORDER BY seq LIMIT 1
