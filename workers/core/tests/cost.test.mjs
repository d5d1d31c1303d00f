// Cost: rows written are what an object is billed for above all. Counted by the object itself, as the platform counts
// them, alarms included; see `COUNTERS` in shared/flow/src/contract.rs.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Subject } from '../../../tests/bench/subject.mjs';

const snapshotEvery = 500; // SNAPSHOT_EVERY in shared/kernel/src/aggregate.rs
const asleepAfter = 10_000; // ms without work until the platform unloads an object
const rungAfter = 64_000; // ms after its last command until an object's alarm has seen that all is well
const core = new Subject();
after(() => core.close());
await core.start();

const device = (aggregateId, name, payload) => ({ aggregateType: 'device', aggregateId, name, payload });
const registration = (id) => device(id, 'RegisterDevice', { model: 'meter', ownerId: 'ana' });
const report = (id, reading) =>
  device(id, 'UpdateDeviceStatus', { status: 'OK', reading, observedAt: new Date().toISOString() });

let appended = 0; // events of devices so far: each of them comes to their journal
const settled = (id, events) => core.settled('device', id, (appended += events));
const counters = (id) => core.counters('device', id);

test('a command with one event writes little more than a row, alarms and cursors included', async () => {
  const [id, commands] = ['frugal', 200];
  await core.send(registration(id));
  await settled(id, 1);
  const before = await counters(id);
  for (let number = 1; number <= commands; number++) await core.send(report(id, number));
  await settled(id, commands);
  const rows = (await counters(id)).rowsWritten - before.rowsWritten;
  assert.ok(rows >= commands, `events are counted, each a row: ${rows} rows for ${commands} commands`);
  assert.ok(rows / commands <= 1.2, `${rows} rows for ${commands} commands`);
});

test('a repeated command, a refused one and a look write nothing', async () => {
  const id = 'looked-at';
  const first = { ...registration(id), commandId: 'looked-at-1' };
  await core.send(first);
  await settled(id, 1);
  const { rowsWritten } = await counters(id);
  assert.equal((await core.send(first)).duplicate, true);
  await assert.rejects(core.send(registration(id)), /DEVICE_EXISTS/);
  await core.get(`/aggregates/device/${id}`);
  await core.get(`/aggregates/device/${id}/events`);
  assert.equal((await counters(id)).rowsWritten, rowsWritten);
});

test('an idle object writes nothing, and is unloaded', async () => {
  const id = 'idle';
  await core.send([registration(id), report(id, 1), report(id, 2)]);
  await settled(id, 3);
  await pause(rungAfter);
  const { rowsWritten } = await counters(id);
  // Looked at now and then it stays awake, and has nothing to write.
  for (let look = 0; look < 2; look++) {
    await pause(6_000);
    assert.equal((await counters(id)).rowsWritten, rowsWritten);
  }
  // Left alone it is unloaded: its counters begin again, and coming back writes nothing.
  await pause(asleepAfter + 2_000);
  const again = await counters(id);
  assert.deepEqual([again.rowsWritten, again.rowsRead < 20], [0, true]);
});

test('a long stream is loaded cold from its snapshot and the tail behind it', async () => {
  const [id, events] = ['long', 2_000];
  await core.send(registration(id));
  for (let version = 2; version <= events; version += 100) {
    await core.send(Array.from({ length: Math.min(100, events + 1 - version) }, (_, index) => report(id, version + index)));
  }
  await settled(id, events);
  await core.restart();
  const { body } = await core.get(`/aggregates/device/${id}`);
  assert.deepEqual([body.version, body.state.readings, body.state.reading], [events, events - 1, events]);
  const { rowsRead, rowsWritten } = await counters(id);
  const beside = 20; // the schema, the head, the snapshot itself
  assert.ok(rowsRead <= snapshotEvery + beside, `${rowsRead} rows read for ${events} events`);
  assert.equal(rowsWritten, 0);
});
