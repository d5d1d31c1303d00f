-- ?3: the new status, or null when it stays. ?4: the reason, or null when it stays.
UPDATE claim SET version = ?2, status = COALESCE(?3, status), reason = COALESCE(?4, reason)
WHERE id = ?1 AND version < ?2
