// Time travel: what an instance was, by version and by instant.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';
import { addResource, reserve, settled } from './claims.mjs';
import { listed } from './listed.mjs';

const core = await serve();

const pause = () => new Promise((done) => setTimeout(done, 5)); // so that instants differ

const meter = fresh('meter');
await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: meter });
const observedAt = (n) => `2026-01-01T12:00:0${n}.000Z`;
for (const n of [1, 2, 3]) {
  await pause();
  await core.send('meter', 'UpdateMeter', { status: 'OK', reading: n, observedAt: observedAt(n) }, { aggregateId: meter });
}
await pause();
await core.send('meter', 'DecommissionMeter', {}, { aggregateId: meter });
const times = (await core.events('meter', meter)).map(({ time }) => time);
/** What the meter was at each version, in the words of its state: what it has not reported is not there. */
const was = [undefined, ...[undefined, 1, 2, 3, 3].map((reading, n) => ({
  ...(reading && { status: 'OK', reading, observedAt: observedAt(reading) }),
  model: 'Thermo 2',
  ownerId: 'ana',
  decommissioned: n === 4,
  readings: Math.min(n, 3),
  late: 0,
}))];

const path = `/aggregates/meter/${meter}`;
const earlier = (time) => new Date(Date.parse(time) - 1).toISOString();

test('the state at each version is the fold of the events up to it', async () => {
  for (const version of [1, 2, 3, 4, 5]) {
    const { status, headers, body } = await core.request(`${path}?version=${version}`);
    assert.deepEqual([status, headers.get('etag')], [200, `"${version}"`]);
    assert.deepEqual(body, { aggregateType: 'meter', aggregateId: meter, version, state: was[version] });
  }
  assert.deepEqual((await core.state('meter', meter)).state, was[5]);
});

test('the state at an instant is the one after the last event that was decided by then', async () => {
  for (const [index, time] of times.entries()) {
    const version = index + 1;
    const { body } = await core.request(`${path}?at=${time}`);
    assert.deepEqual([body.version, body.state], [version, was[version]], `at ${time}`);
    const before = await core.request(`${path}?at=${earlier(time)}`);
    assert.equal(before.body.version, version === 1 ? undefined : version - 1, `just before ${time}`);
  }
});

test('an instant may be in the future, and in any offset', async () => {
  assert.equal((await core.request(`${path}?at=2999-01-01T00:00:00Z`)).body.version, 5);
  const shifted = new Date(Date.parse(times[2]) + 3_600_000).toISOString().replace('Z', '%2B01:00');
  assert.equal((await core.request(`${path}?at=${shifted}`)).body.version, 3);
});

test('a version past the head is 404 with the head', async () => {
  for (const version of [6, 99, 999_999_999_999_999]) {
    const { status, body } = await core.request(`${path}?version=${version}`);
    assert.deepEqual([status, body.code, body.currentVersion], [404, 'VERSION_AHEAD', 5]);
  }
});

test('what was before the beginning is 404', async () => {
  for (const query of ['version=0', `at=${earlier(times[0])}`, 'at=1970-01-01T00:00:00Z']) {
    const { status, headers, body } = await core.request(`${path}?${query}`);
    assert.deepEqual([status, body.code], [404, 'UNKNOWN_INSTANCE'], query);
    assert.equal(headers.get('content-type'), 'application/problem+json');
  }
});

test('an instance that does not exist has no past', async () => {
  for (const query of ['version=1', 'version=0', 'at=2999-01-01T00:00:00Z']) {
    const { status, body } = await core.request(`/aggregates/meter/${fresh('meter')}?${query}`);
    assert.deepEqual([status, body.code], [404, 'UNKNOWN_INSTANCE'], query);
  }
});

test('a question that is none is refused', async () => {
  for (const [query, code, field] of [
    ['version=-1', 'INVALID_CURSOR', 'version'],
    ['version=1.5', 'INVALID_CURSOR', 'version'],
    ['version=x', 'INVALID_CURSOR', 'version'],
    ['version=', 'INVALID_CURSOR', 'version'],
    ['version=99999999999999999999', 'INVALID_CURSOR', 'version'],
    ['at=yesterday', 'INVALID_INSTANT', 'at'],
    ['at=2026-01-01', 'INVALID_INSTANT', 'at'],
    ['at=', 'INVALID_INSTANT', 'at'],
    ['when=1', 'UNKNOWN_PARAMETER', 'when'],
    ['version=1&when=1', 'UNKNOWN_PARAMETER', 'when'],
    [`version=1&at=${times[0]}`, 'UNKNOWN_PARAMETER', 'at'],
    [`at=${times[0]}&version=1`, 'UNKNOWN_PARAMETER', 'version'],
    ['version=1&version=2', 'DUPLICATE_PARAMETER', 'version'],
  ]) {
    const { status, body } = await core.request(`${path}?${query}`);
    assert.deepEqual([status, body.code, body.field], [422, code, field], query);
  }
});

test('a past version that the client knows already is 304', async () => {
  const { status, body } = await core.request(`${path}?version=2`, { headers: { 'if-none-match': '"2"' } });
  assert.deepEqual([status, body], [304, '']);
});

test('the past is the same after the object was evicted, and after a restart', async () => {
  for (const end of [() => core.evict('meter', meter), () => core.restart()]) {
    await end();
    for (const version of [1, 2, 3, 4, 5]) {
      assert.deepEqual((await core.request(`${path}?version=${version}`)).body.state, was[version]);
    }
  }
});

test('a claim and its resource have a past too', async () => {
  const resource = await addResource(core);
  const id = await reserve(core, resource, '2027-01-01', '2027-01-03');
  await settled(core, id);
  assert.equal((await core.request(`/aggregates/claim/${id}?version=1`)).body.state.status, 'PENDING');
  assert.deepEqual((await core.request(`/aggregates/resource/${resource}?version=1`)).body.state.holds, []);
  const { data } = await core.graphql(
    'query ($id: ID!, $resource: ID!) { claim(id: $id, atVersion: 1) { version status } resource(id: $resource, atVersion: 1) { version } }',
    { id, resource },
  );
  assert.deepEqual(data, { claim: { version: 1, status: 'PENDING' }, resource: { version: 1 } });
});

// ── GraphQL ──

const fields = 'id version status reading observedAt model ownerId decommissioned readings late createdAt';
/** Asks for the meter with these arguments, as GraphQL writes them. */
const look = (args, id = meter) => core.graphql(`query ($id: ID!) { meter(id: $id${args && `, ${args}`}) { ${fields} } }`, { id });

test('GraphQL shows the same past, by version and by instant', async () => {
  for (const version of [1, 2, 3, 4, 5]) {
    const unreported = { status: null, reading: null, observedAt: null };
    const expected = { id: meter, version, ...unreported, ...was[version], createdAt: times[0] };
    for (const args of [`atVersion: ${version}`, `at: "${times[version - 1]}"`]) {
      const { data, errors } = await look(args);
      assert.equal(errors, undefined, JSON.stringify(errors));
      assert.deepEqual(data.meter, expected, args);
    }
  }
});

test('GraphQL shows of the last version what it shows now, by id and in the list', async () => {
  const [{ data: past }, { data: now }] = [await look('atVersion: 5'), await look('')];
  assert.deepEqual(now, past);
  assert.deepEqual(await listed(core, 'meter', meter, 5, fields), past.meter);
});

test('a version past the head is VERSION_AHEAD in GraphQL, with the head, and only that field is null', async () => {
  const { data, errors } = await core.graphql(
    'query ($id: ID!) { ahead: meter(id: $id, atVersion: 6) { id } there: meter(id: $id, atVersion: 1) { id } }',
    { id: meter },
  );
  assert.deepEqual(data, { ahead: null, there: { id: meter } });
  assert.equal(errors.length, 1);
  assert.deepEqual(errors[0].path, ['ahead']);
  assert.deepEqual(errors[0].extensions, { code: 'VERSION_AHEAD', currentVersion: 5 });
});

test('what was before the beginning, or never was, is null in GraphQL', async () => {
  for (const [args, id] of [
    ['atVersion: 0', meter], [`at: "${earlier(times[0])}"`, meter], ['atVersion: 1', 'nobody'], ['at: "2999-01-01T00:00:00Z"', 'nobody'],
    ['atVersion: 1', 'a/b'],
  ]) {
    assert.deepEqual(await look(args, id), { data: { meter: null } }, args);
  }
});

test('in GraphQL only one of atVersion and at is taken', async () => {
  const { data, errors } = await look(`atVersion: 1, at: "${times[0]}"`);
  assert.deepEqual([data.meter, errors[0].extensions.code], [null, 'INVALID_QUERY']);
});

test('a question about the past that is none is an error with a code in GraphQL', async () => {
  for (const [args, code] of [['atVersion: -1', 'INVALID_CURSOR'], ['at: "yesterday"', 'INVALID_INSTANT'], ['at: ""', 'INVALID_INSTANT']]) {
    const { data, errors } = await look(args);
    assert.deepEqual([data.meter, errors[0].extensions.code], [null, code], args);
  }
});
