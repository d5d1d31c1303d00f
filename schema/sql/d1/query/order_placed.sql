INSERT INTO placed_order (id, version, customer_id, account_id, lines, total, status, placed_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'PLACED', ?7)
ON CONFLICT (id) DO NOTHING
