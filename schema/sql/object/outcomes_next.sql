SELECT MIN(expires_at) FROM outcomes
