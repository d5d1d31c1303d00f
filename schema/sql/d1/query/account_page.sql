-- Newest first. ?1, ?2: opened_at and id of the row after which the page begins, or null for the first page. ?3: rows.
-- ?4: whose they must be, or null.
SELECT id, version, owner_id, currency, overdraft_limit, balance, balance + overdraft_limit - held AS available, held, holds, opened_at
FROM account
WHERE (?1 IS NULL OR (opened_at, id) < (?1, ?2)) AND (?4 IS NULL OR owner_id = ?4)
ORDER BY opened_at DESC, id DESC
LIMIT ?3
