-- From a command to everything that it caused: what an event says of its cause can be looked up in the journal. Read from
-- the stored event, so that nothing is written twice and what was journalled before is found, too.
ALTER TABLE journal ADD COLUMN event_id     TEXT GENERATED ALWAYS AS (event ->> '$.id') VIRTUAL;
ALTER TABLE journal ADD COLUMN command_id   TEXT GENERATED ALWAYS AS (event ->> '$.commandid') VIRTUAL;    -- the command that led to it
ALTER TABLE journal ADD COLUMN causation_id TEXT GENERATED ALWAYS AS (event ->> '$.causationid') VIRTUAL;  -- what caused that command; null for one from outside

CREATE INDEX journal_command ON journal (command_id);
-- Most events are of commands from outside, and cost no row here.
CREATE INDEX journal_causation ON journal (causation_id) WHERE causation_id IS NOT NULL;
