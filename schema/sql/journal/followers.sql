SELECT session, turn, until, holder, filters FROM followers
