-- A page of rooms. ?1, ?2: key and id of the row after which it begins. ?3: whose they must be: a room is nobody's.
-- ?4 to ?6: what the filter asks for, in the order of the lines. ?7: how many. ?8: JSON array of the only ids.
-- A line that ends with a comment is there when all its words were asked for.
SELECT id, version, hotel_id, number, capacity, nightly_rate, status, holds,
  number AS cursor_key                    -- NUMBER
  nightly_rate AS cursor_key              -- CHEAPEST
  nightly_rate AS cursor_key              -- DEAREST
FROM room
WHERE TRUE
  AND id IN (SELECT value FROM json_each(?8)) -- ids
  AND FALSE                               -- owner
  AND hotel_id = ?4                       -- hotelId
  AND status = ?5                         -- status
  AND capacity >= ?6                      -- guests
  AND (number, id) > (?1, ?2)             -- after NUMBER
  AND (nightly_rate, id) > (?1, ?2)       -- after CHEAPEST
  AND (nightly_rate, id) < (?1, ?2)       -- after DEAREST
ORDER BY number, id                       -- NUMBER
ORDER BY nightly_rate, id                 -- CHEAPEST
ORDER BY nightly_rate DESC, id DESC       -- DEAREST
LIMIT ?7
