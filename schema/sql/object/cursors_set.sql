INSERT INTO cursors (one, confirmed, journalled, published) VALUES (1, ?, ?, ?)
ON CONFLICT DO UPDATE SET
  confirmed = excluded.confirmed, journalled = excluded.journalled, published = excluded.published
