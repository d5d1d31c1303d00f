-- A page of orders. ?1, ?2: key and id of the row after which it begins. ?3: whose they must be.
-- ?4 to ?6: what the filter asks for, in the order of the lines. ?7: how many. ?8: JSON array of the only ids.
-- A line that ends with a comment is there when all its words were asked for.
SELECT id, version, status, reason, customer_id, account_id, lines, total, placed_at,
  placed_at AS cursor_key                 -- NEWEST
  placed_at AS cursor_key                 -- OLDEST
  total AS cursor_key                     -- HIGHEST_TOTAL
  total AS cursor_key                     -- LOWEST_TOTAL
FROM placed_order
WHERE TRUE
  AND id IN (SELECT value FROM json_each(?8)) -- ids
  AND customer_id = ?3                    -- owner
  AND customer_id = ?4                    -- customerId
  AND account_id = ?5                     -- accountId
  AND status = ?6                         -- status
  AND (placed_at, id) < (?1, ?2)          -- after NEWEST
  AND (placed_at, id) > (?1, ?2)          -- after OLDEST
  AND (total, id) < (?1, ?2)              -- after HIGHEST_TOTAL
  AND (total, id) > (?1, ?2)              -- after LOWEST_TOTAL
ORDER BY placed_at DESC, id DESC          -- NEWEST
ORDER BY placed_at, id                    -- OLDEST
ORDER BY total DESC, id DESC              -- HIGHEST_TOTAL
ORDER BY total, id                        -- LOWEST_TOTAL
LIMIT ?7
