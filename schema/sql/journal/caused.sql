-- The earliest: what comes later under a correlation that somebody else has named does not displace it.
SELECT id, version, position FROM links WHERE correlation = ? ORDER BY position LIMIT ?
