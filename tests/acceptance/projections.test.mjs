// Processors on the real runtime: rows follow, are made again while events come, and survive what can happen meanwhile.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fresh, serve, until } from './harness.mjs';
import { journal, journalled, projected, rows } from './journal.mjs';
import { token } from './tokens.mjs';

const core = await serve('probe', { JOURNAL_PARTITIONS: 'meter=3' });
const admin = core.as(token('admin', 'root'));
const patient = { within: 60_000 };

const status = async (name) => {
  const { status, body } = await admin.request(`/admin/projections/${name}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const order = (name, what) => admin.post(`/admin/projections/${name}/${what}`);
const register = (id) => core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
const reading = (id, n) =>
  core.send('meter', 'UpdateMeter', { status: 'OK', reading: n, observedAt: new Date(Date.UTC(2027, 0, 1) + n).toISOString() }, { aggregateId: id });
const trap = (id, before = 1) => core.send('probe', 'Panic', { place: 'TABLE', before }, { aggregateId: id });
const traps = async (id) => (await core.sql('SELECT version FROM traps WHERE id = ? ORDER BY version', id)).map(({ version }) => version);
const sorted = (all) => [...all].sort((one, other) => (one.id < other.id ? -1 : 1));
const rebuilt = (name, generation) =>
  until(`${name} has generation ${generation}`, async () => {
    const { rebuild, partitions } = await status(name);
    return !rebuild && partitions.every((one) => one.generation === generation && one.status === 'ACTIVE' && one.state === 'CAUGHT_UP');
  }, patient);
const generationOf = async (name) => Math.max(...(await status(name)).partitions.map(({ generation }) => generation));

const meters = Array.from({ length: 12 }, () => fresh('meter'));

test('every stream has its row, in whatever partition its events lie', async () => {
  for (const id of meters) await register(id);
  for (const id of meters) await projected(core, 'meter', id, patient);
  const places = [0, 1, 2].map((number) => journal(core, 'meter', number + 1).length);
  assert.equal(places[2], meters.length);
  assert.ok(places[0] > 0 && places[1] > places[0] && places[2] > places[1], `${places}: all three have some`);
});

test('rows are made again beside the old ones while events come: none is lost, none is there twice', async () => {
  const before = await generationOf('meter');
  let going = true;
  const load = (async () => {
    for (let n = 1; going; n++) await reading(meters[n % meters.length], n);
  })();
  assert.equal((await order('meter', 'rebuild')).status, 200);
  const again = await order('meter', 'rebuild');
  assert.ok([200, 409].includes(again.status), 'a second one is refused while the first is under way');
  await until('readers see the new rows', async () => {
    assert.equal((await rows(core, 'meter')).length, meters.length, 'the old ones answer until then');
    const { rebuild } = await status('meter');
    return !rebuild && (await generationOf('meter')) > before;
  }, patient);
  going = false;
  await load;
  for (const id of meters) {
    const [row, { version, state }] = await projected(core, 'meter', id, patient);
    assert.deepEqual([row.version, row.readings], [version, state.readings]);
  }
  const tables = await core.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'meter_g%'");
  assert.equal(tables.length, 1, 'the old table is gone');
});

test('rows that were deleted or made up by hand come right with a rebuild; twice gives the same', async () => {
  const before = sorted(await rows(core, 'meter'));
  const generation = await generationOf('meter');
  await core.sql(`DELETE FROM meter_g${generation}`);
  await core.sql(`INSERT INTO meter_g${generation} (id, version, began, state) VALUES ('nobody', 1, '2030-01-01T00:00:00.000Z', '{}')`);
  for (const next of [generation + 1, generation + 2]) {
    assert.equal((await order('meter', 'rebuild')).status, 200);
    await rebuilt('meter', next);
    assert.deepEqual(sorted(await rows(core, 'meter')), before);
  }
});

test('a rebuild goes on by itself after the runtime was killed', async () => {
  const generation = await generationOf('meter');
  assert.equal((await order('meter', 'rebuild')).status, 200);
  await core.killAndRestart();
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: fresh('meter') });
  await rebuilt('meter', generation + 1);
  assert.equal((await rows(core, 'meter')).length, meters.length + 1);
});

test('a processor is paused, lags behind, and is resumed; a paused rebuild is cancelled', async () => {
  const id = fresh('meter');
  assert.equal((await order('meter', 'pause')).status, 200);
  await register(id);
  await journalled3(id);
  await until('all partitions are paused', async () => (await status('meter')).partitions.every(({ state }) => state === 'PAUSED'));
  assert.ok(!(await rows(core, 'meter')).some((row) => row.id === id));
  assert.ok((await status('meter')).lagEvents >= 1);
  assert.equal((await order('meter', 'resume')).status, 200);
  await projected(core, 'meter', id, patient);

  const generation = await generationOf('meter');
  assert.equal((await order('meter', 'cancel')).body.code, 'NO_REBUILD');
  assert.equal((await order('meter', 'rebuild')).status, 200);
  const cancelled = await order('meter', 'cancel');
  assert.ok([200, 409].includes(cancelled.status));
  if (cancelled.status === 200) {
    await until('it is gone', async () => !(await status('meter')).rebuild);
    assert.equal(await generationOf('meter'), generation, 'readers keep the rows that they see');
  }
  const tables = async () => core.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'meter_g%'");
  await until('no table is left over', async () => (await tables()).length === 1, patient);
});

/** The journal of three partitions has the event. */
const journalled3 = (id) => until(`${id} is journalled`, () => journal(core, 'meter', 3).some((one) => one.id === id));

describe('what cannot be digested', () => {
  test('parks one stream for one processor; after the repair it is made up in order, and everything else has gone on', async () => {
    const [bad, other] = [fresh('probe'), fresh('probe')];
    await trap(other);
    await until('the first is there', async () => (await traps(other)).length === 1, patient);
    const generation = await generationOf('traps');
    // The row that the trap wants to write is there already.
    await core.sql(`INSERT INTO traps_g${generation} (id, version) VALUES (?, 2)`, bad);
    await trap(bad);
    await trap(bad, 0);
    await until('it is parked', async () => (await status('traps')).parkedStreams === 1, patient);
    const [parked] = (await status('traps')).partitions.flatMap(({ parked }) => parked);
    assert.equal(parked.aggregateId, bad);
    assert.match(parked.error.reason, /UNIQUE|constraint/i);
    await trap(other, 0);
    await until('the others go on', async () => (await traps(other)).length === 2, patient);
    await projected(core, 'probe', bad, patient);
    assert.deepEqual(await traps(bad), [2], 'nothing of it has come');
    await core.sql(`DELETE FROM traps_g${generation} WHERE id = ?`, bad);
    assert.equal((await order('traps', 'retry')).status, 200);
    await until('it is made up', async () => (await status('traps')).parkedStreams === 0, patient);
    assert.deepEqual(await traps(bad), [2, 3]);
  });

  test('is a panic, too; readiness does not depend on it', async () => {
    const id = fresh('probe');
    await core.send('probe', 'Panic', { place: 'PROJECT', before: 1 }, { aggregateId: id });
    await until('it is parked', async () => (await status('traps')).parkedStreams === 1, patient);
    await projected(core, 'probe', id, patient);
    const { status: ready } = await core.request('/readyz');
    assert.equal(ready, 200);
  });
});

test('a list waits for the version that it is to show, or says that it has not come', async () => {
  const id = fresh('meter');
  const { version } = await register(id);
  const query = 'query ($least: [MinVersion!]) { meters(minVersion: $least, first: 100) { nodes { id version } } }';
  const { meters: found } = await core.ask(query, { least: [{ type: 'METER', id, version }] });
  assert.ok(found.nodes.some((row) => row.id === id));
  await order('meter', 'pause');
  await until('it is paused', async () => (await status('meter')).partitions.every(({ state }) => state === 'PAUSED'));
  const { version: next } = await reading(id, 1);
  const behind = await core.graphql(query, { least: [{ type: 'METER', id, version: next }] });
  assert.equal(behind.errors[0].extensions.code, 'READ_MODEL_BEHIND');
  await order('meter', 'resume');
  await projected(core, 'meter', id, patient);
  const { meters: now } = await core.ask(query, { least: [{ type: 'METER', id, version: next }] });
  assert.equal(now.nodes.find((row) => row.id === id).version, next);
});

test('only administrators look at processors and give orders; what there is not is said', async () => {
  const operator = core.as(token('operator', 'sam'));
  for (const answer of [await operator.request('/admin/projections'), await operator.post('/admin/projections/meter/rebuild')]) {
    assert.deepEqual([answer.status, answer.body.code], [403, 'FORBIDDEN']);
  }
  assert.deepEqual([(await order('nobody', 'rebuild')).body.code, (await order('nobody', 'rebuild')).status], ['UNKNOWN_PROJECTION', 404]);
  assert.equal((await order('meter', 'dance')).status, 404);
});

test('npm run projections does the same from a shell, and shows how far a rebuild is', async () => {
  const tool = fileURLToPath(new URL('../../.dev/projections.mjs', import.meta.url));
  const run = (...args) => promisify(execFile)(process.execPath, [tool, ...args, '--url', core.url, '--token', token('admin', 'root')]);
  const { stdout: list } = await run('list');
  for (const name of ['meter', 'probe', 'claim', 'resource', 'traps']) assert.match(list, new RegExp(`^${name} +well · `, 'm'));
  const generation = await generationOf('meter');
  const { stdout: done } = await run('rebuild', 'meter', '--wait');
  assert.match(done, new RegExp(`readers see generation ${generation + 1}\\n$`));
  const { stdout: shown } = await run('status', 'meter');
  assert.match(shown, new RegExp(`meter/2 +generation ${generation + 1} ACTIVE CAUGHT_UP: (\\d+) of \\1,`));
  await assert.rejects(run('cancel', 'meter'), /409 NO_REBUILD/);
  await assert.rejects(run('status', 'nothing'), /404 UNKNOWN_PROJECTION/);
});
