// How far an object is ahead of all its readers together is bounded, too: each of these has less unread than fills its own
// window, and all of them together have more than fills that of the object.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder, version } from './events.mjs';
import { fresh, serve, until } from './harness.mjs';

const core = await serve();

const windowBytes = 16 << 20; // OBJECT_WINDOW_BYTES in shared/kernel/src/limits.rs
const socketWindowBytes = 1 << 20; // SOCKET_WINDOW_BYTES
const some = { count: 30, bytes: 20_000 }; // 600 KB, of the 1 MiB that a socket is sent before it is asked
const named = (watcher, wanted) => watcher.frames.filter(({ type }) => type === wanted);
const append = (id) => core.send('probe', 'Append', some, { aggregateId: id });
const closings = async () => (await core.logs()).filter(({ message }) => /furthest behind/.test(message)).length;

/** A stream with one small event, and so many readers that have caught up. */
async function crowd(readers) {
  const id = fresh('probe');
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  const watching = await Promise.all(Array.from({ length: readers }, () => core.watch('probe', id)));
  await Promise.all(watching.map((reader) => reader.caughtUp()));
  return { id, watching };
}

test('readers that have stopped are closed, the ones furthest behind first, as far as others wait for it; nobody loses anything', async () => {
  const { id, watching: [reads, ...stuck] } = await crowd(41);
  for (const reader of stuck) reader.pause();
  await append(id); // 24 MB for all of them
  await reads.event(31);
  await append(id);
  await reads.event(61);
  await until('others make room', async () => (await closings()) > 0, { within: 30_000 });
  await append(id);
  await reads.event(91);
  const over = new Map(stuck.map((reader) => [reader, undefined]));
  for (const reader of stuck) {
    reader.closed.then((code) => over.set(reader, code));
    reader.resume();
  }
  await until('each is closed or has everything', () => stuck.every((reader) => over.get(reader) || reader.versions.at(-1) === 91), { within: 60_000 });
  const closed = stuck.filter((reader) => over.get(reader));
  assert.ok(closed.length > 0 && closed.length < stuck.length, `${closed.length} are closed`);
  // Those that nobody had to wait for have their 10 s to answer.
  const codes = { 4429: 'SLOW_CONSUMER', 4432: 'TOO_MUCH_UNREAD' };
  for (const reader of closed) assert.equal(reader.frames.at(-1).code, codes[over.get(reader)]);
  const sent = closed.reduce((sum, { received }) => sum + received, 0);
  assert.ok(sent < 2 * windowBytes, `${sent} bytes waited for those that are closed`);
  const one = closed.find((reader) => over.get(reader) === 4432);
  const back = await core.watch('probe', id, { after: one.versions.at(-1) });
  await back.caughtUp();
  assert.deepEqual([...one.events, ...back.events], await core.events('probe', id));
  for (const reader of stuck) checkOrder(reader.events);
  await Promise.all([back, reads].map((reader) => reader.close()));
});

test('readers that read are asked before their own window is full, and are live again; who is closed on a busy machine comes back', async () => {
  const { id, watching } = await crowd(40);
  for (let n = 0; n < 2; n++) await append(id); // 48 MB in all
  const isClosed = (reader) => reader.frames.at(-1).type === 'error';
  await until('each has everything, or was closed', () => watching.every((reader) => isClosed(reader) || reader.versions.at(-1) === 61), { within: 60_000 });
  const [closed, live] = [true, false].map((is) => watching.filter((reader) => isClosed(reader) === is));
  // Who was closed had not answered for seconds: all forty are read by this one process, which may have to wait for its turn.
  assert.ok(live.length > watching.length / 2, `only ${live.length} were not closed`);
  for (const reader of live) {
    checkOrder(reader.events);
    assert.equal(named(reader, 'caughtUp').length, 1);
  }
  const asked = live.flatMap((reader) => named(reader, 'ping').slice(0, 1).map((ping) => reader.events.filter((event) => version(event) <= ping.version)));
  assert.ok(asked.some((events) => JSON.stringify(events).length < socketWindowBytes), 'asked before its own window was full');
  await append(id);
  await Promise.all(live.map((reader) => reader.event(91)));
  for (const reader of closed) {
    const back = await core.watch('probe', id, { after: reader.versions.at(-1) });
    await back.caughtUp();
    assert.equal(back.versions.at(-1), 91);
    checkOrder([...reader.events, ...back.events]);
    await back.close();
  }
  await Promise.all(live.map((reader) => reader.close()));
});
