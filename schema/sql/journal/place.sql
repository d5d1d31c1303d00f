SELECT position FROM links WHERE correlation = ? AND id = ? AND version = ?
