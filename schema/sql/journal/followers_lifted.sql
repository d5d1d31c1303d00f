-- Brings the table of an earlier release to what it is now.
ALTER TABLE followers ADD COLUMN holder TEXT NOT NULL DEFAULT ''
