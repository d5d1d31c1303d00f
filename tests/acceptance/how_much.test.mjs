// What one caller can make the server hold and do, at the bounds as they are by default. The memory stays bounded, and others have
// their answers: how long they wait is told in hundreds of small queries, since machines differ.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { identifiers, tables } from './storage.mjs';
import { token } from './tokens.mjs';

const MiB = 1 << 20;
// What counts requests must not be what holds: that bound has tests of its own.
const core = await serve('probe', { REQUESTS_PER_PRINCIPAL: '100000000' }, { requests: null });
const ana = core.as(token('owner', 'ana'));
const talk = async (name = 'ana') => (await core.talk()).init(token('owner', name));
const ask = async (query, variables) => (await ana.post('/graphql', { query, variables })).body;
const code = ({ errors }) => errors?.[0].extensions.code;
const times = (count, make) => Array.from({ length: count }, (_, n) => make(n));

/** Somebody who sends a command and looks at its instance, again and again. `stop` gives how long the longest round took. */
function others() {
  const id = fresh('probe');
  let [isOver, longest, rounds] = [false, 0, 0];
  const over = (async () => {
    while (!isOver || !rounds) {
      const since = performance.now();
      await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
      assert.equal((await core.state('probe', id)).version, ++rounds);
      longest = Math.max(longest, performance.now() - since);
    }
  })();
  return { stop: async () => ((isOver = true), await over, longest) };
}

/** Milliseconds in which the server answers a hundred small queries. */
async function hundred() {
  const talker = await talk('ben');
  const since = performance.now();
  for (const id of times(100, () => talker.subscribe('{ me { subject } }'))) await talker.ended(id);
  const took = performance.now() - since;
  await talker.close();
  return took;
}

/** Lets an attack run to its end. It may take so many MiB, and others wait for it as for a few thousand queries at most. */
async function held(t, most, attack) {
  const unit = [await hundred()];
  await core.peak();
  const before = await core.peak();
  const { stop } = others();
  await attack();
  const waited = await stop();
  const more = (await core.peak()) - before;
  unit.push(await hundred());
  const hundreds = waited / Math.max(...unit);
  t.diagnostic(`${more.toFixed(0)} MiB; others waited ${waited.toFixed(0)} ms, as for ${hundreds.toFixed(1)} hundred queries`);
  assert.ok(more < most, `${more.toFixed(0)} MiB more`);
  assert.ok(hundreds < 90, `others waited ${waited.toFixed(0)} ms, as for ${hundreds.toFixed(0)} hundred queries`);
}

const idle = fresh('probe');
const meter = fresh('meter');
const long = 'm'.repeat(500); // TEXT_CHARS
test('there is what is attacked: a hundred rows of ana\'s with long texts, and some thousand events of a meter of ben\'s', async () => {
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: idle });
  const register = (aggregateId, ownerId) => ({ aggregateType: 'meter', aggregateId, name: 'RegisterMeter', payload: { model: long, ownerId } });
  const mine = times(100, () => fresh('meter'));
  const { body } = await core.post('/commands', mine.map((id) => register(id, 'ana')));
  assert.ok(body.every(({ status }) => status === 202), JSON.stringify(body[0]));
  await core.post('/commands', [register(meter, 'ben')]);
  const report = (n) => ({
    aggregateType: 'meter', aggregateId: meter, name: 'UpdateMeter',
    payload: { status: 'OK', reading: n, observedAt: new Date(Date.UTC(2027, 0, 1) + n).toISOString() },
  });
  for (let n = 0; n < 40; n++) await core.post('/commands', times(100, (index) => report(n * 100 + index)));
  for (const id of [...mine, meter]) await journalled(core, 'meter', id);
});

test('a small document that asks for much', (t) => held(t, 128, async () => {
  const names = times(45, (n) => `a${n}: model`).join(' ');
  const answers = await Promise.all(times(10, () => ask(`{ meters(first: 100) { nodes { ${names} } } }`)));
  assert.deepEqual(answers.map((answer) => code(answer) ?? JSON.stringify(answer).length < 4 * MiB), times(10, () => true));
  const lists = times(24, (n) => `l${n}: meters(first: 100) { nodes { ...f } }`).join(' ');
  assert.equal(code(await ask(`{ ${lists} } fragment f on Meter { ${names} }`)), 'TOO_MANY_ALIASES');
  const rows = times(25, (n) => `r${n}: meters(first: 100) { nodes { id model } }`).join(' ');
  assert.equal(code(await ask(`{ ${rows} }`)), 'QUERY_TOO_COMPLEX');
  const two = times(2, (n) => `l${n}: meters(first: 100) { nodes { ...f } }`).join(' ');
  const wide = times(24, (n) => `${'a'.repeat(62)}${n}: model`).join(' ');
  const widest = await ask(`{ ${two} } fragment f on Meter { ${wide} }`);
  assert.ok(JSON.stringify(widest).length < 4 * MiB);
}));

test('large answers, very many at once', (t) => held(t, 160, async () => {
  const names = times(45, (n) => `a${n}: model`).join(' ');
  const answers = await Promise.all(times(100, () => ana.post('/graphql', { query: `{ meters(first: 100) { nodes { ${names} } } }` })));
  const answered = answers.filter(({ body }) => body.data);
  assert.ok(answered.length >= 10 && answered.length < 100, `${answered.length} were answered`);
  for (const { status, body } of answers.filter(({ body }) => !body.data)) assert.deepEqual([status, code(body)], [429, 'RATE_LIMITED']);
  assert.equal(code(await ask('{ meters { nodes { id } } }')), undefined, 'those that have ended do not count');
}));

test('a long name in a fragment that many lists spread', (t) => held(t, 128, async () => {
  const lists = times(24, (n) => `l${n}: meters { nodes { ...f } }`).join(' ');
  const document = `{ ${lists} } fragment f on Meter { ${'a'.repeat(400_000)}: id }`;
  const answers = await Promise.all(times(20, () => ask(document)));
  assert.deepEqual(answers.map(code), times(20, () => 'NAME_TOO_LONG'));
}));

test('a hundred feeds of others\' events, from the beginning', (t) => held(t, 128, async () => {
  const talker = await talk();
  for (let n = 0; n < 100; n++) talker.subscribe('subscription { meters(after: "0") { cursor } }');
  await talker.ping();
  const before = await core.state('probe', idle);
  assert.equal(before.version, 1);
  await talker.close();
}));

test('versions that nobody has reached, of many instances', (t) => held(t, 128, async () => {
  const least = (count) => ({ least: times(count, () => ({ type: 'METER', id: meter, version: 2_000_000_000 })) });
  const names = times(50, (n) => `a${n}: meters(minVersion: $least) { nodes { id } }`).join(' ');
  const lists = `query ($least: [MinVersion!]) { ${names} }`;
  const answers = await Promise.all(times(5, () => ask(lists, least(10))));
  assert.deepEqual(answers.map(code), times(5, () => 'READ_MODEL_BEHIND'));
  assert.equal(code(await ask(lists, least(11))), 'INVALID_FIELD');
}));

test('large messages on a socket, and thousands of small ones that do nothing', (t) => held(t, 192, async () => {
  const long = { type: 'ping', payload: { text: 'x'.repeat(900_000) } };
  for (const talker of [await talk(), await core.talk()]) {
    for (let n = 0; n < 100; n++) talker.say(long);
    assert.equal((await talker.closed).code, 4400, 'only operations are long');
  }
  const stranger = await core.talk();
  for (let n = 0; n < 200; n++) stranger.say('{"type":"ping" }');
  assert.equal((await stranger.closed).code, 1013, 'whoever shows no token has little to say');
  const busy = await talk();
  for (let n = 0; n < 5_000; n++) busy.say('{"type":"ping" }');
  await busy.ping();
  await busy.close();
}));

test('a hundred operations with large variables', (t) => held(t, 192, async () => {
  const talker = await talk();
  const variables = { id: meter, rest: 'x'.repeat(900_000) };
  const query = 'subscription ($id: ID!) { it: meter(id: $id, wait: true) { cursor } }';
  const ids = times(100, () => talker.subscribe(query, variables));
  for (const id of ids) {
    const { type, payload } = await talker.ended(id);
    assert.deepEqual([type, payload[0].extensions.code], ['error', 'VARIABLES_TOO_LARGE']);
  }
  await talker.close();
}));

// Each wakes an object, which the runtime unloads later.
test('very many small values: in a command, in variables, in extensions, on both sockets', (t) => held(t, 160, async () => {
  const many = times(100_000, () => ({ a: 0 }));
  const command = { aggregateType: 'meter', name: 'UpdateMeter', payload: { status: many } };
  const [one, ...others] = await Promise.all([
    ...times(10, () => ana.post('/commands', command)),
    ...times(5, () => core.as(undefined).post('/graphql', { query: '{ __typename }', variables: { many } })),
    ...times(5, () => core.as(undefined).post('/graphql', { query: '{ __typename }', extensions: { many } })),
  ]);
  assert.deepEqual([one.status, one.body.code], [413, 'TOO_MANY_VALUES']);
  for (const { body } of others) assert.equal(body.code ?? code(body), 'TOO_MANY_VALUES');
  const talker = await talk();
  talker.subscribe('{ __typename }', { many });
  assert.equal((await talker.closed).code, 4400);
  const native = await core.watch('probe', idle);
  for (let n = 0; n < 10; n++) native.say({ type: 'command', id: `${n}`, name: 'Append', payload: { many } });
  const refused = await native.frame('refusal', ({ code }) => code === 'TOO_MANY_VALUES');
  assert.ok(refused);
  await native.close();
}));

test('a large variable in many places', (t) => held(t, 128, async () => {
  const least = times(12_000, () => ({ type: 'METER', id: '1', version: 1 }));
  const query = `query ($least: [MinVersion!]) { ${times(48, () => '...f').join(' ')} } fragment f on Query { ${times(51, () => 'meters(minVersion: $least) { __typename }').join(' ')} }`;
  const answers = await Promise.all(times(5, () => core.as(undefined).post('/graphql', { query, variables: { least } })));
  assert.deepEqual(answers.map(({ body }) => code(body)), times(5, () => 'QUERY_TOO_COMPLEX'));
}));

test('long documents of many subscriptions that one event concerns', (t) => held(t, 160, async () => {
  const talkers = await Promise.all(times(20, () => talk()));
  const [own, document] = [fresh('meter'), `subscription { it: meters { cursor } } #${'x'.repeat(63_000)}`];
  for (const talker of talkers) for (let n = 0; n < 12; n++) talker.subscribe(document);
  const held = await Promise.all(talkers.map(async (talker) => (await talker.ping(), talker.frames.filter(({ type }) => type === 'error').length)));
  assert.deepEqual(held, talkers.map(() => 8), 'four of them are as long as may be together');
  await core.send('meter', 'RegisterMeter', { model: 'm', ownerId: 'ana' }, { aggregateId: own });
  for (const talker of talkers) await talker.next('op-1', 2);
  for (const talker of talkers) talker.terminate();
}));

test('a thousand commands that are refused, each for another instance', (t) => held(t, 320, async () => {
  const send = (n) => ({ aggregateType: 'meter', aggregateId: fresh('meter'), name: 'UpdateMeter', payload: { status: 'OK', reading: n } });
  for (let n = 0; n < 10; n++) {
    const { body } = await ana.post('/commands', times(100, send));
    assert.ok(body.every(({ status }) => status >= 400));
  }
}));

test('readers of one instance that do not read', (t) => held(t, 192, async () => {
  const id = fresh('probe');
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  const readers = await Promise.all(times(200, () => core.watch('probe', id)));
  await Promise.all(readers.map((reader) => reader.caughtUp()));
  for (const reader of readers) reader.pause();
  await core.send('probe', 'Append', { count: 30, bytes: 20_000 }, { aggregateId: id }); // 120 MB for all of them
  for (const reader of readers) reader.terminate();
}));

test('after all that there are the instances that accepted commands have begun, and no others', async () => {
  await core.stop();
  const begun = identifiers(core, 'meter').filter((id) => tables(core, 'meter', id).length);
  assert.equal(begun.length, 102);
});
