UPDATE meter SET version = ?2, decommissioned = 1 WHERE id = ?1 AND version < ?2
