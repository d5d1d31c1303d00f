INSERT INTO tickets (digest, caller, until) VALUES (?, ?, ?)
