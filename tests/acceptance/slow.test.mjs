// What piles up in the object's send buffer is bounded: over 1 MiB a reader gets the rest from what is stored, page by page,
// as it takes it. The probe appends more at once than any reader can take in one turn.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder } from './events.mjs';
import { fresh, serve, until } from './harness.mjs';

const core = await serve('probe');

const big = { count: 100, bytes: 20_000 }; // 2 MB in one command

test('a reader on which much piles up at once falls back to the stored events, and misses none', async () => {
  const id = fresh('probe');
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  const slow = await core.watch('probe', id);
  await slow.caughtUp();
  slow.pause();
  const answers = await Promise.all(Array.from({ length: 10 }, () => core.send('probe', 'Append', big, { aggregateId: id })));
  assert.deepEqual(answers.map(({ version }) => version).sort((a, b) => a - b), Array.from({ length: 10 }, (_, n) => 100 * n + 101));
  // The object serves on meanwhile.
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  assert.equal((await core.state('probe', id)).version, 1_002);
  slow.resume();
  await until('it has everything', () => slow.versions.at(-1) === 1_002, { within: 30_000 });
  assert.equal(slow.events.length, 1_002);
  checkOrder(slow.events);
  assert.equal(slow.frames.filter(({ type }) => type === 'caughtUp').length, 1, 'it is told once that it has caught up');
  // It is live like any other now.
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  await slow.event(1_003);
  await slow.close();
});

test('a stream of many megabytes is caught up with page by page, each event once', async () => {
  const id = fresh('probe');
  for (let n = 0; n < 8; n++) await core.send('probe', 'Append', big, { aggregateId: id });
  const watcher = await core.watch('probe', id);
  watcher.pause();
  await new Promise((done) => setTimeout(done, 500)); // it is in no hurry
  watcher.resume();
  await until('it has caught up', () => watcher.frames.some(({ type }) => type === 'caughtUp'), { within: 30_000 });
  assert.equal(watcher.events.length, 800);
  checkOrder(watcher.events);
  await watcher.close();
});
