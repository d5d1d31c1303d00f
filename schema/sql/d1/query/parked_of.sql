-- The parked streams of one partition. ?1: JSON array of names, ?2: category, ?3: partition, ?4: how many.
SELECT k.name, k.generation, k.id, k.position, k.code, k.reason, k.since, k.tried_at, k.attempts
FROM json_each(?1) AS n
CROSS JOIN processor AS p ON p.name = n.value AND p.status IN ('BUILDING', 'ACTIVE')
CROSS JOIN parked AS k
  ON k.name = p.name AND k.generation = p.generation AND k.category = ?2 AND k.partition = ?3
LIMIT ?4
