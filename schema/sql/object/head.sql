-- The last event, and the cursors. A stream without events has no row: nothing of it can have arrived.
SELECT version, time, (SELECT confirmed FROM cursors), (SELECT journalled FROM cursors)
FROM events ORDER BY version DESC LIMIT 1
