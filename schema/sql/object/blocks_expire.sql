-- All but the last one, which says where the next one begins. ?1: day.
DELETE FROM blocks WHERE day < ?1 AND through < (SELECT MAX(through) FROM blocks)
