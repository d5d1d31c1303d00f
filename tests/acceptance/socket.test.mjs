import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder } from './events.mjs';
import { fresh, serve, until } from './harness.mjs';
import { addResource, cancel, reserve, settled } from './claims.mjs';
import { journalled } from './journal.mjs';

const core = await serve();

const types = (frames) => frames.map(({ type }) => type);
/** A confirmed claim: a stream of two events. */
async function confirmed(resource) {
  const id = await reserve(core, resource ?? (await addResource(core)), '2027-01-01', '2027-01-05');
  await settled(core, id);
  return id;
}

test('the subprotocol is answered when it is offered', async () => {
  const resource = await addResource(core);
  const watcher = await core.watch('resource', resource, { protocols: ['other', 'edgefold.v1'] });
  assert.equal(watcher.protocol, 'edgefold.v1');
  await watcher.close();
});

test('a client that offers no subprotocol is answered none', async () => {
  const resource = await addResource(core);
  const watcher = await core.watch('resource', resource, { protocols: null });
  assert.equal(watcher.protocol, '');
  await watcher.caughtUp();
  await watcher.close();
});

test('history comes in order, then caughtUp once, then live events', async () => {
  const id = await confirmed();
  const watcher = await core.watch('claim', id);
  const { version } = await watcher.caughtUp();
  assert.equal(version, 2);
  assert.deepEqual(types(watcher.frames), ['event', 'event', 'caughtUp']);
  await cancel(core, id);
  await watcher.event(3);
  await watcher.ping();
  assert.deepEqual(types(watcher.frames), ['event', 'event', 'caughtUp', 'event', 'pong']);
  checkOrder(watcher.events);
  assert.deepEqual(watcher.events, await core.events('claim', id));
  await watcher.close();
});

test('history begins after the cursor', async () => {
  const id = await confirmed();
  const watcher = await core.watch('claim', id, { after: 1 });
  await watcher.caughtUp();
  assert.deepEqual(watcher.versions, [2]);
  await watcher.close();
});

test('with the cursor at the head the history is empty, and live events follow', async () => {
  const id = await confirmed();
  const watcher = await core.watch('claim', id, { after: 2 });
  assert.deepEqual(await watcher.caughtUp(), { type: 'caughtUp', version: 2 });
  assert.deepEqual(watcher.versions, []);
  await cancel(core, id);
  await watcher.event(3);
  assert.deepEqual(watcher.versions, [3]);
  await watcher.close();
});

test('every watcher gets every event once, in order, while claims race', async () => {
  const resource = await addResource(core);
  const watchers = await Promise.all([0, 1, 2, 3, 4].map(() => core.watch('resource', resource)));
  const day = (n) => `2027-03-${String(n).padStart(2, '0')}`;
  const late = [];
  const ids = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const id = await reserve(core, resource, day(n + 1), day(n + 2));
      if (n % 4 === 0) late.push(core.watch('resource', resource));
      return id;
    }),
  );
  for (const id of ids) assert.equal((await settled(core, id)).status, 'CONFIRMED');
  const all = await core.events('resource', resource);
  assert.equal(all.length, 21);
  for (const watcher of [...watchers, ...(await Promise.all(late))]) {
    await watcher.event(21);
    assert.deepEqual(watcher.events, all);
    assert.equal(watcher.frames.filter(({ type }) => type === 'caughtUp').length, 1);
    await watcher.close();
  }
});

test('a cursor that is ahead, malformed or negative is refused before the upgrade', async () => {
  const resource = await addResource(core);
  for (const after of ['2', '-1', 'x', '1.5', '', '%201', '99999999999999999999']) {
    const refusal = await core.watch('resource', resource, { after }).then(() => undefined, (error) => error);
    assert.equal(refusal?.status, 422, `after=${after}`);
    const problem = JSON.parse(refusal.text);
    assert.deepEqual([problem.code, problem.field], ['INVALID_CURSOR', 'after']);
  }
});

test('an unknown instance is 404, an unknown type too, an unknown subprotocol 415', async () => {
  const resource = await addResource(core);
  const refused = (...args) => core.watch(...args).then(() => undefined, (error) => error);
  assert.equal((await refused('resource', 'nobody')).status, 404);
  assert.equal((await refused('spaceship', resource)).status, 404);
  assert.equal((await refused('resource', resource, { protocols: ['graphql-transport-ws'] })).status, 415);
});

test('ping is answered by pong', async () => {
  const resource = await addResource(core);
  const watcher = await core.watch('resource', resource);
  await watcher.ping();
  watcher.say('{ "type": "ping" }'); // with other spacing it reaches the object
  await until('both are answered', () => watcher.frames.filter(({ type }) => type === 'pong').length === 2);
  await watcher.close();
});

test('ping is answered without waking a hibernated object', async () => {
  const resource = await addResource(core);
  const watcher = await core.watch('resource', resource);
  await watcher.caughtUp();
  await journalled(core, 'resource', resource);
  assert.equal(await core.evict('resource', resource), true, 'it was awake');
  for (let n = 0; n < 3; n++) await watcher.ping();
  assert.equal(await core.evict('resource', resource), false, 'it sleeps all the while');
  watcher.say('{ "type": "ping" }'); // with other spacing it wakes the object
  await until('it is answered', () => watcher.frames.filter(({ type }) => type === 'pong').length === 4);
  assert.equal(await core.evict('resource', resource), true, 'now it was awake');
  await watcher.close();
});

test('a message that is none is answered by an error, and the socket stays', async () => {
  const resource = await addResource(core);
  const watcher = await core.watch('resource', resource);
  await watcher.caughtUp();
  const nonsense = ['', 'hello', '[]', 'null', '{"type":"dance"}', '{"type":', '{"type":{"type":"ping"}}', Buffer.from([0, 255, 1])];
  for (const said of nonsense) watcher.say(said);
  const errors = () => watcher.frames.filter(({ type }) => type === 'error');
  await until('each is answered', () => errors().length === nonsense.length);
  for (const error of errors()) assert.deepEqual([error.code, typeof error.detail], ['MALFORMED_MESSAGE', 'string']);
  await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  await watcher.event(2);
  await watcher.ping();
  assert.ok(watcher.isOpen);
  await watcher.close();
});

test('a client that leaves is let go, and the others hear on', async () => {
  const resource = await addResource(core);
  const [gone, stays] = [await core.watch('resource', resource), await core.watch('resource', resource)];
  await stays.caughtUp();
  assert.equal(await gone.close(), 1000);
  await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  await stays.event(2);
  await stays.close();
});

test('sockets of an evicted object hibernate, and get what happens afterwards once and in order', async () => {
  const resource = await addResource(core);
  const id = await confirmed(resource);
  const watcher = await core.watch('claim', id);
  await watcher.caughtUp();
  await journalled(core, 'claim', id);
  for (let round = 0; round < 3; round++) await core.evict('claim', id);
  await watcher.ping(); // answered without the object
  await cancel(core, id);
  await watcher.event(3);
  await core.evict('claim', id);
  await watcher.ping();
  watcher.say('hello'); // wakes it
  await watcher.frame('error', ({ type }) => type === 'error');
  assert.deepEqual(watcher.versions, [1, 2, 3]);
  assert.equal(watcher.frames.filter(({ type }) => type === 'caughtUp').length, 1);
  assert.ok(watcher.isOpen);
  await watcher.close();
});

test('a resource that is evicted in the middle of a race loses nothing to its watchers', async () => {
  const resource = await addResource(core);
  const watcher = await core.watch('resource', resource);
  const day = (n) => `2027-08-${String(n).padStart(2, '0')}`;
  const ids = [];
  for (let n = 1; n <= 12; n++) {
    ids.push(await reserve(core, resource, day(n), day(n + 1)));
    if (n % 3 === 0) await core.evict('resource', resource);
  }
  for (const id of ids) assert.equal((await settled(core, id)).status, 'CONFIRMED');
  await watcher.event(13);
  assert.deepEqual(watcher.events, await core.events('resource', resource));
  await watcher.close();
});

test('an object that is idle hibernates by itself, and its sockets live on', async () => {
  const resource = await addResource(core);
  const watcher = await core.watch('resource', resource);
  await watcher.caughtUp();
  await journalled(core, 'resource', resource);
  // The platform hibernates an object after 10 s without work. There is no door that tells.
  await new Promise((done) => setTimeout(done, 12_000));
  await watcher.ping();
  await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  await watcher.event(2);
  assert.deepEqual(watcher.versions, [1, 2]);
  assert.ok(watcher.isOpen);
  await watcher.close();
});

test('after a restart of the runtime a client comes back with its last version and gets exactly what it missed', async () => {
  const id = await confirmed();
  const watcher = await core.watch('claim', id, { after: 0 });
  await watcher.caughtUp();
  const seen = watcher.versions.at(-1);
  await core.restart();
  await watcher.closed;
  await cancel(core, id);
  const back = await core.watch('claim', id, { after: seen });
  await back.caughtUp();
  assert.deepEqual(back.versions, [3]);
  assert.deepEqual([...watcher.events, ...back.events], await core.events('claim', id));
  await back.close();
});

test('an id of any visible characters can be watched', async () => {
  const id = fresh('r:%#?');
  await addResource(core, id);
  const watcher = await core.watch('resource', id);
  await watcher.event(1);
  await watcher.close();
});
