// What comes in is understood in one way by everybody, or refused; and what goes out says whom it is for.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { addResource, days, reserve, resource101, settled } from './claims.mjs';
import { fresh, serve, until } from './harness.mjs';
import { listed } from './listed.mjs';
import { tables } from './storage.mjs';
import { token, vars } from './tokens.mjs';

const core = await serve('probe', {
  ...vars,
  ALLOWED_ORIGINS: 'https://App.Example.com/, localhost:3000',
  ALLOWED_HEADERS: 'x-mine',
  MAX_BATCH_COMMANDS: '900',
});
const resource = await addResource(core);
const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const uuid = /^[0-9a-f-]{36}$/;

// ── safe to repeat ──

test('a key in quotes is the same key', async () => {
  const [aggregateId, key] = [fresh('resource'), fresh('key')];
  const send = (header) => core.post('/commands', { aggregateType: 'resource', name: 'AddResource', payload: resource101, aggregateId }, { 'idempotency-key': header });
  const first = await send(key);
  const again = await send(`"${key}"`);
  assert.deepEqual([first.status, again.status], [202, 202]);
  assert.deepEqual(again.body, { ...first.body, commandId: key, duplicate: true });
});

test('a refusal names the command at every door, also when its id was made up', async () => {
  const refused = { resourceId: 'nowhere', userId: 'ana', dateStart: '2030-01-01', dateEnd: '2030-01-02' };
  const own = await core.command('claim', 'CreateClaim', refused, { commandId: 'mine' });
  assert.deepEqual([own.status, own.body.commandId], [422, 'mine']);
  const made = await core.command('claim', 'CreateClaim', refused);
  assert.match(made.body.commandId, uuid);
  const unknown = await core.command('resource', 'PaintResource', {}, { commandId: 'mine', aggregateId: 'a' });
  assert.deepEqual([unknown.body.code, unknown.body.commandId], ['UNKNOWN_COMMAND', 'mine']);
  const { body: [one, two] } = await core.post('/commands', [
    { aggregateType: 'claim', name: 'CreateClaim', payload: refused },
    { aggregateType: 'resource', name: 'PaintResource', payload: {}, commandId: 'two' },
  ]);
  assert.match(one.commandId, uuid);
  assert.equal(two.commandId, 'two');
  const mutation = `mutation($input: CreateClaimInput!) { createClaim(input: $input) { ... on Rejected { code commandId } } }`;
  const { createClaim } = await core.ask(mutation, { input: refused });
  assert.equal(createClaim.code, 'RESOURCE_UNKNOWN');
  assert.match(createClaim.commandId, uuid);
  const watcher = await core.watch('resource', resource);
  watcher.say({ type: 'command', id: '7', name: 'PaintResource', payload: {} });
  const rejected = await watcher.frame('refusal', ({ type }) => type === 'rejected');
  assert.match(rejected.commandId, uuid);
});

// ── what comes in ──

test('a whole number is the same however it is written, to a repeat as well', async () => {
  const [id, key] = [fresh('resource'), fresh('key')];
  const body = (numbers) => `{"aggregateType":"resource","aggregateId":"${id}","commandId":"${key}","name":"AddResource",
    "payload":{"groupId":"g","number":"1",${numbers}`;
  const first = await core.post('/commands', body('"capacity":2.0,"rate":9.9e3},"expectedVersion":0.0}'));
  assert.equal(first.status, 202, JSON.stringify(first.body));
  const again = await core.post('/commands', body('"capacity":2,"rate":9900}}'));
  assert.deepEqual([again.status, again.body.duplicate], [202, true]);
  const mutation = `mutation($input: AddResourceInput!, $id: ID, $commandId: ID) { addResource(id: $id, commandId: $commandId, input: $input) { ... on Accepted { duplicate } ... on Rejected { code } } }`;
  const variables = `{"id":"${id}","commandId":"${key}","input":{"groupId":"g","number":"1","capacity":2.0,"rate":9.9e3}}`;
  const { body: { data, errors } } = await core.post('/graphql', `{"query":${JSON.stringify(mutation)},"variables":${variables}}`);
  assert.deepEqual([errors, data?.addResource], [undefined, { duplicate: true }]);
});

test('a member that comes twice is refused with its name', async () => {
  const twice = '{"aggregateType":"resource","name":"AddResource","payload":{"groupId":"g","number":"1","capacity":1,"rate":1,"rate":1000000}}';
  const { status, body } = await core.post('/commands', twice);
  assert.deepEqual([status, body.code, body.field], [400, 'DUPLICATE_MEMBER', 'payload.rate']);
  const graphql = await core.post('/graphql', '{"query":"{ __typename }","query":"{ __typename }"}');
  assert.equal(graphql.body.errors[0].extensions.code, 'DUPLICATE_MEMBER');
});

test('a body may begin with a byte order mark, and may not be coded', async () => {
  const aggregateId = fresh('resource');
  const text = JSON.stringify({ aggregateType: 'resource', name: 'AddResource', payload: resource101, aggregateId });
  const marked = await core.post('/commands', `\ufeff${text}`);
  assert.equal(marked.status, 202, JSON.stringify(marked.body));
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  for (const path of ['/commands', '/graphql']) {
    const { status, body } = await core.request(path, { method: 'POST', body: gzipSync(text), headers });
    const { code } = path === '/graphql' ? body.errors[0].extensions : body;
    assert.deepEqual([status, code], [415, 'UNSUPPORTED_ENCODING'], path);
  }
});

test('an id that no path can name is refused', async () => {
  for (const id of ['.', '..']) {
    const { status, body } = await core.command('resource', 'AddResource', resource101, { aggregateId: id });
    assert.deepEqual([status, body.code, body.field], [422, 'INVALID_FIELD', 'aggregateId'], id);
    const keyed = await core.command('resource', 'AddResource', resource101, { commandId: id });
    assert.deepEqual([keyed.status, keyed.body.field], [422, 'commandId'], id);
  }
});

test('a trace comes in a header or in the metadata, has the form of W3C, and travels with what follows', async () => {
  for (const traceparent of ['garbage', 'a\u0000\r\nx: y', parent.toUpperCase()]) {
    const { status, body } = await core.command('resource', 'AddResource', resource101, { metadata: { traceparent } });
    assert.deepEqual([status, body.field], [422, 'metadata.traceparent'], JSON.stringify(traceparent));
  }
  const claim = fresh('claim');
  const message = { aggregateType: 'claim', aggregateId: claim, name: 'CreateClaim', payload: days(resource, '2031-01-01', '2031-01-02') };
  await core.post('/commands', message, { traceparent: parent, tracestate: 'vendor=1', baggage: 'tenant=a' });
  await settled(core, claim);
  for (const event of await core.events('claim', claim)) {
    assert.deepEqual([event.traceparent, event.tracestate, event.baggage], [parent, 'vendor=1', 'tenant=a'], event.type);
  }
  const { aggregateId } = (await core.post('/commands', { aggregateType: 'resource', name: 'AddResource', payload: resource101 }, { traceparent: 'garbage', tracestate: 'vendor=1' })).body;
  const [added] = await core.events('resource', aggregateId);
  const query = 'mutation($input: AddResourceInput!) { addResource(input: $input) { ... on Accepted { aggregateId } } }';
  const { body: { data } } = await core.post('/graphql', { query, variables: { input: resource101 } }, { traceparent: parent });
  const [mutated] = await core.events('resource', data.addResource.aggregateId);
  assert.equal(mutated.traceparent, parent, 'a mutation takes it too');
  assert.deepEqual([added.traceparent, added.tracestate], [undefined, undefined], 'a malformed header is ignored');
});

test('causes that a caller names are marked as such, and those that the system knows are not', async () => {
  const claim = fresh('claim');
  const other = fresh('of-somebody-else');
  const metadata = { causationId: other, correlationId: other };
  await core.send('claim', 'CreateClaim', days(resource, '2031-02-01', '2031-02-02'), { aggregateId: claim, metadata });
  await settled(core, claim);
  const marks = (event) => [event.correlationclaimed, event.causationclaimed];
  const [created, confirmed] = await core.events('claim', claim);
  assert.deepEqual([marks(created), marks(confirmed)], [[true, true], [true, undefined]]);
  const { events } = await core.ask('query($id: ID!) { events(aggregateType: CLAIM, aggregateId: $id) { nodes { correlationClaimed causationClaimed } } }', { id: claim });
  assert.deepEqual(events.nodes, [{ correlationClaimed: true, causationClaimed: true }, { correlationClaimed: true, causationClaimed: false }]);
  const entries = await until('it is journalled', async () => {
    const { status, body } = await core.request(`/correlations/${other}`);
    return status === 200 && body.entries.length >= 4 && body.entries;
  });
  assert.deepEqual(entries.map(({ name, causationClaimed }) => [name, causationClaimed]), [
    ['ClaimCreated', true], ['HoldResource', false], ['ResourceHeld', false], ['ClaimConfirmed', false],
  ]);
  assert.ok(entries.every(({ correlationClaimed }) => correlationClaimed));
  for (const name of ['causationClaimed', 'correlationClaimed']) {
    const { status, body } = await core.command('resource', 'AddResource', resource101, { metadata: { [name]: true } });
    assert.deepEqual([status, body.field], [422, `metadata.${name}`]);
  }
});

test('the plus of an offset may be lost in an address', async () => {
  const { status } = await core.request(`/aggregates/resource/${resource}?at=9000-01-01T12:00:00+01:00`);
  assert.equal(status, 200);
});

test('a tag that is known is known weakly, in a list and by a star', async () => {
  const { version } = await core.state('resource', resource);
  const ask = async (tag) => (await core.request(`/aggregates/resource/${resource}`, { headers: { 'if-none-match': tag } })).status;
  for (const known of [`W/"${version}"`, '*', `"0", W/"${version}"`]) assert.equal(await ask(known), 304, known);
  assert.equal(await ask('W/"0"'), 200);
});

test('HEAD is GET without its body, and a slash at the end changes nothing', async () => {
  for (const path of ['/healthz', `/aggregates/resource/${resource}`, `/aggregates/resource/${resource}/events`, '/aggregates/resource/nobody', '/graphql?query=%7B__typename%7D', '/commands']) {
    const got = await core.request(path);
    const head = await fetch(`${core.url}${path}`, { method: 'HEAD', headers: core.headers });
    const shown = ({ status, headers }) => [status, headers.get('content-type'), headers.get('etag'), headers.get('allow')];
    assert.deepEqual(shown(head), shown(got), path);
    assert.equal(await head.text(), '');
    assert.equal((await core.request(path.replace(/(\?|$)/, '/$1'))).status, got.status, `${path}/`);
  }
  const upgrade = { ...core.headers, upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const asked = request(`${core.url}/aggregates/resource/${resource}`, { method: 'HEAD', headers: upgrade }).end();
  const [answer] = await Promise.race([once(asked, 'response'), once(asked, 'upgrade')]);
  assert.ok([200, 400].includes(answer.statusCode), `HEAD opens no socket: ${answer.statusCode}`); // the runtime may refuse it itself
  const { status } = await core.post('/commands/', { aggregateType: 'resource', name: 'AddResource', payload: resource101 });
  assert.equal(status, 202);
});

test('a page is admitted as people write its origin, and what cannot count is in the log', async () => {
  const origin = 'https://app.example.com';
  const asked = 'baggage, tracestate, sentry-trace, apollographql-client-name, x-request-id, x-mine'.split(', ');
  const { status, headers } = await core.request('/commands', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked.join(',') },
  });
  const allowed = headers.get('access-control-allow-headers').split(', ');
  assert.deepEqual([status, asked.filter((name) => !allowed.includes(name))], [204, []]);
  assert.equal(headers.get('access-control-allow-methods'), 'GET, HEAD, POST');
  assert.equal((await core.request('/healthz', { headers: { origin: 'http://localhost:3000' } })).status, 403);
  assert.match(JSON.stringify((await core.logs()).map(({ message }) => message)), /ALLOWED_ORIGINS lists .*localhost:3000.*, which can never count/);
});

test('a hash instead of a document is told to send the document', async () => {
  const { status, body } = await core.post('/graphql', { extensions: { persistedQuery: { version: 1, sha256Hash: 'ab' } } });
  assert.deepEqual([status, body.errors], [200, [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }]]);
});

test('a misspelt field does not give the schema away', async () => {
  const { errors: [{ message }] } = (await core.post('/graphql', { query: '{ resourc(id: "a") { id } }' })).body;
  assert.doesNotMatch(message, /Did you mean/);
});

test('zero has no sign', async () => {
  const meter = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'm', ownerId: 'ana' }, { aggregateId: meter });
  const text = `{"aggregateType":"meter","aggregateId":"${meter}","name":"UpdateMeter","payload":{"status":"OK","reading":-0.0,"observedAt":"2026-01-01T00:00:00Z"}}`;
  const { status, body } = await core.post('/commands', text);
  if (status !== 202) assert.fail(JSON.stringify(body));
  const raw = await fetch(`${core.url}/aggregates/meter/${meter}/events`, { headers: core.headers });
  assert.doesNotMatch(await raw.text(), /"reading":-/);
  // Read from the state, from the list, and from both by GraphQL: as text, since JavaScript has a zero with a sign.
  await listed(core, 'meter', meter, 2);
  const state = await fetch(`${core.url}/aggregates/meter/${meter}`, { headers: core.headers });
  const query = `{ meter(id: "${meter}") { reading } meters(first: 100) { nodes { id reading } } events(aggregateType: METER, aggregateId: "${meter}") { nodes { data } } }`;
  const graphql = await fetch(`${core.url}/graphql`, {
    method: 'POST', headers: { ...core.headers, 'content-type': 'application/json' }, body: JSON.stringify({ query }),
  });
  for (const [answer, times] of [[state, 1], [graphql, 3]]) {
    const text = await answer.text();
    assert.equal(text.match(/"reading":0(\.0)?[,}]/g)?.length, times, text);
    assert.doesNotMatch(text, /"reading":-/);
  }
});

test('a subscription keeps bounded variables, and says so', async () => {
  const talker = await core.talk();
  await talker.init(token('operator', 'sam'));
  talker.say({ id: '1', type: 'subscribe', payload: { query: 'subscription { resources { cursor } }', variables: { x: 'x'.repeat(20_000) } } });
  const failed = await talker.frame('refusal', ({ id, type }) => id === '1' && type === 'error');
  assert.equal(failed.payload[0].extensions.code, 'VARIABLES_TOO_LARGE');
});

test('refused commands leave nothing stored', async () => {
  const ben = core.as(token('owner', 'ben'));
  const files = (type) => {
    const all = readdirSync(join(core.storage, 'do', `${core.script}-${type}Object`));
    return all.filter((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite').map((name) => name.slice(0, -'.sqlite'.length));
  };
  const kinds = ['Claim', 'Resource'];
  const known = new Set(kinds.flatMap(files));
  for (let n = 0; n < 100; n++) {
    const payload = days(`nowhere-${n}`, '2031-05-01', '2031-05-02', 'ben');
    const { status } = await ben.command('claim', 'CreateClaim', payload, { aggregateId: fresh('refused') });
    assert.equal(status, 422);
    assert.equal((await ben.command('claim', 'CancelClaim', {}, { aggregateId: fresh('refused') })).status, 403);
  }
  // By queue they are facts that their sender can ask for. They lie where its sockets are counted: in one object.
  const sessions = new Set(files('Session'));
  const sent = [];
  for (let n = 0; n < 40; n++) {
    const one = { aggregateType: 'claim', aggregateId: fresh('refused'), commandId: fresh('command') };
    sent.push({ ...one, ...(n % 2 ? { name: 'CancelClaim', payload: {} } : { name: 'CreateClaim', payload: days(`nowhere-${n}`, '2031-05-01', '2031-05-02', 'ben') }) });
    assert.equal((await ben.post('/commands', sent.at(-1), { prefer: 'respond-async' })).status, 202);
  }
  const outcome = (by, { aggregateId, commandId }) => by.request(`/aggregates/claim/${aggregateId}/commands/${commandId}`);
  for (const one of sent) {
    const { body } = await until('it is refused', async () => { const it = await outcome(ben, one); return it.status === 200 && it; }, { within: 60_000 });
    assert.deepEqual([body.status, body.commandId], [one.name === 'CreateClaim' ? 422 : 403, one.commandId]);
    assert.equal((await outcome(core.as(token('operator', 'sam')), one)).status, 404);
  }
  assert.ok(files('Session').filter((id) => !sessions.has(id)).length <= 1);
  await core.stop();
  const touched = kinds.flatMap((type) => files(type).map((id) => [type.toLowerCase(), id])).filter(([, id]) => !known.has(id));
  assert.deepEqual(touched.flatMap(([type, id]) => tables(core, type, id)), []);
  await core.start();
});

// ── who sees what ──

test('a refusal does not tell a stranger whether an id is taken', async () => {
  const [taken, free] = [fresh('claim'), fresh('claim')];
  await reserve(core, resource, '2031-03-01', '2031-03-02', taken);
  const ben = core.as(token('owner', 'ben'));
  const ask = async (aggregateId, payload, more) => {
    const { status, body } = await ben.command('claim', 'CreateClaim', { ...days(resource, '2031-04-01', '2031-04-02', 'ben'), ...payload }, { aggregateId, commandId: 'c', ...more });
    return [status, body];
  };
  for (const [payload, more] of [
    [{}, { expectedVersion: 5 }],
    [{}, { expectedVersion: 1 }],
    [{ resourceId: 'nowhere' }, {}],
    [{ resourceId: 'nowhere' }, { expectedVersion: 0 }],
    [{ dateEnd: '2031-04-01' }, {}],
    [{ more: 1 }, {}],
    [{}, { metadata: { traceparent: 'x' } }],
  ]) {
    assert.deepEqual(await ask(taken, payload, more), await ask(free, payload, more), JSON.stringify([payload, more]));
  }
  assert.equal((await ask(taken, {}, { expectedVersion: 0 }))[0], 403, 'what would be accepted is forbidden');
  assert.equal(await core.state('claim', free), undefined);
});

test('what is answered to one caller is kept for no other', async () => {
  for (const [path, cached] of [
    [`/aggregates/resource/${resource}`, 'private, no-cache'],
    [`/aggregates/resource/${resource}/events`, 'no-store'],
    ['/aggregates/resource/nobody', 'no-store'],
    ['/graphql?query=%7B__typename%7D', 'no-store'],
    ['/healthz', 'no-store'],
  ]) {
    const { headers } = await core.request(path);
    assert.equal(headers.get('cache-control'), cached, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    const vary = headers.get('vary').split(/, */);
    assert.ok(['Authorization', 'Origin'].every((name) => vary.includes(name)), `${path}: ${vary}`);
  }
});
