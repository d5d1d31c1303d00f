SELECT version, state_version, state FROM snapshots
WHERE state_version = ? AND version <= ? ORDER BY version DESC LIMIT 1
