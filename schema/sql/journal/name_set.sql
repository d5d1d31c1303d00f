INSERT INTO named (name) VALUES (?)
