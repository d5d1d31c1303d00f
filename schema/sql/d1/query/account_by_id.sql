SELECT id, version, owner_id, currency, overdraft_limit, balance, balance + overdraft_limit - held AS available, held, holds, opened_at
FROM account WHERE id = ?1
