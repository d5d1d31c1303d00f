// The journal beside the streams, as it lies in the storage of its object.
import assert from 'node:assert/strict';
import { until } from './harness.mjs';
import { rows } from './storage.mjs';

/** Every event that a partition of a category has, in the order of their positions. */
export function entries(core, type, partition = 0) {
  const name = `${type}/${partition}`;
  try {
    const found = rows(core, 'journal', name, 'SELECT position, appends FROM entries ORDER BY position');
    return found.flatMap(({ appends }) => JSON.parse(appends).flatMap(({ events }) => events));
  } catch (error) {
    if (/unable to open|no such table/.test(error.message)) return []; // nothing was appended yet
    throw error;
  }
}

/** The costs of a partition's object since it was loaded. */
export const counters = (core, type, partition = 0) => core.counters('journals', `${type}/${partition}`);

/** Waits until the journal has the whole stream; checks that it has each event once, in order, as the object has it. */
export async function journalled(core, type, id, { partitions = 1, ...options } = {}) {
  const [found, events] = await until(
    `the journal has all of ${type} ${id}`,
    async () => {
      const all = Array.from({ length: partitions }, (_, partition) => entries(core, type, partition)).flat();
      const found = all.filter(({ subject }) => subject === id);
      const events = await core.events(type, id);
      return found.length >= events.length && [found, events];
    },
    options,
  );
  assert.deepEqual(found, events);
  return events;
}
