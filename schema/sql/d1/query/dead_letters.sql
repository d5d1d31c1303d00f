-- Letters of a sequence, in its order. ?1: sequence. ?2, ?3: place after which the page begins. ?4: rows. ?5: status that
-- they must have, or null.
SELECT version, part, status, letter, parked_at, decided_at, decided_by, reason
FROM dead_letter
WHERE sequence = ?1 AND (version, part) > (?2, ?3) AND (?5 IS NULL OR status = ?5)
ORDER BY version, part
LIMIT ?4
