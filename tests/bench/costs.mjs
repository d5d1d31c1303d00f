// What an object costs: rows written for a command, the size of its database, and what it takes to load it.
import { DatabaseSync } from 'node:sqlite';
import { median } from './figures.mjs';

const report = (id, number) => ({
  aggregateType: 'device',
  aggregateId: id,
  name: 'UpdateDeviceStatus',
  payload: { status: 'OK', reading: number / 8, observedAt: new Date(Date.now() - 60_000 + number).toISOString() },
});

async function register(core, id) {
  const payload = { model: 'bench', ownerId: 'bench' };
  await core.send({ aggregateType: 'device', aggregateId: id, name: 'RegisterDevice', payload });
}

/** What the journal of devices has written since it was loaded, and how many events it has. */
async function journal(core) {
  const { rowsWritten } = await core.counters('journals', 'device/0');
  const { journalled } = await core.progress('device');
  return { rows: rowsWritten, events: journalled };
}

/** Rows that the journal writes for each event that `work` has devices append. */
async function journalRows(core, work) {
  const before = await journal(core);
  await core.projected('device', before.events + (await work()));
  const after = await journal(core);
  return (after.rows - before.rows) / (after.events - before.events);
}

/**
 * Rows written for commands with one event each, sent one after the other, until all of them are confirmed; and for events in the
 * journal, where each comes alone, and where a hundred come together.
 */
export async function rowsPerCommand(core, commands) {
  const id = 'rows';
  const { journalled } = await core.progress('device');
  await register(core, id);
  await core.settled('device', id, journalled + 1);
  const { rowsWritten } = await core.counters('device', id);
  const alone = await journalRows(core, async () => {
    for (let number = 1; number <= commands; number++) await core.send(report(id, number));
    return commands;
  });
  await core.settled('device', id, journalled + 1 + commands);
  const after = await core.counters('device', id);
  const batched = await journalRows(core, async () => {
    await core.send(Array.from({ length: 100 }, (_, index) => report(id, commands + 1 + index)));
    return 100;
  });
  return { commands, rowsPerCommand: (after.rowsWritten - rowsWritten) / commands, journal: { alone, batched } };
}

/** A stream of this many events: bytes, and the first look at the state by an object that was just loaded. */
export async function cold(core, events) {
  const [type, id, looks] = ['device', 'cold', 5];
  const { journalled } = await core.progress('device');
  await register(core, id);
  for (let version = 2; version <= events; version += 100) {
    await core.send(Array.from({ length: Math.min(100, events - version + 1) }, (_, index) => report(id, version + index)));
  }
  await core.settled(type, id, journalled + events);
  const { bytes } = await core.counters(type, id);

  const look = async (unload) => {
    const [times, rows] = [[], []];
    for (let number = 0; number < looks; number++) {
      await unload();
      const begun = performance.now();
      const { body } = await core.get(`/aggregates/${type}/${id}`);
      times.push(performance.now() - begun);
      if (body.version !== events) throw new Error(`the state is at ${body.version} of ${events}`);
      rows.push((await core.counters(type, id)).rowsRead);
    }
    return { ms: median(times), rowsRead: median(rows) };
  };
  const withSnapshot = await look(() => core.evict(type, id));
  const file = await core.file(type, id);
  // Each look leaves snapshots for the next one.
  const without = await look(() => core.restart(() => {
    const database = new DatabaseSync(file);
    database.exec('DELETE FROM snapshots');
    database.close();
  }));
  return { events, bytes, withSnapshot, without };
}
