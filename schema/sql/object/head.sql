SELECT (SELECT MAX(version) FROM events), confirmed, journalled FROM (SELECT 1) LEFT JOIN cursors
