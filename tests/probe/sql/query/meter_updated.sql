-- ?3, ?4, ?5: status, reading and observed_at of the report. It counts unless the row knows a later one by the meter's
-- clock. Every right side sees the row as it was before, and a comparison with null chooses ELSE.
UPDATE meter SET
  version     = ?2,
  readings    = readings + 1,
  late        = late + COALESCE(observed_at > ?5, 0),
  status      = CASE WHEN observed_at > ?5 THEN status ELSE ?3 END,
  reading     = CASE WHEN observed_at > ?5 THEN reading ELSE ?4 END,
  observed_at = CASE WHEN observed_at > ?5 THEN observed_at ELSE ?5 END
WHERE id = ?1 AND version < ?2
