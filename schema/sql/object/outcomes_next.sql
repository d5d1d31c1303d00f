SELECT MIN(day) FROM outcomes
