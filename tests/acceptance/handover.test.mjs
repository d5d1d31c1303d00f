// From what is stored to what is live, without loss and without repeat, for many at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder, version } from './events.mjs';
import { fresh, serveUncounted, until } from './harness.mjs';
import { released } from './release.mjs';

const core = await serveUncounted();

const items = (id, from, count) =>
  Array.from({ length: count }, (_, n) => ({
    aggregateType: 'meter',
    aggregateId: id,
    name: 'UpdateMeter',
    payload: { status: 'OK', reading: from + n, observedAt: new Date(Date.UTC(2026, 0, 1) + from + n).toISOString() },
  }));

/** A meter with so many events. */
async function meter(events) {
  const id = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
  for (let at = 0; at < events - 1; at += 100) await append(id, at, Math.min(100, events - 1 - at));
  return id;
}

async function append(id, from, count) {
  const { status, body } = await core.post('/commands', items(id, from, count));
  assert.deepEqual([status, new Set(body.map((answer) => answer.status))], [200, new Set([202])]);
}

const caughtUps = (watcher) => watcher.frames.filter(({ type }) => type === 'caughtUp').length;

test('two sockets that are opened at the same moment both hibernate, and both get what happens later', async () => {
  const id = await meter(1);
  const both = await Promise.all([core.watch('meter', id), core.watch('meter', id)]);
  for (const watcher of both) await watcher.caughtUp();
  await core.evict('meter', id);
  for (const watcher of both) {
    await watcher.ping(); // without the object
    assert.ok(watcher.isOpen);
  }
  await append(id, 0, 1);
  for (const watcher of both) await watcher.event(2);
  await core.evict('meter', id);
  await append(id, 1, 1);
  for (const watcher of both) {
    await watcher.event(3);
    assert.deepEqual([watcher.versions, caughtUps(watcher)], [[1, 2, 3], 1]);
    await watcher.close();
  }
});

test('sockets that are opened right after each other on an object that sleeps all hibernate', async () => {
  const id = await meter(1);
  await core.evict('meter', id);
  const watchers = await Promise.all(Array.from({ length: 10 }, () => core.watch('meter', id)));
  await core.evict('meter', id);
  await append(id, 0, 1);
  for (const watcher of watchers) {
    await watcher.event(2);
    assert.deepEqual([watcher.versions, caughtUps(watcher)], [[1, 2], 1]);
    await watcher.close();
  }
});

test('while events are appended and sockets catch up, each gets every event after its cursor once, in order', async () => {
  const id = await meter(2_500);
  let head = 2_500;
  const opening = [];
  for (let round = 0; round < 12; round++) {
    const after = [0, 1, 1_000, 2_499, 2_500][round % 5];
    opening.push(core.watch('meter', id, { after }).then((watcher) => [after, watcher]));
    await append(id, head, 50);
    head += 50;
  }
  for (const [after, watcher] of await Promise.all(opening)) {
    await Promise.all([watcher.event(head), watcher.caughtUp()]);
    assert.equal(watcher.events.length, head - after, `after ${after}`);
    checkOrder(watcher.events, after + 1);
    assert.equal(caughtUps(watcher), 1);
    // What comes after caughtUp is live: it begins where the scan ended.
    const at = watcher.frames.findIndex(({ type }) => type === 'caughtUp');
    const next = watcher.frames[at + 1];
    if (next) assert.equal(version(next.event), watcher.frames[at].version + 1);
    await watcher.close();
  }
});

test('an object that is evicted while sockets catch up goes on where they were', async () => {
  const id = await meter(4_000);
  const watchers = await Promise.all([0, 500, 3_999].map((after) => core.watch('meter', id, { after })));
  await core.evict('meter', id);
  await append(id, 4_000, 1);
  for (const [index, after] of [0, 500, 3_999].entries()) {
    const watcher = watchers[index];
    await watcher.event(4_001);
    checkOrder(watcher.events, after + 1);
    assert.equal(watcher.events.length, 4_001 - after);
    await watcher.close();
  }
});

test('a client that comes back again and again sees one stream without gaps', async () => {
  const id = await meter(1);
  const seen = [];
  let done = false;
  const writing = (async () => {
    for (let n = 0; n < 40; n++) await append(id, 25 * n, 25);
    done = true;
  })();
  while (!done || seen.length < 1_001) {
    const watcher = await core.watch('meter', id, { after: seen.length });
    await watcher.caughtUp();
    watcher.terminate(); // as a cut connection
    seen.push(...watcher.events);
  }
  await writing;
  checkOrder(seen);
  assert.equal(seen.length, 1_001);
});

test('a client that stops reading holds nobody up, and is told everything once in the end', async (t) => {
  const id = await meter(1);
  const [stuck, reads] = [await core.watch('meter', id), await core.watch('meter', id)];
  await Promise.all([stuck.caughtUp(), reads.caughtUp()]);
  stuck.pause();
  const count = 6_000;
  let slowest = 0;
  for (let at = 0; at < count; at += 100) {
    const since = performance.now();
    await append(id, at, 100);
    slowest = Math.max(slowest, performance.now() - since);
  }
  t.diagnostic(`the slowest batch of 100 took ${Math.round(slowest)} ms`);
  await reads.event(count + 1);
  assert.ok(stuck.versions.at(-1) <= count, 'nobody has waited for the one that does not read');
  checkOrder(reads.events);
  stuck.resume();
  // It may have been told that it is too slow: then it comes back with its last version.
  let told = false;
  stuck.closed.then((code) => (told = code === 4429));
  await until('it has everything, or is closed', () => told || stuck.versions.at(-1) === count + 1);
  const rest = told ? await core.watch('meter', id, { after: stuck.versions.at(-1) }) : undefined;
  await rest?.caughtUp();
  const all = [...stuck.events, ...(rest?.events ?? [])];
  assert.equal(all.length, count + 1);
  checkOrder(all);
});

test('a reader that keeps up is not told that it is slow, however much comes at once', async () => {
  const id = await meter(1);
  const watcher = await core.watch('meter', id);
  await watcher.caughtUp();
  await Promise.all(Array.from({ length: 60 }, (_, n) => append(id, 100 * n, 100)));
  await until('it has everything, or is told', () => watcher.versions.length === 6_001 || watcher.frames.some(({ type }) => type === 'error'));
  assert.deepEqual(watcher.frames.filter(({ type }) => type === 'error'), []);
});

test('after a new deploy a client comes back with its last version and gets exactly what it missed', async () => {
  const id = await meter(3);
  const before = await core.watch('meter', id);
  await before.caughtUp();
  await released(core, async () => {
    await before.closed;
    await append(id, 100, 2);
    const after = await core.watch('meter', id, { after: before.versions.at(-1) });
    await after.caughtUp();
    assert.deepEqual(before.versions, [1, 2, 3]);
    assert.deepEqual(after.versions, [4, 5]);
    assert.deepEqual([...before.events, ...after.events], await core.events('meter', id));
  });
});
