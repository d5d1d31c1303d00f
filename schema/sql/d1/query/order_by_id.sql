-- ?2: whose it must be, or null.
SELECT id, version, status, reason, customer_id, account_id, lines, total, placed_at
FROM placed_order WHERE id = ?1 AND (?2 IS NULL OR customer_id = ?2)
