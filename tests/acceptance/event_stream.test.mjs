// GraphQL over server-sent events, with the client of that protocol: what a websocket gives, where websockets are blocked.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { addResource, days, reserve, resource101 } from './claims.mjs';
import { fresh, serve, serveUncounted, until } from './harness.mjs';
import { rows, tables } from './storage.mjs';
import { bearer, seconds, token } from './tokens.mjs';

const core = await serve('probe', { ENVIRONMENT: 'development' });
const operator = token('operator', 'sam');
const accept = 'text/event-stream';
const end = 'event: complete\ndata:\n\n';

/** An operation by the client of the protocol, which does not try again. `items` fills up; `done` is null when it is complete, or the failure. */
function ask(query, variables, { who = operator, of = core } = {}) {
  const client = createClient({ url: `${of.url}/graphql`, headers: who ? bearer(who) : {}, retryAttempts: 0 });
  const results = [];
  const asked = { results, items: () => results.map(({ data, errors }) => (assert.equal(errors, undefined, JSON.stringify(errors)), data.it)) };
  asked.done = new Promise((done) => {
    asked.leave = client.subscribe({ query, variables }, { next: (result) => results.push(result), error: done, complete: () => done(null) });
  });
  asked.next = (count) => until(`${count} results are there`, () => results.length >= count);
  return asked;
}

/** The whole answer to an operation that ends. */
const answer = (query, options) => core.post('/graphql', { query }, { accept, ...options });
/** The events of a stream's text, without its comments. */
const events = (text) => text.split('\n\n').filter((event) => event && !event.startsWith(':')).map((event) => {
  const [, name, data] = event.match(/^event: (.*)\ndata:(.*)$/);
  return [name, data && JSON.parse(data)];
});
const codes = (body) => body.errors.map(({ extensions }) => extensions.code);

const watching = `subscription ($id: ID!, $after: String) { it: meter(id: $id, after: $after) {
  cursor caughtUp event { version } meter { version reading } } }`;
const cursors = (asked) => asked.items().map(({ cursor }) => Number(cursor));
const run = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

async function append(id, head, count) {
  const reports = run(head, head + count - 1).map((reading) => ({
    aggregateType: 'meter', aggregateId: id, name: 'UpdateMeter',
    payload: { status: 'OK', reading, observedAt: new Date(Date.UTC(2026, 0, 1) + reading).toISOString() },
  }));
  const { body } = await core.post('/commands', reports);
  assert.deepEqual(new Set(body.map(({ status }) => status)), new Set([202]));
}

/** A meter with so many events. */
async function meter(count) {
  const id = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
  await append(id, 1, count - 1);
  return id;
}

test('a subscription gives the present state, then every event once and in order, and goes on after a cursor', async () => {
  const id = await meter(3);
  const asked = ask(watching, { id });
  await asked.next(1);
  assert.deepEqual(asked.items(), [{ cursor: '3', caughtUp: true, event: { version: 3 }, meter: { version: 3, reading: 2 } }]);
  await append(id, 3, 20);
  await asked.next(21);
  assert.deepEqual(cursors(asked), run(3, 23));
  const later = ask(watching, { id, after: '10' });
  await later.next(13);
  await append(id, 23, 1);
  await Promise.all([asked.next(22), later.next(14)]);
  assert.deepEqual([cursors(asked), cursors(later)], [run(3, 24), run(11, 24)]);
  assert.ok(await core.evictSessions() > 0);
  await append(id, 24, 1);
  await Promise.all([asked.next(23), later.next(15)]);
  assert.deepEqual([cursors(asked), cursors(later)], [run(3, 25), run(11, 25)], 'a session that was unloaded goes on');
  asked.leave();
  later.leave();
});

test('a subscription to a category gives what was there, and what comes', async () => {
  const resource = await addResource(core);
  const claims = [await reserve(core, resource, '2027-02-01', '2027-02-02')];
  const asked = ask('subscription ($resource: ID!) { it: claims(filter: { resourceId: $resource }, after: "0") { event { type aggregateId } } }', { resource });
  const created = () => asked.items().filter(({ event }) => event?.type === 'ClaimCreated').map(({ event }) => event.aggregateId);
  await until('the first is there', () => created().length === 1);
  claims.push(await reserve(core, resource, '2027-03-01', '2027-03-02'));
  await until('the second is there', () => created().length === 2);
  assert.deepEqual(created(), claims);
  asked.leave();
});

test('a query and a mutation get one result, and then the end', async () => {
  const id = fresh('resource');
  const added = ask(
    'mutation ($id: ID, $input: AddResourceInput!) { it: addResource(id: $id, input: $input) { ... on Accepted { version aggregateId } } }',
    { id, input: resource101 },
  );
  assert.equal(await added.done, null);
  assert.deepEqual(added.items(), [{ version: 1, aggregateId: id }]);
  const known = ask('query ($id: ID!) { it: resource(id: $id) { id version } }', { id });
  assert.equal(await known.done, null);
  assert.deepEqual(known.items(), [{ id, version: 1 }]);
  const query = encodeURIComponent('query ($id: ID!) { resource(id: $id) { id } }');
  const { status, headers, body } = await core.request(`/graphql?query=${query}&variables=${encodeURIComponent(JSON.stringify({ id }))}`, { headers: { accept } });
  assert.deepEqual([status, body], [200, `event: next\ndata: {"data":{"resource":{"id":"${id}"}}}\n\n${end}`]);
  assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const nobody = ask('{ it: __typename }', {}, { who: null });
  assert.equal(await nobody.done, null);
  assert.deepEqual(nobody.items(), ['Query'], 'the schema is for those who show no token, too');
});

test('a stream can be asked for by GET, is for its caller alone, and is kept by nobody on the way', async () => {
  const id = await meter(2);
  const leaving = new AbortController();
  const url = `${core.url}/graphql?query=${encodeURIComponent(watching)}&variables=${encodeURIComponent(JSON.stringify({ id, after: '0' }))}`;
  const headers = { ...core.headers, accept };
  const response = await fetch(url, { headers, signal: leaving.signal });
  assert.deepEqual(
    ['content-type', 'cache-control', 'x-accel-buffering', 'vary'].map((name) => response.headers.get(name)),
    ['text/event-stream; charset=utf-8', 'no-store', 'no', 'Authorization, Origin'],
  );
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (events(text).length === 2 && text.endsWith('\n\n:\n\n')) break; // while nothing happens, a comment comes
  }
  assert.ok(text.startsWith(':\n\n'), 'something comes at once');
  assert.deepEqual(events(text).map(([name, { data }]) => [name, data.it.cursor]), [['next', '1'], ['next', '2']]);
  leaving.abort();
  const elsewhere = await fetch(url, { headers: { ...headers, origin: 'https://elsewhere.test' } });
  assert.equal(elsewhere.status, 403, 'pages of other origins are refused here, too');
  const head = await fetch(url, { method: 'HEAD', headers });
  assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'text/event-stream; charset=utf-8']);
});

test('whoever reads both forms gets JSON, and a subscription only as a stream', async () => {
  const both = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';
  const { headers, body } = await answer('{ __typename }', { accept: both });
  assert.match(headers.get('content-type'), /graphql-response/);
  assert.deepEqual(body, { data: { __typename: 'Query' } });
  const refused = await answer('subscription { meter(id: "a") { cursor } }', { accept: both });
  assert.deepEqual([refused.status, codes(refused.body)], [400, ['SUBSCRIPTION_UNSUPPORTED']]);
});

test('a caller who may not ask, and what is no request, get a status', async () => {
  const subscription = 'subscription { meter(id: "a") { cursor } }';
  const ended = token('operator', 'sam', { exp: seconds() - 61 });
  for (const [what, status, code, sent] of [
    ['no token', 401, 'UNAUTHENTICATED', () => core.as(undefined).post('/graphql', { query: subscription }, { accept })],
    ['a bad token', 401, 'INVALID_TOKEN', () => core.as('rubbish').post('/graphql', { query: subscription }, { accept })],
    ['a token that has ended', 401, 'INVALID_TOKEN', () => core.as(ended).post('/graphql', { query: subscription }, { accept })],
    ['no JSON', 400, 'MALFORMED_JSON', () => core.post('/graphql', '{', { accept })],
    ['no document', 400, 'MALFORMED_REQUEST', () => core.post('/graphql', '{}', { accept })],
    ['another content type', 415, 'UNSUPPORTED_CONTENT_TYPE', () => core.post('/graphql', '{}', { accept, 'content-type': 'text/plain' })],
    ['a mutation by GET', 405, 'METHOD_NOT_ALLOWED', () => core.request(`/graphql?query=${encodeURIComponent('mutation { closeResource(id: "a") { __typename } }')}`, { headers: { accept } })],
    ['another method', 405, 'METHOD_NOT_ALLOWED', () => core.request('/graphql', { method: 'PUT', headers: { accept } })],
  ]) {
    const { status: found, headers, body } = await sent();
    assert.deepEqual([found, codes(body)], [status, [code]], what);
    assert.match(headers.get('content-type'), /^application\/json/, what);
    assert.equal(headers.has('www-authenticate'), status === 401, what);
  }
  const refused = ask(subscription, {}, { who: 'rubbish' });
  assert.equal((await refused.done).response.status, 401, 'the client is told the status');
});

test('a document that is refused is told in the stream, as the protocol wants it', async () => {
  for (const [query, code] of [
    ['subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { __typename } query B { __typename }', 'UNKNOWN_OPERATION'],
    [`subscription { meter(id: "a") ${'{ a '.repeat(20)}${'}'.repeat(20)} }`, 'QUERY_TOO_DEEP'],
  ]) {
    const { status, headers, body } = await answer(query);
    assert.deepEqual([status, headers.get('content-type')], [200, 'text/event-stream; charset=utf-8'], query);
    const [[name, result], last] = events(body);
    assert.deepEqual([name, 'data' in result, codes(result), last], ['next', false, [code], ['complete', '']], query);
  }
});

test('what a caller may not see is answered as on the socket', async () => {
  const id = await meter(2); // of ana
  const ben = token('owner', 'ben');
  const talker = await (await core.talk()).init(ben);
  for (const instance of [id, 'nobody']) {
    const asked = ask(watching, { id: instance }, { who: ben });
    assert.equal(await asked.done, null);
    const { payload } = await talker.ended(talker.subscribe(watching, { id: instance }));
    assert.deepEqual(asked.results, [{ errors: payload }]);
    assert.deepEqual(codes(asked.results[0]), ['UNKNOWN_INSTANCE']);
  }
  await talker.close();
});

test('whoever leaves a stream leaves its session, its place and its source behind it', async () => {
  const few = await serve('probe', { SESSIONS_PER_PRINCIPAL: '2' });
  const [ana, id] = [token('owner', 'ana'), fresh('meter')];
  await few.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
  const follow = () => ask(watching, { id }, { who: ana, of: few });
  const open = [follow(), follow()];
  for (const asked of open) await asked.next(1);
  const refused = await few.as(ana).post('/graphql', { query: watching, variables: { id } }, { accept });
  assert.deepEqual([refused.status, codes(refused.body)], [429, ['TOO_MANY_SOCKETS']]);
  open[0].leave();
  await until('there is a place again', async () => {
    const asked = follow();
    await Promise.race([asked.next(1), asked.done]);
    asked.leave();
    return asked.results.length === 1;
  });
  open[1].leave();
  await until('every seat is free', () => rows(few, 'session', 'owner:ana', 'SELECT session FROM seats').length === 0);
  await until('nobody follows', () => rows(few, 'meter', id, 'SELECT session FROM followers').length === 0);
  await until('the sessions have left nothing', async () => {
    const left = (await few.sessions()).filter((session) => tables(few, 'session', session).includes('operations'));
    return left.length === 0;
  });
  assert.deepEqual((await few.logs()).filter(({ level }) => level === 'error'), []);
});

test('a token that ends while a stream is open ends it, and says so', async () => {
  const id = await meter(2);
  const ana = token('owner', 'ana', { exp: seconds() - 56 }); // the clocks' skew of 60 s goes beyond it
  const asked = ask(watching, { id }, { who: ana });
  assert.equal(await asked.done, null);
  const [first, last, ...more] = asked.results;
  assert.deepEqual([first.data.it.cursor, codes(last), 'data' in last, more], ['2', ['TOKEN_EXPIRED'], false, []]);
});

test('a killed runtime ends the streams; after the cursor nothing is missing and nothing comes twice', async () => {
  const id = await meter(5);
  const before = ask(watching, { id, after: '0' });
  await before.next(5);
  await core.killAndRestart();
  assert.ok((await before.done) instanceof Error, 'no end was told');
  await append(id, 5, 3);
  const after = ask(watching, { id, after: before.items().at(-1).cursor });
  await after.next(3);
  await append(id, 8, 1);
  await after.next(4);
  assert.deepEqual([...cursors(before), ...cursors(after)], run(1, 9));
  after.leave();
});

test('whoever stops reading holds up nobody, is told so, and goes on after its cursor', async () => {
  const big = await serveUncounted();
  const id = fresh('probe');
  const query = 'subscription ($id: ID!, $after: String) { it: probe(id: $id, after: $after) { cursor event { data } } }';
  const grow = () => big.send('probe', 'Append', { count: 100, bytes: 20_000 }, { aggregateId: id }); // 2 MB
  await big.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  const reads = ask(query, { id, after: '0' }, { of: big });
  await reads.next(1);
  const body = JSON.stringify({ query, variables: { id, after: '0' } });
  const headers = { ...big.headers, accept, 'content-type': 'application/json' };
  const stuck = await new Promise((done, fail) => {
    request(`${big.url}/graphql`, { method: 'POST', headers }, done).on('error', fail).end(body);
  });
  stuck.setEncoding('utf8');
  stuck.pause();
  const times = 20;
  for (let n = 0; n < times; n++) await grow();
  await reads.next(1 + times * 100);
  reads.leave();
  await until('both sessions have ended', () => rows(big, 'session', 'operator:sam', 'SELECT session FROM seats').length === 0);
  let text = '';
  for await (const chunk of stuck) text += chunk;
  assert.ok(text.endsWith(end));
  const told = events(text).map(([, result]) => result).slice(0, -1);
  const [last, seen] = [told.at(-1), told.slice(0, -1).map(({ data }) => Number(data.it.cursor))];
  assert.deepEqual(codes(last), ['SLOW_CONSUMER']);
  assert.deepEqual(seen, run(1, seen.length));
  assert.ok(text.length < (times * 2_000_000) / 2, `${text.length} bytes lay ready for it`);
  const back = ask(query, { id, after: String(seen.length) }, { of: big });
  await back.next(1 + times * 100 - seen.length);
  assert.deepEqual(cursors(back), run(seen.length + 1, 1 + times * 100));
  back.leave();
});
