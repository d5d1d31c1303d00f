SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('snapshots', 'followers', 'addressed', 'holds', 'named')
