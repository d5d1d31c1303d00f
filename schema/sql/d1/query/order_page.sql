-- Newest first. ?1, ?2: placed_at and id of the row after which the page begins, or null for the first page. ?3: rows.
-- ?4: whose they must be, or null.
SELECT id, version, status, reason, customer_id, account_id, lines, total, placed_at FROM placed_order
WHERE (?1 IS NULL OR (placed_at, id) < (?1, ?2)) AND (?4 IS NULL OR customer_id = ?4)
ORDER BY placed_at DESC, id DESC
LIMIT ?3
