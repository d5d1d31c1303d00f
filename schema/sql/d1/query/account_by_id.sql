-- ?2: whose it must be, or null.
SELECT id, version, owner_id, currency, overdraft_limit, balance, balance + overdraft_limit - held AS available, held, holds, opened_at
FROM account WHERE id = ?1 AND (?2 IS NULL OR owner_id = ?2)
