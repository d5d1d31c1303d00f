SELECT version, state_version, state FROM snapshots
