// An administrator looks after the projections: they are made again while everything goes on.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { admin } from './letters.mjs';
import { token, vars } from './tokens.mjs';

const core = new Core(configs.probe, vars, undefined, undefined, true);
before(() => core.start());
after(() => core.close());

const patient = { within: 60_000 };
const meters = Array.from({ length: 30 }, () => fresh('meter'));
const register = (id) => core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
const look = async (name) => {
  const { status, body } = await admin(core).request(`/admin/projections/${name}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const order = (name, order) => admin(core).post(`/admin/projections/${name}/${order}`, '');
const ordered = async (...args) => {
  const { status, body } = await order(...args);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const active = async (name) => (await look(name)).partitions.find(({ status }) => status === 'ACTIVE')?.generation;
const ids = async () => (await core.sql('SELECT id FROM meter ORDER BY id').catch(() => [])).map(({ id }) => id);
const all = [...meters].sort();
const whole = () => until('all rows are there', async () => JSON.stringify(await ids()) === JSON.stringify(all), patient);
const seen = (generation) => until(`readers see generation ${generation}`, async () => (await active('meter')) === generation, patient);

test('the rows are made by themselves, and their state is seen', async () => {
  await Promise.all(meters.map(register));
  await whole();
  const meter = await look('meter');
  assert.deepEqual([meter.isHealthy, meter.lagEvents, meter.rebuild], [true, 0, null]);
  const { status, body } = await admin(core).request('/admin/projections');
  assert.equal(status, 200);
  assert.deepEqual(body.projections.map(({ name }) => name).sort(), ['claim', 'meter', 'probe', 'resource', 'traps']);
  const ready = await core.request('/readyz');
  assert.deepEqual([ready.status, ready.body], [200, { status: 'ready', stalled: [] }]);
});

test('only administrators look after them', async () => {
  assert.equal((await core.request('/admin/projections')).status, 403);
  assert.equal((await core.post('/admin/projections/meter/rebuild', '')).status, 403);
  assert.equal((await order('nothing', 'rebuild')).body.code, 'UNKNOWN_PROJECTION');
  assert.equal((await order('meter', 'dance')).body.code, 'UNKNOWN_PATH');
  assert.equal((await order('meter', 'cancel')).body.code, 'NO_REBUILD');
});

test('rows that were deleted by hand come back, while commands and lists go on', async () => {
  const before = await active('meter');
  await core.sql(`DELETE FROM meter_g${before}`);
  await core.sql(`INSERT INTO meter_g${before} (id, version, began, state) VALUES ('ghost', 1, '2026-01-01T00:00:00.000Z', '{}')`);
  await ordered('meter', 'rebuild');
  const late = fresh('meter');
  await register(late);
  all.push(late);
  all.sort();
  await seen(before + 1);
  await whole();
  assert.deepEqual(await core.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'meter~_g%' ESCAPE '~'"), [{ name: `meter_g${before + 1}` }]);
});

test('a rebuild is paused, resumed and cancelled', async () => {
  const before = await active('meter');
  // Paused, the processor of the rebuild stands before it has seen anything.
  await ordered('meter', 'pause');
  const late = fresh('meter');
  await register(late);
  await until('it is behind', async () => (await look('meter')).lagEvents > 0, patient);
  assert.equal((await core.request('/readyz')).status, 200, 'somebody wants it so');
  await ordered('meter', 'resume');
  all.push(late);
  all.sort();
  await whole();
  await ordered('meter', 'rebuild');
  const cancelled = await order('meter', 'cancel');
  assert.ok(cancelled.status === 200 || cancelled.body.code === 'NO_REBUILD', JSON.stringify(cancelled.body));
  const now = await until('it is over', async () => !(await look('meter')).rebuild && (await active('meter')), patient);
  assert.ok(now === before || now === before + 1);
  await whole();
});

test('a rebuild goes on when the runtime is killed', async () => {
  const before = await active('meter');
  await ordered('meter', 'rebuild');
  await core.killAndRestart();
  await until('readers see the new rows', async () => (await active('meter')) > before, patient);
  await whole();
});

test('npm run projections does the same from a shell, and shows how far a rebuild is', async () => {
  const tool = fileURLToPath(new URL('../../.dev/projections.mjs', import.meta.url));
  const run = (...args) => promisify(execFile)(process.execPath, [tool, ...args, '--url', core.url, '--token', token('admin', 'ada')]);
  const { stdout: list } = await run('list');
  assert.match(list, /^meter +well · 0 events behind$/m);
  const before = await active('meter');
  const { stdout: rebuilt } = await run('rebuild', 'meter', '--wait');
  assert.match(rebuilt, new RegExp(`readers see generation ${before + 1}\\n$`));
  await whole();
  const { stdout: status } = await run('status', 'meter');
  assert.match(status, new RegExp(`meter/0 +generation ${before + 1} ACTIVE CAUGHT_UP: (\\d+) of \\1,`));
  await assert.rejects(run('cancel', 'meter'), /409 NO_REBUILD/);
  await assert.rejects(run('status', 'nothing'), /404 UNKNOWN_PROJECTION/);
});

test('poison stops one stream of one projection, and is made up after the repair', async () => {
  const [bad, good] = [fresh('probe'), fresh('probe')];
  const trap = (id) => core.send('probe', 'Panic', { place: 'TABLE' }, { aggregateId: id });
  const traps = async (id) => (await core.sql('SELECT version FROM traps WHERE id = ? ORDER BY version', id)).map(({ version }) => version);
  for (const id of [bad, good]) await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  await trap(good);
  await until('the projection is there', async () => (await traps(good).catch(() => [])).length === 1, patient);
  const generation = await active('traps');
  // The row is there already: the event cannot be projected.
  await core.sql(`INSERT INTO traps_g${generation} (id, version) VALUES (?, 2)`, bad);
  await trap(bad);
  await trap(bad);
  await trap(good);
  await until('the good one goes on', async () => JSON.stringify(await traps(good)) === '[2,3]', patient);
  const parked = await until('the bad one waits', async () => {
    const { partitions, parkedStreams } = await look('traps');
    return parkedStreams === 1 && partitions.flatMap(({ parked }) => parked)[0];
  }, patient);
  assert.equal(parked.aggregateId, bad);
  assert.match(parked.error.reason, /UNIQUE constraint failed: traps_g/);
  const rows = await core.sql('SELECT version FROM probe WHERE id = ?', bad);
  assert.deepEqual(rows, [{ version: 3 }], 'other projections of the stream go on');
  await core.sql(`DELETE FROM traps_g${generation} WHERE id = ?`, bad);
  await ordered('traps', 'retry');
  await until('it is made up', async () => JSON.stringify(await traps(bad)) === '[2,3]', patient);
  await until('nothing waits', async () => (await look('traps')).parkedStreams === 0, patient);
});

test('while D1 is away lists are not served, and everything else is; then all is made up', async () => {
  await core.d1('away');
  const id = fresh('meter');
  await register(id);
  assert.equal((await core.state('meter', id)).version, 1);
  const list = await core.post('/graphql', { query: '{ meters { nodes { id } } }' });
  assert.equal(list.body.errors[0].extensions.code, 'UNAVAILABLE');
  assert.equal(list.status, 503);
  assert.ok(Number(list.headers.get('retry-after')) > 0);
  assert.equal((await core.request('/healthz')).status, 200);
  await core.d1('well');
  all.push(id);
  all.sort();
  await until('all rows are there', async () => JSON.stringify(await ids()) === JSON.stringify(all), { within: 120_000 });
});
