-- Brings the tables of an earlier build to what they are now. Their outcomes are rows of their own, and stay that.
ALTER TABLE events ADD COLUMN fingerprint TEXT;
ALTER TABLE events ADD COLUMN through INTEGER;
ALTER TABLE events ADD COLUMN expires_at INTEGER;
INSERT INTO standing (one, id, partition, confirmed, journalled, published)
SELECT 1, id, partition, COALESCE(confirmed, 0), COALESCE(journalled, 0), COALESCE(published, 0)
FROM named LEFT JOIN cursors ON cursors.one = named.one;
DROP TABLE named;
DROP TABLE cursors;
