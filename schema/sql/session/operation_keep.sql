INSERT INTO operations (number, id, source, asked) VALUES (?, ?, ?, ?)
