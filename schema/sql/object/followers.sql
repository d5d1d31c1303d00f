SELECT session, turn, until, holder FROM followers
