SELECT id, version, status, reason, customer_id, account_id, lines, total, placed_at
FROM placed_order WHERE id = ?1
