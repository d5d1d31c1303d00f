// Where websockets are blocked: watches go on over event streams, and lose and repeat nothing.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createCore, EventStreams } from '@edgefold/client';
import WebSocket from 'ws';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { proxy } from '../../../tests/acceptance/proxy.mjs';
import { seconds, token } from '../../../tests/acceptance/tokens.mjs';
import { addResource, cancel, client, Create, ListedLive, reserve, settled, Waited, Watched } from './claims.mjs';
import { collected, until } from './documents.mjs';

const core = await serve();
const network = await proxy(core, { upgrades: false });
const falling = (options) => client(network.url, { WebSocket, fallback: EventStreams, ...options });
const versions = (seen) => seen.map(({ event }) => event?.version).filter(Boolean);

/** A claim that is CONFIRMED: two events. */
async function claim() {
  const id = await reserve(core, await addResource(core), '2031-01-01', '2031-01-03');
  await settled(core, id);
  return id;
}

test('a page whose websockets are refused watches over streams; each event comes once, over a cut and a killed runtime', async () => {
  const [mine, id, refused] = [falling(), await claim(), network.refused];
  const watch = mine.watch(Watched, { id }, { after: '0' });
  const { seen } = collected(watch);
  await until('what is stored has come', () => versions(seen).length === 2);
  assert.equal(network.refused - refused, 2, 'it has tried');
  network.down();
  await until('it is behind', () => watch.state === 'behind');
  network.mend();
  await until('it is live', () => watch.state === 'live');
  await core.killAndRestart();
  await cancel(core, id);
  await until('what it missed has come', () => versions(seen).length === 3);
  assert.deepEqual(versions(seen), [1, 2, 3]);
  assert.equal(watch.current.row.status, 'CANCELLED');
  watch.close();
});

test('several operations run side by side, each to its own end', async () => {
  const mine = client(core.url, { WebSocket: EventStreams });
  const [id, later] = [await claim(), fresh('claim')];
  const [watch, waiting, listed] = [collected(mine.watch(Watched, { id })), collected(mine.watch(Waited, { id: later })), []];
  const stop = mine.follow(ListedLive, { after: '0' }, { next: ({ data }) => listed.push(data.claims.event?.aggregateId), ended: assert.fail });
  await assert.rejects(collected(mine.watch(Watched, { id: fresh('nobody') })).over, { code: 'UNKNOWN_INSTANCE', final: true });
  await assert.rejects(collected(mine.watch('subscription ($id: ID!, $after: String) { claim(id: $id, after: $after) { cursor caughtUp claim { id version spaceship } } }', { id })).over, {
    code: 'GRAPHQL_VALIDATION_FAILED',
  });
  await until('the first is there', () => watch.seen.length === 1 && listed.includes(id));
  await mine.send(Create, { id: later, input: { userId: 'ana', resourceId: await addResource(core), dateStart: '2031-02-01', dateEnd: '2031-02-03' } });
  await until('the other has begun, and is in the list', () => waiting.seen.at(-1)?.row.status === 'CONFIRMED' && listed.includes(later));
  assert.equal(watch.seen.length, 1);
  stop();
});

test('a token that ends is followed by the next one, and nothing is lost', async () => {
  const id = await claim();
  // The clocks' skew of 60 s goes beyond the first, which is read as one that has ended.
  const tokens = [token('owner', 'ana', { exp: seconds() - 56 })];
  const mine = client(core.url, { WebSocket: EventStreams, token: () => tokens.shift() ?? token('owner', 'ana') });
  const watch = mine.watch(Watched, { id }, { after: '0' });
  const { seen } = collected(watch);
  await until('it is live', () => watch.state === 'live');
  await until('its token has ended', () => watch.state === 'behind');
  await cancel(core, id);
  await until('it goes on', () => versions(seen).length === 3);
  assert.deepEqual(versions(seen), [1, 2, 3]);
  watch.close();
});

test('whoever stops watching leaves no stream open', async () => {
  const [one, id] = [await serve('probe', { SESSIONS_PER_PRINCIPAL: '1' }), fresh('claim')];
  await reserve(one, await addResource(one), '2031-01-01', '2031-01-03', id);
  const mine = client(one.url, { WebSocket: EventStreams });
  for (let n = 0; n < 2; n++) {
    const watch = mine.watch(Watched, { id });
    const { seen } = collected(watch);
    await until('it is there', () => seen.length > 0); // once the place of the one before is free
    watch.close();
  }
});

test('a token that does not count signs out; tickets are for websockets', async () => {
  const bad = client(core.url, { WebSocket: EventStreams, token: 'rubbish' });
  await assert.rejects(collected(bad.watch(Watched, { id: 'a' })).over, { code: 'SIGNED_OUT', final: true });
  const page = client(core.url, { WebSocket: EventStreams, token: undefined, ticket: () => 'a' });
  await assert.rejects(collected(page.watch(Watched, { id: 'a' })).over, { code: 'CLOSED', final: true, message: /ticket/ });
});

test('what answers no stream is not asked for ever; what is away for a moment is', async (t) => {
  const answers = [
    new Response('{"errors":[{"message":"later","extensions":{"code":"RATE_LIMITED"}}]}', { status: 429, headers: { 'content-type': 'application/json' } }),
    new Response('<html>', { status: 502 }),
    new Response('<html>', { status: 200 }),
  ];
  const asked = t.mock.method(globalThis, 'fetch', async () => answers.shift());
  const mine = client('https://core.test', { WebSocket: EventStreams });
  await assert.rejects(collected(mine.watch(Watched, { id: 'a' })).over, { code: 'CLOSED', status: 4406 });
  assert.equal(asked.mock.callCount(), 3);
});

test('a stream on which nothing comes, no comment either, is given up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let [pieces, count] = [undefined, 0];
  t.mock.method(globalThis, 'fetch', async () => {
    count++;
    return new Response(new ReadableStream({ start: (given) => void (pieces = given) }), { headers: { 'content-type': 'text/event-stream' } });
  });
  const mine = client('https://core.test', { WebSocket: EventStreams });
  mine.follow(Watched, { id: 'a' }, { next() {}, ended: (error) => assert.equal(error, undefined) });
  /** So many seconds go by, one by one: what follows from each happens in it. */
  const pass = async (seconds) => {
    for (let n = 0; n < seconds; n++) {
      t.mock.timers.tick(1_000);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    }
  };
  await pass(30);
  pieces.enqueue(new TextEncoder().encode(':\n\n'));
  await pass(39);
  assert.equal(count, 1);
  await pass(3);
  assert.equal(count, 2);
  mine.close();
});

/** A client whose sockets and streams a test plays: `opened` says which they were, in order. */
function played(outcome) {
  const opened = [];
  const kind = (name) => class {
    constructor() {
      opened.push(name);
      queueMicrotask(() => outcome(name, opened.length, this));
    }
    send() {}
    close() {}
  };
  const mine = createCore({ url: 'https://core.test', token: 'one', WebSocket: kind('socket'), fallback: kind('stream') });
  after(() => mine.close());
  mine.follow(Watched, { id: 'a' }, { next() {}, ended() {} });
  return opened;
}

test('whoever has had a websocket comes back with one', async () => {
  const opened = played((name, count, socket) => {
    if (count === 1) socket.onopen({});
    queueMicrotask(() => socket.onclose({ code: 1006, reason: '' }));
  });
  await until('it has tried some', () => opened.length === 5);
  assert.deepEqual(new Set(opened), new Set(['socket']));
});

test('where nothing comes through, websockets are tried again', async () => {
  const opened = played((name, count, socket) => socket.onclose({ code: 1006, reason: '' }));
  await until('it has tried some', () => opened.length === 6);
  assert.deepEqual(opened.slice(0, 6), ['socket', 'socket', 'stream', 'socket', 'socket', 'stream']);
});
