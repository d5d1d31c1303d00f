DELETE FROM seats WHERE until <= ?
