// The socket: what is shown, when it is shown anew, and what each close code means.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCore } from '@edgefold/client';
import { collected, Listed, ListedLive, until, Watched } from './documents.mjs';

/** A core that has only a socket, which a test plays. */
function played(options) {
  const opened = [];
  class Played {
    said = [];
    constructor(url, protocol) {
      Object.assign(this, { url, protocol });
      opened.push(this);
      queueMicrotask(() => this.onopen?.({}));
    }
    send = (text) => this.said.push(JSON.parse(text));
    close = (code) => (this.closed = code ?? 1000);
    say = (message) => this.onmessage({ data: JSON.stringify(message) });
    /** Acknowledges, once it has shown something; gives that. */
    async welcome() {
      await until('it has shown something', () => this.said.length);
      this.say({ type: 'connection_ack' });
      return this.said[0].payload;
    }
    drop = (code) => this.onclose({ code, reason: `closed with ${code}` });
  }
  const core = createCore({ url: 'https://core.test', WebSocket: Played, ...options });
  after(() => core.close());
  return { opened, core, socket: async (n) => (await until(`socket ${n} is opened`, () => opened[n]), opened[n]) };
}
const follow = (core, ends = []) => {
  const items = [];
  core.follow(Watched, { id: 'a' }, { next: ({ data }) => items.push(data.reservation.cursor), ended: (error) => ends.push(error) });
  return { items, ends };
};
const item = (id, cursor) => ({ type: 'next', id, payload: { data: { reservation: { cursor, caughtUp: true } } } });
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (exp, more) => `${part({ alg: 'HS256' })}.${part({ exp, ...more })}.x`;
const seconds = () => Date.now() / 1000;

test('it comes back after its last cursor', async () => {
  const { core, socket } = played({ token: 'one' });
  const { items } = follow(core);
  const first = await socket(0);
  assert.deepEqual([first.url, first.protocol], ['wss://core.test/graphql', 'graphql-transport-ws']);
  assert.deepEqual(await first.welcome(), { authorization: 'Bearer one' });
  const [, { id, type, payload }] = first.said;
  assert.deepEqual([type, payload.variables], ['subscribe', { id: 'a' }]);
  first.say(item(id, '7'));
  first.drop(1006);
  const second = await socket(1);
  await second.welcome();
  assert.deepEqual(second.said[1].payload.variables, { id: 'a', after: '7' });
  second.say(item(id, 'of an operation that was on the other socket'));
  second.say(item(second.said[1].id, '8'));
  assert.deepEqual(items, ['7', '8']);
  core.close();
});

test('it answers the pings by which the server sees that it reads', async () => {
  const { core, socket } = played({ token: 'one' });
  follow(core);
  const it = await socket(0);
  await it.welcome();
  it.say({ type: 'ping', payload: { number: 3 } });
  assert.deepEqual(it.said.at(-1), { type: 'pong', payload: { number: 3 } });
  core.close();
});

for (const code of [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4403, 4408, 4430, 4431]) {
  test(`${code} is followed by another socket`, async () => {
    const { core, socket } = played({ token: 'one' });
    const { ends } = follow(core);
    await (await socket(0)).welcome();
    const since = Date.now();
    (await socket(0)).drop(code);
    await (await socket(1)).welcome();
    if (code === 4431) assert.ok(Date.now() - since >= 1_900, 'others have to go first'); // half of 4 s at least
    assert.deepEqual(ends, []);
    core.close();
  });
}

for (const code of [4400, 4406, 4409, 4429]) {
  test(`${code} is our mistake, and final`, async () => {
    const { core, socket, opened } = played({ token: 'one' });
    const { ends } = follow(core);
    await (await socket(0)).welcome();
    (await socket(0)).drop(code);
    assert.deepEqual(ends.map(({ code, status, final }) => [code, status, final]), [['CLOSED', code, true]]);
    await sleep(150);
    assert.equal(opened.length, 1);
  });
}

test('a token that is refused is not shown again; another one is', async () => {
  const tokens = ['old', 'new', 'new'];
  const { core, socket } = played({ token: () => tokens.shift() });
  const { ends } = follow(core);
  await until('it has shown one', async () => (await socket(0)).said.length);
  (await socket(0)).drop(4401);
  assert.deepEqual(await (await socket(1)).welcome(), { authorization: 'Bearer new' });
  (await socket(1)).drop(4401);
  await socket(2);
  await until('it is over', () => ends.length);
  assert.deepEqual([ends[0].code, ends[0].status, ends[0].final], ['SIGNED_OUT', 4401, true]);
});

test('a token that was not judged is shown again', async () => {
  const tokens = ['old', 'new', 'new'];
  const { core, socket } = played({ token: () => tokens.shift() });
  const { ends } = follow(core);
  await until('it has shown one', async () => (await socket(0)).said.length);
  (await socket(0)).drop(4401);
  await until('it has shown another', async () => (await socket(1)).said.length);
  (await socket(1)).drop(1006);
  assert.deepEqual(await (await socket(2)).welcome(), { authorization: 'Bearer new' });
  assert.deepEqual(ends, []);
  core.close();
});

for (const nothing of ['token', 'ticket']) {
  test(`no ${nothing} is the end`, async () => {
    const { core } = played({ [nothing]: () => undefined });
    const { ends } = follow(core);
    await until('it is over', () => ends.length);
    assert.equal(ends[0].code, 'SIGNED_OUT');
  });
}

test('a token that cannot be had now is asked for again', async () => {
  let asked = 0;
  const token = () => {
    if (++asked === 1) throw new TypeError('the network is away');
    return 'one';
  };
  const { core, socket } = played({ token });
  follow(core);
  assert.deepEqual(await (await socket(1)).welcome(), { authorization: 'Bearer one' });
  core.close();
});

test('a token is replaced over the open socket before it expires', async () => {
  const [short, long] = [jwt(seconds() + 0.4), jwt(seconds() + 3600)];
  const tokens = [short, long];
  const { core, socket, opened } = played({ token: () => tokens.shift() });
  follow(core);
  const it = await socket(0);
  await it.welcome();
  await until('the new one is shown', () => it.said.some(({ type }) => type === 'ping'));
  assert.deepEqual(it.said.at(-1), { type: 'ping', payload: { authorization: `Bearer ${long}` } });
  it.say({ type: 'pong', payload: { expiresAt: 'then' } });
  assert.equal(opened.length, 1);
  core.close();
});

test('each socket has a ticket of its own', async () => {
  let made = 0;
  const { core, socket } = played({ ticket: async () => `ticket ${++made}` });
  follow(core);
  assert.deepEqual(await (await socket(0)).welcome(), { ticket: 'ticket 1' });
  (await socket(0)).drop(4403);
  assert.deepEqual(await (await socket(1)).welcome(), { ticket: 'ticket 2' });
  core.close();
});

test('with a ticket, questions go over the socket', async () => {
  const { core, socket } = played({ ticket: () => 'one' });
  const asked = core.query('{ me { subject } }');
  const it = await socket(0);
  await it.welcome();
  const [, { id, type, payload }] = it.said;
  assert.deepEqual([type, payload], ['subscribe', { query: '{ me { subject } }' }]);
  it.say({ type: 'next', id, payload: { data: { me: { subject: 'ana' } } } });
  it.say({ type: 'complete', id });
  assert.deepEqual(await asked, { me: { subject: 'ana' } });
  assert.deepEqual(it.said[2], { type: 'complete', id }, 'it is not asked again if the socket is cut now');
  const refused = core.query('{ nothing }');
  await until('it is asked', () => it.said.length === 4);
  it.say({ type: 'error', id: it.said[3].id, payload: [{ message: 'no', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
  await assert.rejects(refused, { code: 'GRAPHQL_VALIDATION_FAILED', final: true });
  core.close();
});

test('what a socket has too many of is asked for again, what is wrong is not', async () => {
  const { core, socket } = played({ token: 'one' });
  const { ends } = follow(core);
  const it = await socket(0);
  await it.welcome();
  const fail = (code) => it.say({ type: 'error', id: it.said.at(-1).id, payload: [{ message: 'no', extensions: { code } }] });
  fail('TOO_MANY_OPERATIONS');
  await until('it has begun again', () => it.said.length === 3);
  assert.deepEqual([it.said[2].type, ends], ['subscribe', []]);
  fail('INVALID_CURSOR');
  assert.equal(ends[0].code, 'INVALID_CURSOR');
  core.close();
});

test('after a restored journal a watch begins with what there is, and a list with the list', async () => {
  const pages = [];
  const fetch = async () => Response.json({ data: { reservations: { updatesCursor: `${pages.push('asked')}`, nodes: [{ id: `of page ${pages.length}`, version: 1 }] } } });
  const { core, socket } = played({ token: 'one', fetch });
  const watch = core.watch(Watched, { id: 'a' });
  const live = core.list(Listed, {}).live(ListedLive);
  const errors = [];
  for (const feed of [watch, live]) collected(feed).over.catch((error) => errors.push(error));
  const it = await socket(0);
  await it.welcome();
  const said = (n) => until(`it has said ${n} things`, () => it.said.length >= n);
  await said(3);
  const idOf = (name) => it.said.findLast(({ payload }) => payload?.query?.includes(name)).id;
  const restored = [{ message: 'restored', extensions: { code: 'STALE_CURSOR' } }];
  it.say({ type: 'next', id: idOf('$id'), payload: { data: { reservation: { cursor: '9', caughtUp: true, event: null, reservation: { id: 'a' } } } } });
  it.say({ type: 'error', id: idOf('$id'), payload: restored });
  it.say({ type: 'error', id: idOf('left'), payload: restored });
  await said(5);
  await until('the list was asked for again', () => pages.length === 2);
  assert.deepEqual(it.said.slice(3).map(({ payload }) => payload.variables), [{ id: 'a' }, { after: '2' }]);
  assert.deepEqual([live.current.rows[0].id, errors], ['of page 2', []]);
  core.close();
});

test('where there is no websocket that is said', async () => {
  const ends = [];
  class None {
    constructor() {
      throw new Error('not from this page');
    }
  }
  const { core } = played({ token: 'one', WebSocket: None });
  follow(core, ends);
  await until('it is over', () => ends.length);
  assert.deepEqual([ends[0].code, ends[0].final], ['NO_SOCKET', true]);
});

test('a socket that is closed as soon as it is open is not opened again at once, over and over', async () => {
  const { core, socket, opened } = played({ token: 'one' });
  follow(core);
  for (let n = 0; n < 4; n++) {
    await (await socket(n)).welcome();
    (await socket(n)).drop(4430);
  }
  const before = opened.length;
  await sleep(400); // the next pause is a second at least
  assert.equal(opened.length, before);
  core.close();
});

test('a page that is looked at again asks whether its socket lives, and does not wait for its turn', async () => {
  const [page, shell] = [Object.assign(new EventTarget(), { visibilityState: 'visible' }), new EventTarget()];
  Object.assign(globalThis, { document: page, addEventListener: shell.addEventListener.bind(shell) });
  const { core, socket, opened } = played({ token: 'one' });
  follow(core);
  const first = await socket(0);
  await first.welcome();
  page.dispatchEvent(new Event('visibilitychange'));
  assert.deepEqual(first.said.at(-1), { type: 'ping' });
  for (let n = 0; n < 4; n++) (await socket(n)).drop(1006); // the next pause is a second at least
  shell.dispatchEvent(new Event('online'));
  assert.equal(opened.length, 5);
  delete globalThis.document;
  delete globalThis.addEventListener;
  core.close();
});

test('what is not watched any more is said to the server, and the socket goes', async () => {
  const { core, socket } = played({ token: 'one' });
  const stop = core.follow(Watched, { id: 'a' }, { next() {}, ended() {} });
  const it = await socket(0);
  await it.welcome();
  stop();
  assert.deepEqual(it.said.at(-1), { id: it.said[1].id, type: 'complete' });
  await until('it is closed', () => it.closed === 1000);
});
