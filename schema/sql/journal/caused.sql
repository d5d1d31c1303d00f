-- The earliest: what comes later under a correlation that somebody else has named does not displace it.
-- ?1: correlation. ?2: how many. ?3: how many are looked at for that.
SELECT id, version, position FROM (SELECT id, version, position FROM links WHERE correlation = ?1 LIMIT ?3)
ORDER BY position LIMIT ?2
