SELECT id, version, hotel_id, number, capacity, nightly_rate, status, holds FROM room WHERE id = ?1
