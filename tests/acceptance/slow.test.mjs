// How far the server is ahead of a reader is bounded: when a window of 1 MiB is full it asks, and sends no more events
// until it is answered. The probe appends more at once than any reader can take in one turn.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder } from './events.mjs';
import { fresh, serveUncounted, until } from './harness.mjs';

const core = await serveUncounted();

const [windowBytes, eventBytes] = [1 << 20, 20_000]; // the first: SOCKET_WINDOW_BYTES in shared/kernel/src/limits.rs
const big = { count: 100, bytes: eventBytes }; // 2 MB in one command
const named = (watcher, wanted) => watcher.frames.filter(({ type }) => type === wanted);

/** A stream with one small event. */
async function stream() {
  const id = fresh('probe');
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  return id;
}

const append = (id, payload = big) => core.send('probe', 'Append', payload, { aggregateId: id });

/** How often a reader was given up so far, all of this core's together. */
const givenUp = async () => (await core.logs()).filter(({ message }) => /too slow/.test(message)).length;

/** Waits until one more reader is given up than before: 10 s without an answer, and a moment. */
const oneMoreGivenUp = (before) => until('it is given up', async () => (await givenUp()) > before, { within: 60_000 });

/** A reader that was given up: told, closed, and with no more than a window of events since its last answer. */
async function checkGivenUp(reader) {
  assert.equal(await reader.closed, 4429);
  assert.deepEqual(reader.frames.at(-1)?.code, 'SLOW_CONSUMER');
  assert.equal(named(reader, 'error').length, 1);
}

test('a reader that stops reading is told and closed, what waits for it is bounded, and it comes back without loss or repeat', async () => {
  const id = await stream();
  const [stuck, reads] = [await core.watch('probe', id), await core.watch('probe', id)];
  await Promise.all([stuck.caughtUp(), reads.caughtUp()]);
  const before = await givenUp();
  stuck.pause();
  for (let n = 0; n < 10; n++) await append(id); // 20 MB
  await reads.event(1_001); // nobody is held up by it
  await oneMoreGivenUp(before);
  stuck.resume();
  await checkGivenUp(stuck);
  assert.ok(stuck.received < windowBytes + 2 * eventBytes, `${stuck.received} bytes waited for it`);
  assert.ok(stuck.received > windowBytes / 2, 'it was sent what its window takes');
  const seen = stuck.versions.at(-1);
  const back = await core.watch('probe', id, { after: seen });
  await back.caughtUp();
  assert.deepEqual([...stuck.events, ...back.events], await core.events('probe', id));
  await Promise.all([back.close(), reads.close()]);
});

test('a reader that stops reading while it catches up is told and closed, too', async () => {
  const id = await stream();
  for (let n = 0; n < 5; n++) await append(id);
  const before = await givenUp();
  const stuck = await core.watch('probe', id);
  stuck.pause();
  await oneMoreGivenUp(before);
  stuck.resume();
  await checkGivenUp(stuck);
  assert.equal(named(stuck, 'caughtUp').length, 0);
  const back = await core.watch('probe', id, { after: stuck.versions.at(-1) ?? 0 });
  await back.caughtUp();
  checkOrder([...stuck.events, ...back.events]);
  assert.equal(stuck.events.length + back.events.length, 501);
  await back.close();
});

test('a reader that is slow but answers gets everything, once and in order, and is live afterwards', async () => {
  const id = await stream();
  const slow = await core.watch('probe', id);
  await slow.caughtUp();
  let [head, done] = [1, false];
  const dawdling = (async () => {
    while (!done) {
      slow.pause();
      await new Promise((awake) => setTimeout(awake, 150));
      slow.resume();
      await new Promise((awake) => setTimeout(awake, 10));
    }
  })();
  const answers = await Promise.all(Array.from({ length: 10 }, () => append(id)));
  head += 1_000;
  assert.deepEqual(answers.map(({ version }) => version).sort((a, b) => a - b), Array.from({ length: 10 }, (_, n) => 100 * n + 101));
  await until('it has everything', () => slow.versions.at(-1) === head, { within: 60_000 });
  done = true;
  await dawdling;
  checkOrder(slow.events);
  assert.equal(slow.events.length, head);
  assert.ok(named(slow, 'ping').length >= 19, 'it was asked for every window');
  assert.equal(named(slow, 'caughtUp').length, 1, 'it is told once that it has caught up');
  await append(id, { count: 1 });
  await slow.event(head + 1);
  assert.deepEqual(named(slow, 'error'), []);
  await slow.close();
});

test('a question carries the version that was sent, and its answer lets exactly the next window through', async () => {
  const id = await stream();
  for (let n = 0; n < 2; n++) await append(id); // 4 MB
  const reader = await core.watch('probe', id, { answers: false });
  let answered = 0;
  while (named(reader, 'caughtUp').length === 0) {
    await until('it is asked or has caught up', () => named(reader, 'ping').length > answered || named(reader, 'caughtUp').length);
    const question = named(reader, 'ping')[answered];
    if (!question) break;
    assert.equal(question.version, reader.versions.at(-1));
    const had = reader.received;
    // Neither a pong without a version nor one of another version is an answer.
    for (const other of [{ type: 'pong' }, { type: 'pong', version: question.version - 1 }]) reader.say(other);
    reader.say('{ "type": "ping" }'); // it reaches the object, and tells that the others have
    await until('the object has heard them', () => named(reader, 'pong').length > answered);
    assert.equal(reader.received, had + '{"type":"pong"}'.length);
    reader.say({ type: 'pong', version: question.version });
    answered++;
    assert.ok(reader.received < answered * (windowBytes + 2 * eventBytes));
  }
  assert.ok(answered >= 3, `it was asked ${answered} times`);
  checkOrder(reader.events);
  assert.equal(reader.events.length, 201);
  await reader.close();
});

test('a client that answers no question is left alone while little is sent', async () => {
  const id = await stream();
  const naive = await core.watch('probe', id, { answers: false });
  await naive.caughtUp();
  for (let n = 0; n < 3; n++) {
    await append(id, { count: 10, bytes: eventBytes });
    await naive.event(10 * n + 11);
    await core.evict('probe', id); // what was sent is remembered while the object sleeps
  }
  assert.deepEqual(naive.frames.map(({ type }) => type).filter((type) => type !== 'event'), ['caughtUp']);
  await append(id, { count: 30, bytes: eventBytes }); // more than a window now, all together
  assert.equal((await naive.frame('ping', ({ type }) => type === 'ping')).version, naive.versions.at(-1));
  await naive.close();
});

test('an eviction while the object waits for answers costs nobody anything', async () => {
  const id = await stream();
  const [late, stuck] = [await core.watch('probe', id, { answers: false }), await core.watch('probe', id, { answers: false })];
  await Promise.all([late.caughtUp(), stuck.caughtUp()]);
  const before = await givenUp();
  await append(id);
  const asked = await late.frame('ping', ({ type }) => type === 'ping');
  await stuck.frame('ping', ({ type }) => type === 'ping');
  const evicted = core.evict('probe', id); // the runtime lets the timer end first
  late.say({ type: 'pong', version: asked.version });
  await oneMoreGivenUp(before);
  await checkGivenUp(stuck);
  await evicted;
  await late.event(101);
  await append(id, { count: 1 });
  await late.event(102);
  checkOrder(late.events);
  assert.equal(late.events.length, 102);
  await late.close();
});

test('a client that sends and sends but reads nothing is closed', async () => {
  const id = await stream();
  const loud = await core.watch('probe', id);
  await loud.caughtUp();
  const before = await givenUp();
  loud.pause();
  const refused = { id: '1', name: 'Append', payload: {} }; // answered by about 300 bytes
  for (let sent = 0; sent < 300; sent++) loud.say({ type: 'commands', commands: Array.from({ length: 100 }, () => refused) });
  await oneMoreGivenUp(before);
  loud.resume();
  await checkGivenUp(loud);
  assert.ok(loud.received < 6 << 20, `${loud.received} bytes waited for it`); // the window, and SOCKET_UNANSWERED_WINDOWS of them
});
