-- Sessions that follow no more. ?2: JSON array of pairs of session and turn.
DELETE FROM category_follower WHERE aggregate_type = ?1 AND session IN
  (SELECT value ->> 0 FROM json_each(?2) WHERE category_follower.turn <= value ->> 1)
