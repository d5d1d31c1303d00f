SELECT id, version, position FROM links WHERE correlation = ? LIMIT ?
