CREATE INDEX IF NOT EXISTS holds_next ON holds (next_at);
