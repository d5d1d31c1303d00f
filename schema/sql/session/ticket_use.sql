DELETE FROM tickets WHERE digest = ? AND until > ? RETURNING caller
