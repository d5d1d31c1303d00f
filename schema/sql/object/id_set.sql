INSERT INTO named (one, id, partition) VALUES (1, ?, ?) ON CONFLICT DO NOTHING
