-- A letter was delivered or discarded. ?1: sequence. ?2, ?3: place. ?4: DELIVERED or DISCARDED. ?5: now. ?6: by whom. ?7: why,
-- or null.
UPDATE dead_letter SET status = ?4, decided_at = ?5, decided_by = ?6, reason = ?7
WHERE sequence = ?1 AND version = ?2 AND part = ?3 AND status = 'PARKED'
