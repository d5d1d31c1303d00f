INSERT INTO standing (one, id, partition, confirmed, journalled, published) VALUES (1, ?, ?, 0, 0, 0) ON CONFLICT DO NOTHING
