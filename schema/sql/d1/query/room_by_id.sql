-- ?2: whose it must be, or null: a room is nobody's.
SELECT id, version, hotel_id, number, capacity, nightly_rate, status, holds FROM room WHERE id = ?1 AND ?2 IS NULL
