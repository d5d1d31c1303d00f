SELECT min(expires_at) FROM apart
