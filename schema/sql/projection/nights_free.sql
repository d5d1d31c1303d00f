COALESCE((SELECT date_start FROM nights WHERE room_id = r.id AND date_end > {1} ORDER BY date_end LIMIT 1), '9999-12-31') >= {2}
