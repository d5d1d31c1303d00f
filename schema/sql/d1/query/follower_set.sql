-- Nothing comes back when ?5 other sessions follow this category already.
INSERT INTO category_follower (aggregate_type, session, turn, until)
SELECT ?1, ?2, ?3, ?4 WHERE (SELECT COUNT(*) FROM category_follower WHERE aggregate_type = ?1 AND session <> ?2) < ?5
ON CONFLICT DO UPDATE SET turn = excluded.turn, until = excluded.until
RETURNING session
