INSERT INTO room (id, version, hotel_id, number, capacity, nightly_rate, status, holds)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'OPEN', 0)
ON CONFLICT (id) DO NOTHING
