INSERT INTO blocks (through, day, places) VALUES (?, ?, ?)
