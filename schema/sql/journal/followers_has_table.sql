-- One row if there is the table: whether it has all columns.
SELECT instr(sql, 'holder') > 0 FROM sqlite_master WHERE type = 'table' AND name = 'followers'
