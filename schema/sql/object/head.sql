SELECT (SELECT MAX(version) FROM events), (SELECT confirmed FROM outbox)
