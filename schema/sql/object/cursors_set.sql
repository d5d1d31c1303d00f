UPDATE standing SET confirmed = ?, journalled = ?, published = ?
