-- A range of the key: costs nothing when there are none.
DELETE FROM snapshots WHERE state_version < ?
