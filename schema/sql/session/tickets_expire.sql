DELETE FROM tickets WHERE until <= ?
