INSERT INTO resource (id, version, group_id, number, capacity, rate, status, holds)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'OPEN', 0)
ON CONFLICT (id) DO NOTHING
