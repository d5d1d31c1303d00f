INSERT INTO links (correlation, id, version, position) VALUES (?, ?, ?, ?)
