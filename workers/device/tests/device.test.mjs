// Telemetry: bursts, doubled and out of order by the device's own clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder } from '../../../tests/acceptance/events.mjs';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { journalled } from '../../../tests/acceptance/journal.mjs';
import { listed } from '../../../tests/acceptance/listed.mjs';
import { inDatabase, rows } from '../../../tests/acceptance/storage.mjs';

const core = await serve('core');

const register = (id) => core.send('device', 'RegisterDevice', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
const began = Date.UTC(2026, 0, 1);
/** The n-th report by the device's clock, one a second. */
const report = (n) => ({ status: ['OK', 'WARN', 'FAULT'][n % 3], reading: n / 2, observedAt: new Date(began + n * 1000).toISOString() });

/** Numbers 0 to count - 1 in an order of their own, the same in every run. */
function shuffled(count) {
  const numbers = Array.from({ length: count }, (_, n) => n);
  let seed = 7;
  for (let at = count - 1; at > 0; at--) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    const other = seed % (at + 1);
    [numbers[at], numbers[other]] = [numbers[other], numbers[at]];
  }
  return numbers;
}

/** How many of these reports arrive after a later one. */
function lateOf(order) {
  let [latest, late] = [-1, 0];
  for (const n of order) n < latest ? late++ : (latest = n);
  return late;
}

async function burst(id, order) {
  for (let at = 0; at < order.length; at += 100) {
    const items = order.slice(at, at + 100).map((n) => ({
      aggregateType: 'device', aggregateId: id, name: 'UpdateDeviceStatus', payload: report(n), commandId: `report-${n}`,
    }));
    const { status, body } = await core.post('/commands', items);
    assert.equal(status, 200);
    assert.deepEqual(body.map(({ version }) => version), items.map((_, n) => at + n + 2));
  }
}

const count = 3_000;
const order = shuffled(count);
const device = fresh('device');
let state;

test('after a burst of 3,000 reports out of order the latest by the device clock says how it is', async (t) => {
  await register(device);
  const since = performance.now();
  await burst(device, order);
  t.diagnostic(`${Math.round(count / ((performance.now() - since) / 1000))} reports a second`);
  ({ state } = await core.state('device', device));
  const latest = report(count - 1);
  assert.deepEqual(state, { ...latest, model: 'Thermo 2', ownerId: 'ana', decommissioned: false, readings: count, late: lateOf(order) });
});

test('late reports are kept as history: the stream has each of them, in the order in which they arrived', async () => {
  const events = await core.events('device', device);
  assert.equal(events.length, count + 1);
  checkOrder(events);
  assert.deepEqual(events.slice(1).map(({ data }) => data), order.map(report));
});

test('the read model says the same', async () => {
  await journalled(core, 'device', device, { within: 60_000 });
  const row = await listed(core, 'device', device, count + 1, 'version status reading observedAt readings late');
  const { status, reading, observedAt, readings, late } = state;
  assert.deepEqual(row, { id: device, version: count + 1, status, reading, observedAt, readings, late });
});

test('what it was at any version is the fold of what had arrived by then', async () => {
  for (const arrived of [1, 250, 499, 500, 501, 1_777, count]) {
    const { body } = await core.request(`/aggregates/device/${device}?version=${arrived + 1}`);
    const so = order.slice(0, arrived);
    const { status, reading, observedAt } = report(Math.max(...so));
    const { state: was } = body;
    assert.deepEqual(
      [was.status, was.reading, was.observedAt, was.readings, was.late],
      [status, reading, observedAt, arrived, lateOf(so)],
      `after ${arrived} reports`,
    );
  }
});

test('the state is the same after the object was evicted', async () => {
  await core.evict('device', device);
  assert.deepEqual((await core.state('device', device)).state, state);
});

test('a watcher that comes late to thousands of events gets each once', async () => {
  const watcher = await core.watch('device', device);
  const { version } = await watcher.caughtUp();
  assert.equal(version, count + 1);
  checkOrder(watcher.events);
  assert.equal(watcher.events.length, count + 1);
  await watcher.close();
});

test('a burst that is sent twice is kept once', async () => {
  const id = fresh('device');
  await register(id);
  const items = [3, 1, 2].map((n) => ({
    aggregateType: 'device', aggregateId: id, name: 'UpdateDeviceStatus', payload: report(n), commandId: `report-${n}`,
  }));
  const [one, two] = await Promise.all([core.post('/commands', items), core.post('/commands', items)]);
  const plain = ({ body }) => body.map(({ duplicate, ...rest }) => rest);
  assert.deepEqual(plain(one), plain(two));
  const { state: kept } = await core.state('device', id);
  assert.deepEqual([kept.readings, kept.late, kept.reading], [3, 2, 1.5]);
});

test('of two reports of the same instant the one that arrives later counts, and an exact repeat is nothing new', async () => {
  const id = fresh('device');
  await register(id);
  const send = (payload) => core.send('device', 'UpdateDeviceStatus', payload, { aggregateId: id });
  await send(report(1));
  await send({ ...report(1), reading: 99 });
  assert.deepEqual((await send({ ...report(1), reading: 99 })).events, []);
  const { version, state: now } = await core.state('device', id);
  assert.deepEqual([version, now.reading, now.readings, now.late], [3, 99, 2, 0]);
});

test('a device whose clock is far ahead is refused, and one that is out of service', async () => {
  const id = fresh('device');
  await register(id);
  const at = (ms) => ({ ...report(1), observedAt: new Date(Date.now() + ms).toISOString() });
  const send = (payload) => core.command('device', 'UpdateDeviceStatus', payload, { aggregateId: id });
  const hour = 3_600_000;
  const ahead = await send(at(25 * hour));
  assert.deepEqual([ahead.status, ahead.body.rule, ahead.body.field], [422, 'CLOCK_AHEAD', 'payload.observedAt']);
  assert.equal((await send(at(23 * hour))).status, 202);
  await core.send('device', 'DecommissionDevice', {}, { aggregateId: id });
  assert.equal((await send(report(2))).body.rule, 'DEVICE_DECOMMISSIONED');
  assert.deepEqual((await core.send('device', 'DecommissionDevice', {}, { aggregateId: id })).events, []);
});

// ── snapshots: behind the doors, so the runtime is stopped to look ──

const snapshotOf = () =>
  rows(core, 'device', device, 'SELECT * FROM snapshots WHERE state_version = 2 ORDER BY version DESC LIMIT 1')[0];

/** Changes the snapshot while the runtime is stopped, and says what the device is then. */
async function withSnapshot(change) {
  await core.stop();
  inDatabase(core, 'device', device, change);
  await core.start();
  return core.state('device', device);
}

test('a snapshot is taken on the way, at most one interval behind, and says what the fold says', async () => {
  await core.stop();
  const snapshot = snapshotOf();
  await core.start();
  assert.ok(snapshot.version > count + 1 - 600 && snapshot.version <= count + 1, `at ${snapshot.version}`);
  const { body } = await core.request(`/aggregates/device/${device}?version=${snapshot.version}`);
  assert.deepEqual(JSON.parse(snapshot.state), body.state);
});

test('without its snapshot the state is the same', async () => {
  const view = await withSnapshot((database) => database.exec('DELETE FROM snapshots'));
  assert.deepEqual(view.state, state);
});

for (const [what, sql] of Object.entries({
  'of another schema version': `INSERT OR REPLACE INTO snapshots VALUES (99, 10, '{"status":null}')`,
  'that cannot be read': `INSERT OR REPLACE INTO snapshots VALUES (2, 10, 'not JSON')`,
  'of a version that the stream has not': `INSERT OR REPLACE INTO snapshots VALUES (2, 999999, 'null')`,
})) {
  test(`a snapshot ${what} is ignored, and the fold of the whole stream stores good ones on its way`, async () => {
    const view = await withSnapshot((database) => database.exec(`DELETE FROM snapshots; ${sql}`));
    assert.deepEqual(view.state, state);
    await core.stop();
    const stored = rows(core, 'device', device, 'SELECT version, state FROM snapshots WHERE state_version = 2 AND version % 500 = 0 ORDER BY version');
    await core.start();
    assert.deepEqual(stored.map(({ version }) => version), [500, 1_000, 1_500, 2_000, 2_500, 3_000]);
    for (const { version, state: text } of stored) {
      const { body } = await core.request(`/aggregates/device/${device}?version=${version}`);
      assert.deepEqual(JSON.parse(text), body.state, `at ${version}`);
    }
  });
}
