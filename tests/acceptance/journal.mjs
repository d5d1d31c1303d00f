// The journal beside the streams.
import assert from 'node:assert/strict';
import { until } from './harness.mjs';

/** Waits until the journal has the whole stream; checks that it has each event once, in order, as the object has it. */
export async function journalled(core, type, id, options) {
  const statement = 'SELECT version, event FROM journal WHERE aggregate_type = ? AND aggregate_id = ? ORDER BY position';
  const [rows, events] = await until(
    `the journal has all of ${type} ${id}`,
    async () => {
      const rows = await core.sql(statement, type, id);
      const events = await core.events(type, id);
      return rows.length >= events.length && [rows, events];
    },
    options,
  );
  assert.deepEqual(rows.map((row) => row.version), events.map((_, index) => index + 1));
  assert.deepEqual(rows.map((row) => JSON.parse(row.event)), events);
  return events;
}
