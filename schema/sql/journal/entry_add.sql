INSERT INTO entries (position, appends) VALUES (?, ?)
