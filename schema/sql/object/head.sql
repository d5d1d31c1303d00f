-- The last event, and the outbox cursor. A stream without events has no row: nothing of it can be confirmed.
SELECT version, time, (SELECT confirmed FROM outbox) FROM events ORDER BY version DESC LIMIT 1
