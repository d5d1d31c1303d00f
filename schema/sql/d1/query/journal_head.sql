SELECT COALESCE(MAX(position), 0) AS head FROM journal
