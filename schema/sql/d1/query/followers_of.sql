SELECT session, turn, until FROM category_follower WHERE aggregate_type = ?1 AND until > ?2
