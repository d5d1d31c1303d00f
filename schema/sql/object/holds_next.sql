SELECT MIN(next_at) FROM holds
