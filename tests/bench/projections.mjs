// The read side: how long until a row shows what was accepted, how fast rows are made again, and rows written in all databases.
import { percentile } from './figures.mjs';

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const device = (id) => ({ aggregateType: 'device', aggregateId: id, name: 'RegisterDevice', payload: { model: 'bench', ownerId: 'bench' } });
const report = (id, number) => ({
  aggregateType: 'device',
  aggregateId: id,
  name: 'UpdateDeviceStatus',
  payload: { status: 'OK', reading: number / 8, observedAt: new Date(Date.now() - 60_000 + number).toISOString() },
});

/** Milliseconds from the answer to a command until its row in D1 shows it, at so many commands a second over these devices. */
async function lag(core, ids, rate, seconds) {
  const waiting = new Map();
  const times = [];
  let going = true;
  const looks = (async () => {
    while (going || waiting.size) {
      const rows = await core.sql('SELECT id, version FROM device');
      const now = performance.now();
      for (const { id, version } of rows) {
        for (const one of (waiting.get(id) ?? []).filter((it) => it.version <= version)) {
          times.push(now - one.since);
          waiting.set(id, waiting.get(id).filter((it) => it !== one));
        }
        if (!waiting.get(id)?.length) waiting.delete(id);
      }
      await pause(2);
    }
  })();
  const begun = performance.now();
  const sent = [];
  for (let number = 0; number < rate * seconds; number++) {
    const wait = begun + (number * 1_000) / rate - performance.now();
    if (wait > 0) await pause(wait);
    const id = ids[number % ids.length];
    sent.push(core.send(report(id, number)).then(({ version }) => {
      waiting.set(id, [...(waiting.get(id) ?? []), { version, since: performance.now() }]);
    }));
  }
  await Promise.all(sent);
  going = false;
  await looks;
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), count: times.length };
}

/** Makes the rows of so many events of so many devices again. */
async function rebuild(core, ids, events) {
  for (let number = 0; number < events; number += 100) {
    const id = ids[(number / 100) % ids.length];
    await core.send(Array.from({ length: 100 }, (_, index) => report(id, number + index)));
  }
  const { journalled } = await core.progress('device');
  await core.projected('device', journalled);
  const begun = performance.now();
  await core.order('device', 'rebuild');
  while ((await core.status('device')).rebuild) await pause(20);
  return { events: journalled, ms: performance.now() - begun };
}

/** Rows written for an event: in its object, in the journal, and in D1, as these count them. */
async function rows(core, commands) {
  const id = 'counted';
  await core.send(device(id));
  const read = async () => {
    const { journalled } = await core.progress('device');
    await core.settled('device', id, journalled);
    return { object: (await core.counters('device', id)).rowsWritten, journal: (await core.counters('journals', 'device/0')).rowsWritten };
  };
  const found = {};
  for (const [how, work] of Object.entries({
    alone: async () => {
      for (let number = 0; number < commands; number++) {
        await core.send(report(id, number));
        await core.projected('device', (await core.progress('device')).journalled);
      }
    },
    together: async () => {
      for (let number = 0; number < commands; number += 100) {
        await core.send(Array.from({ length: 100 }, (_, index) => report(id, commands + number + index)));
      }
    },
  })) {
    const before = await read();
    await work();
    const after = await read();
    found[how] = { object: (after.object - before.object) / commands, journal: (after.journal - before.journal) / commands };
  }
  return found;
}

export async function projections(core, { events, seconds, rate }) {
  const ids = Array.from({ length: 100 }, (_, index) => `bench-${index}`);
  await core.send(ids.map(device));
  const behind = await lag(core, ids, rate, seconds);
  const written = await rows(core, 100);
  const again = await rebuild(core, ids, events);
  return { behind, written, again };
}
