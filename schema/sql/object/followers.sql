SELECT session, turn, until FROM followers
