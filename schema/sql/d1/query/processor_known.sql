-- The generations of some processors, each with its place in one partition, and how many partitions have not caught up.
-- ?1: JSON array of names, ?2: category, ?3: partition.
SELECT p.name, p.generation, p.version, p.status, p.is_paused, p.tables, p.began_at, p.active_at,
       c.turn, c.position, c."check", c.is_caught_up,
       (SELECT COUNT(*) FROM checkpoint AS o
        WHERE o.name = p.name AND o.generation = p.generation AND o.is_caught_up = 0) AS behind
FROM json_each(?1) AS n
CROSS JOIN processor AS p ON p.name = n.value
LEFT JOIN checkpoint AS c
  ON c.name = p.name AND c.generation = p.generation AND c.category = ?2 AND c.partition = ?3
