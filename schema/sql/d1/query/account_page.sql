-- A page of accounts. ?1, ?2: key and id of the row after which it begins. ?3: whose they must be.
-- ?4 to ?7: what the filter asks for, in the order of the lines. ?8: how many. ?9: JSON array of the only ids.
-- A line that ends with a comment is there when all its words were asked for.
SELECT id, version, owner_id, currency, overdraft_limit, balance, balance + overdraft_limit - held AS available, held, holds, opened_at,
  opened_at AS cursor_key                 -- NEWEST
  opened_at AS cursor_key                 -- OLDEST
FROM account
WHERE TRUE
  AND id IN (SELECT value FROM json_each(?9)) -- ids
  AND owner_id = ?3                       -- owner
  AND owner_id = ?4                       -- ownerId
  AND currency = ?5                       -- currency
  AND balance < 0                         -- overdrawn
  AND balance >= 0                        -- inCredit
  AND (opened_at, id) < (?1, ?2)          -- after NEWEST
  AND (opened_at, id) > (?1, ?2)          -- after OLDEST
ORDER BY opened_at DESC, id DESC          -- NEWEST
ORDER BY opened_at, id                    -- OLDEST
LIMIT ?8
