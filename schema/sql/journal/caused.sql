-- The earliest, those first whose correlation nobody has claimed: what others do under its name does not displace what belongs to it.
-- ?1: correlation. ?2: how many. ?3: how many are looked at for that.
SELECT id, version, position, claimed FROM (SELECT id, version, position, claimed FROM links WHERE correlation = ?1 LIMIT ?3)
ORDER BY claimed, position LIMIT ?2
