-- Replaces one at the same version: it could not be read.
INSERT OR REPLACE INTO snapshots (state_version, version, state) VALUES (?, ?, ?)
