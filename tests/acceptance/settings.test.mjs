// Bounds that a deployment sets: what fits is taken as ever, and one more is refused. Those that concern how often something is asked
// are tested with it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh } from './harness.mjs';
import { token, vars } from './tokens.mjs';

const KiB = 1 << 10;
const core = new Core(configs.probe, {
  ...vars,
  TICKETS_PER_PRINCIPAL: '1',
  SOCKET_WINDOW_BYTES: `${256 * KiB}`,
  GRAPHQL_MAX_NAME_BYTES: '12',
  GRAPHQL_MAX_MIN_VERSIONS: '1',
  GRAPHQL_MAX_SOURCES: '2',
  GRAPHQL_MAX_QUERY_BYTES: '200',
  GRAPHQL_MAX_VARIABLES_BYTES: '100',
  GRAPHQL_MAX_IDLE_MESSAGES: '5',
  GRAPHQL_MAX_TOKENS: '80',
  GRAPHQL_MAX_DEPTH: '4',
  GRAPHQL_MAX_ALIASES: '3',
  GRAPHQL_MAX_DIRECTIVES: '2',
  GRAPHQL_MAX_COMPLEXITY: '60',
  GRAPHQL_LIST_ITEMS: '30',
  GRAPHQL_MAX_ANSWER_BYTES: '1000',
}, 20);
after(() => core.close());
await core.start();

const probe = fresh('probe');
await core.send('probe', 'Append', { count: 1 }, { aggregateId: probe });
const talk = async () => (await core.talk()).init(token('operator', fresh('sam')));
const codeOf = async (query, variables) => (await core.as(token('operator', fresh('sam'))).post('/graphql', { query, variables })).body.errors?.[0].extensions.code;

test('unused tickets', async () => {
  const caller = core.as(token('operator', fresh('sam')));
  assert.equal((await caller.post('/tickets')).status, 201);
  const { status, body } = await caller.post('/tickets');
  assert.deepEqual([status, body.code], [429, 'TOO_MANY_TICKETS']);
});

test('length of a name, and versions that a list names', async () => {
  assert.equal(await codeOf('{ abcdefghijkl: __typename }'), undefined);
  assert.equal(await codeOf('{ abcdefghijklm: __typename }'), 'NAME_TOO_LONG');
  const list = 'query ($least: [MinVersion!]) { it: meters(minVersion: $least) { nodes { id } } }';
  const least = (count) => ({ least: Array.from({ length: count }, () => ({ type: 'METER', id: 'm', version: 0 })) });
  assert.equal(await codeOf(list, least(1)), undefined);
  assert.equal(await codeOf(list, least(2)), 'INVALID_FIELD');
});

test('tokens, depth, aliases, directives, fields, and the items of a list within a row', async () => {
  const many = (count, make) => Array.from({ length: count }, (_, n) => make(n)).join(' ');
  const listed = (fields) => `mutation { addResource(input: {}) { ... on Accepted { events { ${fields} } } } }`;
  for (const [fits, refused, code] of [
    [`{ ${many(58, () => '__typename')} }`, `{ ${many(79, () => '__typename')} }`, 'QUERY_TOO_LONG'],
    ['{ meters { nodes { id } } }', '{ a { b { c { d { e } } } } }', 'QUERY_TOO_DEEP'],
    [`{ ${many(3, (n) => `a${n}: __typename`)} }`, `{ ${many(4, (n) => `a${n}: __typename`)} }`, 'TOO_MANY_ALIASES'],
    ['{ __typename @skip(if: false) @include(if: true) }', '{ __typename @skip(if: false) @include(if: true) @skip(if: false) }', 'TOO_MANY_DIRECTIVES'],
    ['{ meters(first: 50) { nodes { id } } }', '{ meters(first: 60) { nodes { id } } }', 'QUERY_TOO_COMPLEX'],
    [listed('type'), listed('type version'), 'QUERY_TOO_COMPLEX'],
  ]) {
    assert.notEqual(await codeOf(fits), code, fits);
    assert.equal(await codeOf(refused), code, refused);
  }
});

test('bytes of an answer', async () => {
  const id = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'm'.repeat(500), ownerId: 'ana' }, { aggregateId: id });
  const query = (names) => `query ($id: ID!) { meter(id: $id) { ${names.map((name) => `${name}: model`).join(' ')} } }`;
  assert.equal(await codeOf(query(['a']), { id }), undefined);
  assert.equal(await codeOf(query(['a', 'b']), { id }), 'ANSWER_TOO_LARGE');
});

test('a document, variables and sources of a socket', async () => {
  const talker = await talk();
  const query = 'subscription ($id: ID!) { it: probe(id: $id) { cursor } }';
  const refused = async (id) => (await talker.ended(id)).payload[0].extensions.code;
  const padded = (bytes) => query.padEnd(bytes, ' ');
  assert.equal(await refused(talker.subscribe(padded(201), { id: probe })), 'QUERY_TOO_LARGE');
  const fitting = (bytes) => ({ id: probe, x: 'x'.repeat(bytes - JSON.stringify({ id: probe, x: '' }).length) });
  assert.equal(await refused(talker.subscribe(query, fitting(101))), 'VARIABLES_TOO_LARGE');
  await talker.next(talker.subscribe(padded(200), fitting(100)));
  await talker.next(talker.subscribe(query, { id: probe }));
  assert.equal(await refused(talker.subscribe(query, { id: probe })), 'TOO_MANY_OPERATIONS');
  await talker.close();
});

test('messages that do nothing and are too many', async () => {
  const talker = await talk();
  for (let n = 0; n < 40; n++) talker.say('{"type":"ping" }'); // 20 are counted as requests
  assert.equal((await talker.closed).code, 1013);
});

test('bytes that are sent to a socket before its reader is asked', async () => {
  const id = fresh('probe');
  await core.send('probe', 'Append', { count: 20, bytes: 20_000 }, { aggregateId: id });
  const reader = await core.watch('probe', id);
  const { version } = await reader.frame('ping', ({ type }) => type === 'ping');
  assert.ok(version >= 256 / 20.5 - 1 && version <= 15, `asked at version ${version}`);
  await reader.close();
});
