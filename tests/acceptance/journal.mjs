// The journal beside the streams, and the rows that are made from it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { until } from './harness.mjs';
import { inDatabase } from './storage.mjs';
import { parseToml } from './toml.mjs';

/** The aggregate types of a core. */
const types = (core) =>
  parseToml(readFileSync(core.configFile, 'utf8'))
    .durable_objects.bindings.map(({ name }) => name.toLowerCase())
    .filter((name) => !['session', 'journals'].includes(name));

/** What a partition holds, in the order of its positions: `{position, type, id, version, event}`. */
function partition(core, type, number) {
  const rows = (database) => database.prepare('SELECT position, appends FROM entries ORDER BY position').all();
  let found;
  try {
    found = inDatabase(core, 'journal', `${type}/${number}`, rows);
  } catch (error) {
    if (/unable to open|no such table/.test(error.message)) return []; // nobody has sent it anything
    throw error;
  }
  return found.flatMap(({ position, appends }) => {
    const events = JSON.parse(appends).flatMap(({ id, events }) => events.map((event) => ({ id, event })));
    return events.map(({ id, event }, index) => ({
      position: position - events.length + 1 + index,
      type,
      id,
      version: Number(event.sequence),
      event,
    }));
  });
}

/** Everything that is journalled: of one type, or of all. Read from the objects' storage, also while the core runs. */
export const journal = (core, type, partitions = 1) =>
  (type ? [type] : types(core)).flatMap((type) =>
    Array.from({ length: partitions }, (_, number) => partition(core, type, number)).flat(),
  );

/** The journalled events of one instance. */
export const journalOf = (core, type, id) => journal(core, type).filter((one) => one.id === id);

/** Waits until the journal has the whole stream; checks that it has each event once, in order, as the object has it. */
export async function journalled(core, type, id, options) {
  const [found, events] = await until(
    `the journal has all of ${type} ${id}`,
    async () => {
      const events = await core.events(type, id);
      const found = journalOf(core, type, id);
      return found.length >= events.length && [found, events];
    },
    options,
  );
  assert.deepEqual(found.map(({ version }) => version), events.map((_, index) => index + 1));
  assert.deepEqual(found.map(({ event }) => event), events);
  return events;
}

/** The row of an instance in D1 with its state spread out, or undefined. */
export async function row(core, type, id) {
  return (await rows(core, type)).find((row) => row.id === id);
}

/** All rows of a type in D1. */
export async function rows(core, type) {
  const found = await core.sql(`SELECT id, version, began, state FROM "${type}"`).catch((error) => {
    if (/no such table/.test(error.message)) return []; // nothing was ever listed
    throw error;
  });
  return found.map(({ state, ...row }) => ({ ...row, ...JSON.parse(state) }));
}

/** Waits until the row in D1 shows what the object says. Gives both. */
export async function projected(core, type, id, options) {
  return until(
    `the row of ${type} ${id} has caught up`,
    async () => {
      const [found, view] = [await row(core, type, id), await core.state(type, id)];
      return view && found?.version >= view.version && [found, view];
    },
    options,
  );
}

/** The costs of a partition's object since it was loaded. */
export const counters = (core, type, partition = 0) => core.counters('journals', `${type}/${partition}`);
