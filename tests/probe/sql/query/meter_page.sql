-- A page of meters. ?1, ?2: key and id of the row after which it begins. ?3: whose they must be.
-- ?4 to ?7: what the filter asks for, in the order of the lines. ?8: how many. ?9: JSON array of the only ids.
-- A line that ends with a comment is there when all its words were asked for.
SELECT id, version, model, owner_id, status, reading, observed_at, decommissioned, readings, late, registered_at,
  registered_at AS cursor_key             -- NEWEST
  registered_at AS cursor_key             -- OLDEST
  model AS cursor_key                     -- MODEL
FROM meter
WHERE TRUE
  AND id IN (SELECT value FROM json_each(?9)) -- ids
  AND owner_id = ?3                       -- owner
  AND owner_id = ?4                       -- ownerId
  AND model = ?5                          -- model
  AND status = ?6                         -- status
  AND decommissioned = ?7                 -- decommissioned
  AND (registered_at, id) < (?1, ?2)      -- after NEWEST
  AND (registered_at, id) > (?1, ?2)      -- after OLDEST
  AND (model, id) > (?1, ?2)              -- after MODEL
ORDER BY registered_at DESC, id DESC      -- NEWEST
ORDER BY registered_at, id                -- OLDEST
ORDER BY model, id                        -- MODEL
LIMIT ?8
