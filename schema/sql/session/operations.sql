SELECT number, id, source, asked FROM operations ORDER BY number
