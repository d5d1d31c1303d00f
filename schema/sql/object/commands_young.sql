-- The outcomes that are in no block yet, as lines of version, instant and id. ?1: the last event in a block; ?2: events up to the
-- next one, at most.
SELECT group_concat(version || ' ' || expires_at || ' ' || command_id, char(10)) FROM events
WHERE version > MAX(?1, (SELECT MAX(version) FROM events) - ?2) AND fingerprint IS NOT NULL
