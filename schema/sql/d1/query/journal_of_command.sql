-- ?1: a command id. ?2: rows. The streams that this command has appended to: one, unless callers made up the same id.
SELECT DISTINCT aggregate_type, aggregate_id FROM journal WHERE command_id = ?1 LIMIT ?2
