DELETE FROM followers WHERE session = ?
