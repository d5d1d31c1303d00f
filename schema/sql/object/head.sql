-- The last event, and the cursors. A stream without events has no row: nothing of it can have arrived.
SELECT version, time, confirmed, journalled, published
FROM events CROSS JOIN standing ON one = 1 ORDER BY version DESC LIMIT 1
