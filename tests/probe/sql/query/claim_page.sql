-- A page of claims. ?1, ?2: key and id of the row after which it begins. ?3: whose they must be.
-- ?4 to ?8: what the filter asks for, in the order of the lines. ?9: how many. ?10: JSON array of the only ids.
-- A line that ends with a comment is there when all its words were asked for.
SELECT id, version, user_id, resource_id, date_start, date_end, status, reason, created_at,
  created_at AS cursor_key                -- NEWEST
  created_at AS cursor_key                -- OLDEST
  date_start AS cursor_key                -- START
FROM claim
WHERE TRUE
  AND id IN (SELECT value FROM json_each(?10)) -- ids
  AND user_id = ?3                        -- owner
  AND user_id = ?4                        -- userId
  AND resource_id = ?5                    -- resourceId
  AND status = ?6                         -- status
  AND date_start >= ?7                    -- startingFrom
  AND date_start <= ?8                    -- startingUntil
  AND (created_at, id) < (?1, ?2)         -- after NEWEST
  AND (created_at, id) > (?1, ?2)         -- after OLDEST
  AND (date_start, id) > (?1, ?2)         -- after START
ORDER BY created_at DESC, id DESC         -- NEWEST
ORDER BY created_at, id                   -- OLDEST
ORDER BY date_start, id                   -- START
LIMIT ?9
