DELETE FROM category_follower WHERE aggregate_type = ?1 AND session = ?2 AND turn <= ?3
