SELECT session, turn, until, filters FROM followers
