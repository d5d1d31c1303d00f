-- Always fails, at the end of a batch that is only tried: nothing of it stays.
INSERT INTO parked (name, generation, category, partition, id, position, code, reason, since, tried_at, attempts)
VALUES ('', 0, '', 0, NULL, 0, '', '', 0, 0, 0)
