-- As the latest, also if there is an earlier one.
INSERT OR REPLACE INTO apart (stream, command, kept, expires_at) VALUES (?, ?, ?, ?)
