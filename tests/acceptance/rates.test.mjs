// Too much at once: requests and sockets of one principal, at every door. The limits are small here.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { room101 } from './hotel.mjs';
import { token, vars } from './tokens.mjs';

const most = 20;
const core = new Core(configs.core, { ...vars, SOCKETS_PER_PRINCIPAL: '3' }, most);
after(() => core.close());
await core.start();

const room = fresh('room');
const somebody = () => core.as(token('staff', fresh('sam')));
await somebody().command('room', 'AddRoom', room101, { aggregateId: room });

/** Calls until it is too much. The time in which requests are counted may be over in between: then it takes longer. */
const tooMuch = async (call, least = most) => {
  let answered = 0;
  const refused = await until('it is too much', async () => {
    const answer = await call();
    if (answer.status === 429) return answer;
    answered++;
  });
  assert.ok(answered >= least, `${answered} were answered`);
  assert.equal(refused.headers.get('retry-after'), '10');
  return refused;
};

const problem = ({ headers, body }) => {
  assert.equal(headers.get('content-type'), 'application/problem+json');
  return [body.status, body.code];
};

test('POST /commands: one too many is refused, and changes nothing', async () => {
  const caller = somebody();
  let last;
  const refused = await tooMuch(() => caller.command('room', 'AddRoom', room101, { aggregateId: (last = fresh('room')) }));
  assert.deepEqual(problem(refused), [429, 'RATE_LIMITED']);
  const { status } = await somebody().request(`/aggregates/room/${last}`);
  assert.equal(status, 404);
});

for (const path of [`/aggregates/room/${room}`, `/aggregates/room/${room}/events`, '/nothing']) {
  test(`GET ${path.replace(room, '{id}')}: one too many is refused`, async () => {
    const caller = somebody();
    assert.deepEqual(problem(await tooMuch(() => caller.request(path))), [429, 'RATE_LIMITED']);
  });
}

test('/graphql: one too many is refused in its own form', async () => {
  const caller = somebody();
  const json = await tooMuch(() => caller.post('/graphql', { query: '{ __typename }' }));
  const accept = 'application/graphql-response+json';
  const named = await tooMuch(() => caller.request('/graphql?query=%7B__typename%7D', { headers: { accept } }), 0);
  assert.match(json.headers.get('content-type'), /^application\/json/);
  assert.match(named.headers.get('content-type'), /^application\/graphql-response\+json/);
  for (const { body } of [json, named]) {
    assert.deepEqual([body.data, body.errors[0].extensions.code], [undefined, 'RATE_LIMITED']);
  }
});

test('a native socket: one too many is refused', async () => {
  const caller = somebody();
  await tooMuch(() => caller.request(`/aggregates/room/${room}`));
  const refusal = await until('it is too much', async () => {
    const opened = await caller.watch('room', room).catch((error) => error);
    if (opened.status) return opened;
    opened.terminate();
  });
  assert.deepEqual([refusal.status, JSON.parse(refusal.text).code], [429, 'RATE_LIMITED']);
});

test('everybody has a share of their own, by role and name; strangers have that of their address', async () => {
  const name = fresh('ana');
  const [guest, device] = ['guest', 'device'].map((role) => core.as(token(role, name)));
  await tooMuch(() => guest.request('/nothing'));
  assert.equal((await device.request('/nothing')).status, 404);
  const [stranger, forger] = [undefined, 'rubbish'].map((text) => core.as(text));
  await tooMuch(() => stranger.request('/nothing'));
  await tooMuch(() => forger.request('/nothing'), 0);
});

test('whoever asks whether it is well is answered however often', async () => {
  const stranger = core.as(undefined);
  await tooMuch(() => stranger.request('/nothing'), 0);
  for (let n = 0; n <= most; n++) assert.equal((await stranger.request('/healthz')).status, 200);
});

test('the GraphQL socket: one too many from one address is refused', async () => {
  const refusal = await until('it is too much', () => core.talk().then((talker) => talker.terminate(), (error) => error));
  assert.match(refusal.message, /429/);
});

test('a token that is shown on the GraphQL socket counts as a request', async () => {
  const name = fresh('sam');
  const mine = token('staff', name);
  const enter = () => until('there is a socket', () => core.talk().catch(() => false));
  const talker = await (await enter()).init(mine);
  let refused;
  // A few times, as the time in which requests are counted may be over in between.
  for (let round = 0; round < 4 && !refused; round++) {
    for (let n = 0; n < most; n++) talker.say({ type: 'ping', payload: { token: mine } });
    await talker.ping();
    const { type, payload } = await talker.frame('answer', ((id) => (frame) => frame.id === id)(talker.subscribe('{ __typename }')));
    refused = type === 'error' && payload[0].extensions.code;
  }
  assert.equal(refused, 'RATE_LIMITED');
  assert.ok(talker.isOpen, 'the socket stays, with the token that it has');
  await until('a first token is refused, too', async () => {
    await core.as(mine).request('/nothing');
    const newcomer = await enter();
    newcomer.say({ type: 'connection_init', payload: { token: mine } });
    const acknowledged = newcomer.frame('connection_ack', ({ type }) => type === 'connection_ack').then(() => undefined, () => undefined);
    const closed = await Promise.race([newcomer.closed, acknowledged]);
    if (!closed) newcomer.terminate();
    return closed && assert.equal(closed.code, 1013) === undefined;
  }, { within: 60_000 });
  talker.terminate();
});

test('one principal has so many sockets at one instance, and another one when it has closed one', async () => {
  const [sam, eve] = [somebody(), somebody()];
  const sockets = [];
  for (let n = 0; n < 3; n++) sockets.push(await sam.watch('room', room));
  const refusal = await sam.watch('room', room).catch((error) => error);
  assert.deepEqual([refusal.status, JSON.parse(refusal.text).code], [429, 'TOO_MANY_SOCKETS']);
  await eve.watch('room', room);
  await core.evict('room', room);
  assert.equal((await sam.watch('room', room).catch((error) => error)).status, 429, 'asleep they count too');
  sockets[0].terminate();
  await until('there is room again', () => sam.watch('room', room).catch(() => false));
});
