-- ?1: JSON array of types. ?2: now. With how far the journal has come.
SELECT aggregate_type, session, turn, (SELECT MAX(position) FROM journal) AS head FROM category_follower
WHERE aggregate_type IN (SELECT value FROM json_each(?1)) AND until > ?2
