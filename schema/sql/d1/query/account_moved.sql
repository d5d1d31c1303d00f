-- ?3: what the event adds to the balance. ?4: … to what is held. ?5: … to the number of payments that it is held for.
UPDATE account SET version = ?2, balance = balance + ?3, held = held + ?4, holds = holds + ?5
WHERE id = ?1 AND version < ?2
