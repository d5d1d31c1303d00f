SELECT MAX(position) FROM entries
