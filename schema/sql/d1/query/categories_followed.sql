-- Those of these categories that somebody follows. ?1: JSON array of types. ?2: now.
SELECT DISTINCT aggregate_type FROM category_follower
WHERE aggregate_type IN (SELECT value FROM json_each(?1)) AND until > ?2
