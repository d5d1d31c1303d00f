DELETE FROM outcomes WHERE day < ?
