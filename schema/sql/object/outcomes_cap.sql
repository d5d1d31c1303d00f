DELETE FROM outcomes WHERE command_id IN (SELECT command_id FROM outcomes ORDER BY expires_at DESC LIMIT -1 OFFSET ?)
