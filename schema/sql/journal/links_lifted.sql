-- Brings the table of an earlier release to what it is now.
ALTER TABLE links ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0
