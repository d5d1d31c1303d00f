-- ?1: name, ?2: generation, ?3: version, ?4: JSON array of views, ?5: now.
INSERT INTO processor (name, generation, version, status, is_paused, tables, began_at)
VALUES (?1, ?2, ?3, 'BUILDING', 0, ?4, ?5)
