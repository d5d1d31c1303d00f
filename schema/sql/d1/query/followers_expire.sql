DELETE FROM category_follower WHERE until <= ?1
