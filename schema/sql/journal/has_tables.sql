-- Each table, and whether it is that of the links with all columns.
SELECT name, instr(sql, 'claimed') > 0 FROM sqlite_master WHERE type = 'table'
