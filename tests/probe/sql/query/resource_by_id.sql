SELECT id, version, group_id, number, capacity, rate, status, holds FROM resource WHERE id = ?1
