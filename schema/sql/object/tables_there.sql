-- Each table, and whether an earlier release has left it without a column.
SELECT name, name = 'followers' AND instr(sql, 'holder') = 0 FROM sqlite_master WHERE type = 'table'
