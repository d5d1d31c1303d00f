SELECT hold FROM holds WHERE next_at <= ? ORDER BY next_at LIMIT ?
