-- All but the latest.
DELETE FROM apart WHERE seq <= (SELECT max(seq) FROM apart) - ?
