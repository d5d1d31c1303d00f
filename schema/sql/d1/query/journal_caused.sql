-- ?1: a command id. ?2: after this position. ?3: rows. ?4: so many events are followed at most.
-- Begins with the events of the command, and with those of commands that name it as their cause; and then from event to
-- event.
WITH RECURSIVE caused (position, event_id, command_id) AS (
  SELECT position, event_id, command_id FROM journal WHERE command_id = ?1 OR causation_id = ?1
  UNION
  SELECT journal.position, journal.event_id, journal.command_id
  FROM caused JOIN journal ON journal.causation_id IN (caused.event_id, caused.command_id)
  LIMIT ?4
)
SELECT position, event FROM journal
WHERE position IN (SELECT position FROM caused) AND position > ?2 ORDER BY position LIMIT ?3
