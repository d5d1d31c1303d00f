-- What ended long ago. ?1: name, ?2: the first generation that is kept.
DELETE FROM processor WHERE name = ?1 AND generation < ?2 AND status IN ('REPLACED', 'CANCELLED')
