SELECT version FROM events WHERE time <= ? ORDER BY version DESC LIMIT 1
