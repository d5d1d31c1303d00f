INSERT INTO category_follower (aggregate_type, session, turn, until) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO UPDATE SET turn = excluded.turn, until = excluded.until
