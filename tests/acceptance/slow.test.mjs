// A reader that lets more than 1 MiB pile up in the object's send buffer is told so, and closed; it comes back with its
// last version. The probe appends more at once than any reader can take in one turn.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder } from './events.mjs';
import { fresh, serve, until } from './harness.mjs';

const core = await serve('probe');

const big = { count: 100, bytes: 20_000 }; // 2 MB in one command

test('a reader that is too slow is told SLOW_CONSUMER, closed with 4429, and gets the rest when it comes back', async () => {
  const id = fresh('probe');
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  const slow = await core.watch('probe', id);
  await slow.caughtUp();
  slow.pause();
  const answers = await Promise.all(Array.from({ length: 10 }, () => core.send('probe', 'Append', big, { aggregateId: id })));
  assert.deepEqual(answers.map(({ version }) => version).sort((a, b) => a - b), Array.from({ length: 10 }, (_, n) => 100 * n + 101));
  // The object serves on while it waits for that reader.
  const since = performance.now();
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  assert.equal((await core.state('probe', id)).version, 1_002);
  assert.ok(performance.now() - since < 2_000);
  slow.resume();
  const { detail } = await slow.frame('SLOW_CONSUMER', ({ type, code }) => type === 'error' && code === 'SLOW_CONSUMER');
  assert.match(detail, /after=/);
  assert.equal(await slow.closed, 4429);
  assert.equal(slow.frames.at(-1).type, 'error', 'nothing comes after it');
  const seen = slow.versions.at(-1);
  assert.ok(seen < 1_002);

  const back = await core.watch('probe', id, { after: seen });
  await until('it has caught up', () => back.frames.some(({ type }) => type === 'caughtUp'), { within: 30_000 });
  const all = [...slow.events, ...back.events];
  assert.equal(all.length, 1_002);
  checkOrder(all);
  // It is live like any other now.
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  await back.event(1_003);
  await back.close();
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
