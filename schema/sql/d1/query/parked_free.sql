-- A stream is made up. ?1: name, ?2: generation, ?3: category, ?4: partition, ?5: id.
DELETE FROM parked WHERE name = ?1 AND generation = ?2 AND category = ?3 AND partition = ?4 AND id = ?5
