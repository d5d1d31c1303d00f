SELECT session FROM seats
