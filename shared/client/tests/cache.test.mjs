// The cache of a front end: on the real runtime over a service binding; and in this process, which outlives the core, over cuts and a
// restart.
import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { proxy } from '../../../tests/acceptance/proxy.mjs';
import { vars } from '../../../tests/acceptance/tokens.mjs';
import { addResource, cancel, reserve, settled } from './claims.mjs';
import { until } from './documents.mjs';

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('guest.mjs', import.meta.url))],
  bundle: true, write: false, format: 'esm', target: 'es2022', external: ['cloudflare:workers'],
});
const keys = { SECRET: vars.AUTH_SECRET, ISSUER: vars.AUTH_ISSUER, AUDIENCE: vars.AUTH_AUDIENCE };
const guest = { name: 'front', text: outputFiles[0].text, classes: { CACHE: 'Cache' }, vars: keys };
const core = await serve('probe', {}, { guest });
const url = await core.direct('front');

async function front(call, what) {
  const { value, error } = await (await fetch(url, { method: 'POST', body: JSON.stringify({ call, ...what }) })).json();
  if (error) throw Object.assign(new Error(error.message), error);
  return value;
}
const ana = { subject: 'ana', role: 'owner' };
const bob = { subject: 'bob', role: 'owner' };
const sam = { subject: 'sam', role: 'operator' };
const read = (id, as = ana, more) => front('read', { kind: 'claim', id, as, ...more });
let month = 0;
let resource;
before(async () => (resource = await addResource(core)));
async function claim() {
  const day = `203${1 + Math.floor(++month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
  const id = await reserve(core, resource, `${day}-01`, `${day}-03`);
  await settled(core, id);
  return id;
}

test('a service binding is asked and watched like a URL', async () => {
  assert.deepEqual(await front('watch', { id: await claim() }), { asked: 'CONFIRMED', seen: ['PENDING', 'CONFIRMED'] });
});

test('the first question goes to the core, the next ones do not, and what changes is known at once', async (t) => {
  const id = await claim();
  const since = performance.now();
  const first = await read(id);
  const miss = performance.now() - since;
  assert.deepEqual([first.row.status, first.version, first.cursor, first.age, first.live], ['CONFIRMED', 2, '2', 0, true]);
  const times = [];
  for (let asked = 0; asked < 20; asked++) {
    const since = performance.now();
    await read(id);
    times.push(performance.now() - since);
  }
  t.diagnostic(`miss ${miss.toFixed(1)} ms, hit ${times.sort((a, b) => a - b)[10].toFixed(1)} ms, by HTTP and through the Worker`);
  const { hits, misses, live } = await front('stats');
  assert.deepEqual([hits, misses, live >= 1], [20, 1, true]);
  const { version } = await cancel(core, id);
  assert.deepEqual((await read(id, ana, { minVersion: version })).row.status, 'CANCELLED');
});

test('nobody sees from the cache what the rule does not allow', async () => {
  const id = await claim();
  const { refused } = await front('stats');
  assert.equal(await read(id, bob), null, 'at first');
  assert.equal((await read(id, ana)).row.id, id);
  assert.equal(await read(id, bob), null, 'from the cache');
  assert.equal((await read(id, sam)).row.id, id);
  assert.equal((await front('stats')).refused, refused + 2);
  assert.equal(await read(fresh('nobody'), sam), null, 'nor what there is not');
});

test('it waits for the version that was sent, and says when it does not come', async () => {
  const id = await claim();
  await read(id);
  await front('waitAtMost', { ms: 300 });
  await assert.rejects(read(id, ana, { minVersion: 99 }), { name: 'CoreError', code: 'READ_MODEL_BEHIND', final: false });
  await front('waitAtMost', { ms: 60_000 });
});

test('a row that the core has answered with is there for the next page', async () => {
  const id = fresh('claim');
  await front('seed', { kind: 'claim', id, row: { id, version: 1, status: 'PENDING', userId: 'ana' } });
  // There is no such claim: the core says so, and what was expected is not shown for long.
  await until('it is gone', async () => (await read(id)) === null);
});

test('a projection of events: who holds which days', async () => {
  const own = await addResource(core);
  const holds = async () => (await front('read', { kind: 'holds', id: own, as: sam })).row;
  assert.deepEqual(await holds(), []);
  const [a, b] = [await reserve(core, own, '2031-01-01', '2031-01-03'), await reserve(core, own, '2031-02-01', '2031-02-03')];
  for (const id of [a, b]) await settled(core, id);
  await until('both are held', async () => (await holds()).length === 2);
  assert.deepEqual((await holds()).sort(), [a, b].sort());
  await cancel(core, a);
  await until('one is released', async () => (await holds()).length === 1);
  assert.deepEqual(await holds(), [b]);
  assert.equal(await front('read', { kind: 'holds', id: own, as: ana }), null);
});

test('it keeps as many as it may, and nothing when nobody asks', async () => {
  const ids = [];
  for (let made = 0; made < 5; made++) ids.push(await claim());
  for (const id of ids) await read(id);
  assert.equal((await front('stats')).entries, 3);
  const { misses } = await front('stats');
  await read(ids[4]);
  await read(ids[0]);
  assert.equal((await front('stats')).misses, misses + 1, 'the one that was asked for last stays, the first one has gone');
  await sleep(3_500);
  const { entries, live } = await front('stats');
  assert.deepEqual([entries, live], [0, 0]);
  assert.equal((await read(ids[0])).row.id, ids[0]);
});

test('a cut and a restart of the core: what it knows is shown with its age, and is right again by itself', async () => {
  registerHooks({
    resolve: (name, context, next) =>
      name === 'cloudflare:workers'
        ? { url: 'data:text/javascript,export class DurableObject { constructor(ctx, env) { Object.assign(this, { ctx, env }); } }', shortCircuit: true }
        : next(name, context),
  });
  const { Cache } = await import('./guest.mjs');
  const network = await proxy(core);
  const cache = new Cache({}, { ...keys, URL: network.url });
  cache.idle = 60_000;
  const look = (id, more) => cache.read('claim', id, { as: ana, ...more });
  const id = await claim();
  assert.equal((await look(id)).live, true);
  network.down();
  let found;
  await until('it knows that it is cut off', async () => (found = await look(id)).live === false);
  await sleep(20);
  const { row, age, live } = await look(id);
  assert.deepEqual([row.status, live], ['CONFIRMED', false]);
  assert.ok(age > 0);
  await core.restart();
  await cancel(core, id);
  network.mend();
  await until('it is live again', async () => (found = await look(id)).live, 60_000);
  assert.deepEqual([found.row.status, found.age, (await cache.stats()).oldest], ['CANCELLED', 0, 0]);
  cache.idle = 0;
  await look(id); // and it sleeps
  await until('nothing is followed any more', async () => (await cache.stats()).entries === 0);
});
