-- A page of resources. ?1, ?2: key and id of the row after which it begins. ?3: whose they must be: a resource is nobody's.
-- ?4 to ?6: what the filter asks for, in the order of the lines. ?7: how many. ?8: JSON array of the only ids.
-- A line that ends with a comment is there when all its words were asked for.
SELECT id, version, group_id, number, capacity, rate, status, holds,
  number AS cursor_key                    -- NUMBER
  rate AS cursor_key                      -- CHEAPEST
  rate AS cursor_key                      -- DEAREST
FROM resource
WHERE TRUE
  AND id IN (SELECT value FROM json_each(?8)) -- ids
  AND FALSE                               -- owner
  AND group_id = ?4                       -- groupId
  AND status = ?5                         -- status
  AND capacity >= ?6                      -- fits
  AND (number, id) > (?1, ?2)             -- after NUMBER
  AND (rate, id) > (?1, ?2)               -- after CHEAPEST
  AND (rate, id) < (?1, ?2)               -- after DEAREST
ORDER BY number, id                       -- NUMBER
ORDER BY rate, id                         -- CHEAPEST
ORDER BY rate DESC, id DESC               -- DEAREST
LIMIT ?7
