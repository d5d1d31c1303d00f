INSERT INTO account (id, version, owner_id, currency, overdraft_limit, balance, held, holds, opened_at)
VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, ?6)
ON CONFLICT (id) DO NOTHING
