SELECT hold FROM holds WHERE to_type = ? AND to_id = ?
