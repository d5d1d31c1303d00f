// The GraphQL socket speaks `graphql-transport-ws` to the letter: its sentences, on the real runtime. Each is also tested
// natively, against the state machine, in shared/flow/tests/transport_ws.rs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { addResource, days, resource101 } from './claims.mjs';
import { seconds, token } from './tokens.mjs';

const core = await serve();
const operator = token('operator', 'sam');
const talk = async () => (await core.talk()).init(operator);
const added = 'mutation ($id: ID, $input: AddResourceInput!) { addResource(id: $id, input: $input) { __typename ... on Accepted { version aggregateId } ... on Rejected { code } } }';

test('the subprotocol is chosen when it is offered, and 4406 without it', async () => {
  assert.equal((await core.talk()).protocol, 'graphql-transport-ws');
  assert.equal((await core.talk({ protocols: ['other', 'graphql-transport-ws'] })).protocol, 'graphql-transport-ws');
  const other = await core.talk({ protocols: null });
  assert.deepEqual(await other.closed, { code: 4406, reason: 'Subprotocol not acceptable' });
});

test('who does not say connection_init in time is closed with 4408', async () => {
  const silent = await core.talk();
  assert.deepEqual(await silent.closed, { code: 4408, reason: 'Connection initialisation timeout' });
});

test('a second connection_init is closed with 4429', async () => {
  const talker = await talk();
  talker.say({ type: 'connection_init' });
  assert.deepEqual(await talker.closed, { code: 4429, reason: 'Too many initialisation requests' });
});

test('an operation before the acknowledgement is closed with 4401', async () => {
  const talker = await core.talk();
  talker.subscribe('{ __typename }');
  assert.deepEqual(await talker.closed, { code: 4401, reason: 'Unauthorized' });
});

test('a missing or wrong token is closed with 4401', async () => {
  for (const payload of [
    undefined,
    {},
    { authorization: 'Bearer rubbish' },
    { authorization: operator },
    { token: token('operator', 'sam', { exp: seconds() - 61 }) },
    { token: token('operator', 'sam', { nbf: seconds() + 120 }) },
    { token: token('operator', 'sam', { aud: 'other' }) },
    { token: token('operator', 'sam', {}, 'a key of somebody else, 32 bytes or more') },
  ]) {
    const talker = await core.talk();
    talker.say({ type: 'connection_init', payload });
    const { code, reason } = await talker.closed;
    assert.deepEqual([code, reason.slice(0, 13)], [4401, 'Unauthorized:'], JSON.stringify(payload));
  }
});

test('what is no message is closed with 4400', async () => {
  for (const text of ['', '{', '[]', '{"type":"start"}', '{"type":"subscribe","id":"1"}', Buffer.from([1, 2])]) {
    const talker = await talk();
    talker.say(text);
    const { code, reason } = await talker.closed;
    assert.deepEqual([code, reason.slice(0, 15)], [4400, 'Invalid message'], String(text));
  }
});

test('a ping is answered by a pong with its payload, before and after the acknowledgement', async () => {
  const talker = await core.talk();
  talker.say('{"type":"ping"}'); // as every client writes it: answered without the session
  await talker.frame('pong', ({ type }) => type === 'pong');
  await talker.ping({ a: [1] });
  await talker.init(operator);
  await talker.ping({ b: 'é' });
  talker.say({ type: 'pong' }); // an unasked one means nothing
  await talker.ping({ c: null });
  assert.ok(talker.isOpen);
});

test('a query and a mutation get one result and then complete', async () => {
  const [talker, id] = [await talk(), fresh('resource')];
  const first = talker.subscribe(added, { id, input: resource101 });
  assert.deepEqual(await talker.next(first), [{ data: { addResource: { __typename: 'Accepted', version: 1, aggregateId: id } } }]);
  await talker.ended(first);
  const again = talker.subscribe(added, { id, input: resource101 });
  assert.deepEqual(await talker.next(again), [{ data: { addResource: { __typename: 'Rejected', code: 'RESOURCE_EXISTS' } } }]);
  const asked = talker.subscribe('query ($id: ID!) { resource(id: $id) { id number } }', { id });
  assert.deepEqual(await talker.next(asked), [{ data: { resource: { id, number: '101' } } }]);
  await talker.ended(asked);
  assert.deepEqual(talker.of(asked).map(({ type }) => type), ['next', 'complete']);
});

test('a field that fails is a result with errors; a document that is wrong is an error, and nothing was executed', async () => {
  const talker = await talk();
  const ahead = talker.subscribe('query ($id: ID!) { resource(id: $id, atVersion: 2) { id } }', { id: await addResource(core) });
  const [{ data, errors }] = await talker.next(ahead);
  assert.deepEqual([data, errors[0].extensions.code], [{ resource: null }, 'VERSION_AHEAD']);
  for (const [query, code] of [
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ spaceship }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { __typename } query B { __typename }', 'UNKNOWN_OPERATION'],
    ['query ($id: ID!) { resource(id: $id) { id } }', 'INVALID_VARIABLE'],
    [`{ ${'a'.repeat(70_000)} }`, 'QUERY_TOO_LARGE'],
    [`{ ${'a: __typename '.repeat(60)} }`, 'TOO_MANY_ALIASES'],
    ['subscription { __typename }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { ...A } fragment A on Subscription { resource(id: "x") { cursor } b: resource(id: "x") { cursor } }', 'INVALID_SUBSCRIPTION'],
    ['subscription { resource(id: "x") @skip(if: false) { cursor } }', 'INVALID_SUBSCRIPTION'],
    ['subscription { ... @include(if: true) { resource(id: "x") { cursor } } }', 'INVALID_SUBSCRIPTION'],
    ['subscription { ...A } fragment A on Query { resource(id: "x") { id } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { ...A } fragment A on Subscription { resource(id: "x") { cursor } ...A }', 'QUERY_TOO_DEEP'],
    ['subscription { ...Missing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { a: resource(id: "x") { cursor } b: resource(id: "y") { cursor } }', 'INVALID_SUBSCRIPTION'],
  ]) {
    const id = talker.subscribe(query);
    const { type, payload } = await talker.ended(id);
    assert.deepEqual([type, payload[0].extensions.code], ['error', code], query.slice(0, 100));
    assert.deepEqual(talker.results(id), []);
  }
});

test('an id is free again when its operation has ended, and 4409 before', async () => {
  const [talker, resource] = [await talk(), await addResource(core)];
  talker.subscribe('{ __typename }', undefined, '1');
  await talker.ended('1');
  talker.subscribe('subscription ($id: ID!) { resource(id: $id) { cursor } }', { id: resource }, '1');
  await talker.frame('a result of the subscription', ({ payload }) => payload?.data?.resource?.cursor === '1');
  talker.subscribe('{ __typename }', undefined, '1');
  assert.deepEqual(await talker.closed, { code: 4409, reason: 'Subscriber for 1 already exists' });
});

test('nothing comes for an operation that the client has completed', async () => {
  const [talker, resource] = [await talk(), await addResource(core)];
  const subscription = 'subscription ($id: ID!) { resource(id: $id) { cursor } }';
  const [ends, stays] = [talker.subscribe(subscription, { id: resource }), talker.subscribe(subscription, { id: resource })];
  await Promise.all([talker.next(ends), talker.next(stays)]);
  talker.complete(ends);
  await talker.ping();
  await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  await talker.next(stays, 2);
  await talker.ping();
  assert.deepEqual(talker.of(ends).map(({ type }) => type), ['next']);
  talker.complete('never begun');
  await talker.ping();
});

test('a token that expires closes the socket with 4403, unless it was renewed', async () => {
  const soon = () => token('owner', 'ana', { exp: seconds() - 57 }); // the clocks' skew of 60 s goes beyond it
  const [expires, renews] = [await core.talk(), await core.talk()];
  await Promise.all([expires.init(soon()), renews.init(soon())]);
  renews.say({ type: 'ping', payload: { authorization: `Bearer ${token('owner', 'ana')}` } });
  assert.deepEqual(await expires.closed, { code: 4403, reason: 'Forbidden: the token has expired' });
  await renews.ping();
  renews.say({ type: 'ping', payload: { token: token('owner', 'ben') } });
  assert.equal((await renews.closed).code, 4403);
});

test('a subscription outlives the token that it began with, once that was renewed', async () => {
  const resource = await addResource(core);
  const id = fresh('claim');
  await core.send('claim', 'CreateClaim', days(resource, '2027-01-01', '2027-01-03', 'ana'), { aggregateId: id });
  const talker = await core.talk();
  await talker.init(token('owner', 'ana', { exp: seconds() - 57 }));
  const watching = talker.subscribe('subscription ($id: ID!) { claim(id: $id, after: "0") { claim { status } } }', { id });
  await talker.next(watching, 2);
  talker.say({ type: 'ping', payload: { authorization: `Bearer ${token('owner', 'ana')}` } });
  await until('the first token has ended', () => new Promise((done) => setTimeout(done, 4_000, true)));
  await core.send('claim', 'CancelClaim', {}, { aggregateId: id });
  const results = await talker.next(watching, 3);
  assert.deepEqual(results.map(({ data }) => data.claim.claim.status), ['PENDING', 'CONFIRMED', 'CANCELLED']);
});
