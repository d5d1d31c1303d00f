import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';
import { addResource, days, reserve, resource101, settled } from './claims.mjs';

const core = await serve();
const resource = await addResource(core);
const owner = await reserve(core, resource, '2027-01-01', '2027-01-02');
await settled(core, owner);

const MiB = 1 << 20;
const message = (more = {}) => ({ aggregateType: 'resource', aggregateId: fresh('resource'), name: 'AddResource', payload: resource101, ...more });
const booking = (payload) => ({
  aggregateType: 'claim',
  aggregateId: fresh('claim'),
  name: 'CreateClaim',
  payload: { ...days(resource, '2027-02-01', '2027-02-03'), ...payload },
});
const without = (object, key) => Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));

/** The status of both streams that are there, to see that nothing was appended. */
const heads = async () => [(await core.state('resource', resource)).version, (await core.state('claim', owner)).version];
const before = await heads();

/** What is sent, and what it is answered: status, code, field. */
const cases = {
  'no body': ['', 400, 'MALFORMED_JSON'],
  'text that is no JSON': ['hello', 400, 'MALFORMED_JSON'],
  'half an object': ['{"aggregateType":"resource"', 400, 'MALFORMED_JSON'],
  'two objects': ['{}{}', 400, 'MALFORMED_JSON'],
  'bytes that are no UTF-8': [Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400, 'MALFORMED_JSON'],
  'JSON nested very deep': ['['.repeat(100_000), 400, 'MALFORMED_JSON'],
  'an empty array': ['[]', 422, 'INVALID_BATCH', 'message'],
  'an array of 101 commands': [JSON.stringify(Array(101).fill(message())), 422, 'INVALID_BATCH', 'message'],
  'null': ['null', 422, 'INVALID_FIELD', 'message'],
  'a number': ['7', 422, 'INVALID_FIELD', 'message'],
  'an empty object': [{}, 422, 'MISSING_FIELD', 'aggregateType'],
  'no name': [without(message(), 'name'), 422, 'MISSING_FIELD', 'name'],
  'no payload': [without(message(), 'payload'), 422, 'MISSING_FIELD', 'payload'],
  'an unknown field': [message({ mood: 'good' }), 422, 'UNKNOWN_FIELD', 'mood'],
  'an unknown field in metadata': [message({ metadata: { mood: 1 } }), 422, 'UNKNOWN_FIELD', 'metadata.mood'],
  'a type that is a number': [message({ aggregateType: 7 }), 422, 'INVALID_FIELD', 'aggregateType'],
  'an unknown aggregate': [message({ aggregateType: 'spaceship' }), 404, 'UNKNOWN_AGGREGATE', 'aggregateType'],
  'the name of a JavaScript member as aggregate': [message({ aggregateType: '__proto__' }), 404, 'UNKNOWN_AGGREGATE', 'aggregateType'],
  'an unknown command': [message({ name: 'PaintResource' }), 422, 'UNKNOWN_COMMAND', 'name'],
  'a command of another aggregate': [message({ name: 'CreateClaim' }), 422, 'UNKNOWN_COMMAND', 'name'],
  'no instance for a command that creates none': [
    { aggregateType: 'resource', name: 'CloseResource', payload: {} }, 422, 'MISSING_FIELD', 'aggregateId',
  ],
  'an empty id': [message({ aggregateId: '' }), 422, 'INVALID_FIELD', 'aggregateId'],
  'an id of 129 characters': [message({ aggregateId: 'x'.repeat(129) }), 422, 'INVALID_FIELD', 'aggregateId'],
  'an id with a control character': [message({ aggregateId: 'a\u0007b' }), 422, 'INVALID_FIELD', 'aggregateId'],
  'an id with a NUL': [message({ aggregateId: 'a\u0000' }), 422, 'INVALID_FIELD', 'aggregateId'],
  'an id with a slash': [message({ aggregateId: 'a/b' }), 422, 'INVALID_FIELD', 'aggregateId'],
  'an id with a space': [message({ aggregateId: 'a b' }), 422, 'INVALID_FIELD', 'aggregateId'],
  'an id beyond ASCII': [message({ aggregateId: 'é' }), 422, 'INVALID_FIELD', 'aggregateId'],
  'an id that is a number': [message({ aggregateId: 7 }), 422, 'INVALID_FIELD', 'aggregateId'],
  'an empty command id': [message({ commandId: '' }), 422, 'INVALID_FIELD', 'commandId'],
  'a command id of 129 characters': [message({ commandId: 'x'.repeat(129) }), 422, 'INVALID_FIELD', 'commandId'],
  'a command id like that of a refusal': [message({ commandId: 'refused.x' }), 422, 'RESERVED_ID', 'commandId'],
  'a command id like that of a deadline': [message({ commandId: 'deadline.x' }), 422, 'RESERVED_ID', 'commandId'],
  'a command id like that of an errand': [message({ commandId: `${randomUUID()}.0` }), 422, 'RESERVED_ID', 'commandId'],
  'a negative expected version': [message({ expectedVersion: -1 }), 422, 'INVALID_FIELD', 'expectedVersion'],
  'a fractional expected version': [message({ expectedVersion: 1.5 }), 422, 'INVALID_FIELD', 'expectedVersion'],
  'an expected version as text': [message({ expectedVersion: '1' }), 422, 'INVALID_FIELD', 'expectedVersion'],
  'an expected version beyond any number': [message({ expectedVersion: 1e300 }), 422, 'INVALID_FIELD', 'expectedVersion'],
  'a traceparent of 257 characters': [
    message({ metadata: { traceparent: 'x'.repeat(257) } }), 422, 'INVALID_FIELD', 'metadata.traceparent',
  ],
  'a payload that is an array': [message({ payload: ['group', '101', 2, 3] }), 422, 'INVALID_FIELD', 'payload'],
  'a payload that is text': [message({ payload: 'x' }), 422, 'INVALID_FIELD', 'payload'],
  'a payload that is null': [message({ payload: null }), 422, 'INVALID_FIELD', 'payload'],
  'a payload without a field': [message({ payload: without(resource101, 'capacity') }), 422, 'MISSING_FIELD', 'payload.capacity'],
  'a payload with an unknown field': [message({ payload: { ...resource101, view: 'sea' } }), 422, 'UNKNOWN_FIELD', 'payload.view'],
  'a capacity as text': [message({ payload: { ...resource101, capacity: '2' } }), 422, 'INVALID_FIELD', 'payload.capacity'],
  'a capacity of 0': [message({ payload: { ...resource101, capacity: 0 } }), 422, 'INVALID_FIELD', 'payload.capacity'],
  'a capacity of 101': [message({ payload: { ...resource101, capacity: 101 } }), 422, 'INVALID_FIELD', 'payload.capacity'],
  'a negative rate': [message({ payload: { ...resource101, rate: -1 } }), 422, 'INVALID_FIELD', 'payload.rate'],
  'a rate over 10^12': [message({ payload: { ...resource101, rate: 1e12 + 1 } }), 422, 'INVALID_FIELD', 'payload.rate'],
  'a rate with a fraction': [message({ payload: { ...resource101, rate: 9.99 } }), 422, 'INVALID_FIELD', 'payload.rate'],
  'an empty resource number': [message({ payload: { ...resource101, number: '' } }), 422, 'INVALID_FIELD', 'payload.number'],
  'a label of 501 characters': [message({ payload: { ...resource101, number: 'x'.repeat(501) } }), 422, 'INVALID_FIELD', 'payload.number'],
  'a resource number with a line break': [message({ payload: { ...resource101, number: '1\n2' } }), 422, 'INVALID_FIELD', 'payload.number'],
  'a day that does not exist': [booking({ dateStart: '2027-02-29' }), 422, 'INVALID_FIELD', 'payload.dateStart'],
  'a month that does not exist': [booking({ dateEnd: '2027-13-01' }), 422, 'INVALID_FIELD', 'payload.dateEnd'],
  'a day without padding': [booking({ dateStart: '2027-2-1' }), 422, 'INVALID_FIELD', 'payload.dateStart'],
  'a day with a time': [booking({ dateStart: '2027-02-01T00:00:00Z' }), 422, 'INVALID_FIELD', 'payload.dateStart'],
  'a day as a number': [booking({ dateStart: 20270201 }), 422, 'INVALID_FIELD', 'payload.dateStart'],
  'dates that run backwards': [booking({ dateStart: '2027-02-03', dateEnd: '2027-02-01' }), 422, 'DATES_REVERSED', 'payload.dateEnd'],
  'no day at all': [booking({ dateStart: '2027-02-03', dateEnd: '2027-02-03' }), 422, 'DATES_REVERSED', 'payload.dateEnd'],
  'an empty resource id': [booking({ resourceId: '' }), 422, 'INVALID_FIELD', 'payload.resourceId'],
  'a user id with a control character': [booking({ userId: 'a\nb' }), 422, 'INVALID_FIELD', 'payload.userId'],
  'a reason of 501 characters': [
    { aggregateType: 'claim', aggregateId: owner, name: 'CancelClaim', payload: { reason: 'x'.repeat(501) } },
    422, 'INVALID_FIELD', 'payload.reason',
  ],
  'an empty reason': [
    { aggregateType: 'claim', aggregateId: owner, name: 'CancelClaim', payload: { reason: '' } },
    422, 'INVALID_FIELD', 'payload.reason',
  ],
  'a resource that is there already': [message({ aggregateId: resource }), 422, 'RESOURCE_EXISTS', undefined, 'RESOURCE_EXISTS'],
  'closing a resource that is not there': [
    message({ name: 'CloseResource', payload: {} }), 422, 'RESOURCE_UNKNOWN', undefined, 'RESOURCE_UNKNOWN',
  ],
  'a claim that is there already': [
    { ...booking(), aggregateId: owner }, 422, 'CLAIM_EXISTS', undefined, 'CLAIM_EXISTS',
  ],
  'cancelling a claim that is not there': [
    { aggregateType: 'claim', aggregateId: 'nobody', name: 'CancelClaim', payload: {} },
    422, 'CLAIM_UNKNOWN', undefined, 'CLAIM_UNKNOWN',
  ],
};

for (const [title, [body, status, code, field, rule]] of Object.entries(cases)) {
  test(`${title}: ${status} ${code}${field ? ` for ${field}` : ''}, and nothing is appended`, async () => {
    const headers = { 'content-type': 'application/json' };
    const sent = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const answer = await core.request('/commands', { method: 'POST', headers, body: sent });
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.field, answer.body.rule],
      [status, code, field, rule],
      JSON.stringify(answer.body),
    );
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.equal(answer.body.status, status);
    for (const member of ['type', 'title', 'detail']) assert.ok(answer.body[member], member);
    // Nothing was appended, and the objects serve.
    assert.deepEqual(await heads(), before);
    const { aggregateType, aggregateId } = sent === body ? {} : body;
    const mayExist = ['resource', 'claim'].includes(aggregateType) && ![undefined, resource, owner].includes(aggregateId);
    const path = `/aggregates/${aggregateType}/${encodeURIComponent(aggregateId)}`;
    if (mayExist) assert.notEqual((await core.request(path)).status, 200, 'no stream began');
  });
}

test('an id that was refused with a bad payload takes a good one', async () => {
  const aggregateId = fresh('resource');
  const commandId = fresh('command');
  const bad = await core.command('resource', 'AddResource', { ...resource101, capacity: 0 }, { aggregateId, commandId });
  assert.equal(bad.status, 422);
  const good = await core.send('resource', 'AddResource', resource101, { aggregateId, commandId });
  assert.deepEqual([good.version, good.duplicate], [1, false]);
});

test('commands of the system itself are refused from outside', async () => {
  for (const [type, id, name, payload] of [
    ['resource', resource, 'HoldResource', { claimId: 'x', dateStart: '2027-01-05', dateEnd: '2027-01-06' }],
    ['resource', resource, 'ReleaseResource', { claimId: owner }],
    ['claim', owner, 'ConfirmClaim', {}],
    ['claim', owner, 'DeclineClaim', { reason: 'because' }],
    ['claim', owner, 'ExpireClaim', {}],
    ['claim', owner, 'ReturnHold', {}],
  ]) {
    const { status, body } = await core.command(type, name, payload, { aggregateId: id });
    assert.deepEqual([status, body.code, body.field], [403, 'COMMAND_INTERNAL', 'name'], name);
  }
  assert.deepEqual(await heads(), before);
});

test('the paths between objects are not reachable from outside', async () => {
  for (const path of ['/command', '/receive', '/refused', '/confirm', '/span', '/foreign', '/state', '/socket']) {
    for (const url of [path, `/aggregates/resource/${resource}${path}`]) {
      const { status } = await core.post(url, {});
      assert.equal(status, 404, url);
    }
  }
  assert.deepEqual(await heads(), before);
});

/** Sends bytes with or without a content-length; gives status and problem. */
const sendBytes = (body, { chunked, path = '/commands' }) =>
  new Promise((done, fail) => {
    const headers = { 'content-type': 'application/json', ...core.headers };
    if (!chunked) headers['content-length'] = body.length;
    const outgoing = request(`${core.url}${path}`, { method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => done({ status: response.statusCode, body: JSON.parse(text) }));
    });
    outgoing.on('error', fail);
    if (chunked) for (let at = 0; at < body.length; at += 65_536) outgoing.write(body.subarray(at, at + 65_536));
    outgoing.end(chunked ? undefined : body);
  });

for (const chunked of [false, true]) {
  const how = chunked ? 'in chunks' : 'with its length';
  const padded = (length) => {
    const text = JSON.stringify(message());
    return Buffer.from(text + ' '.repeat(length - text.length));
  };

  test(`a body of exactly 1 MiB ${how} is taken`, async () => {
    const { status, body } = await sendBytes(padded(MiB), { chunked });
    assert.equal(status, 202, JSON.stringify(body));
  });

  test(`a body of one byte more ${how} is refused, at every door`, async () => {
    for (const path of ['/commands', '/graphql']) {
      const { status, body } = await sendBytes(padded(MiB + 1), { chunked, path });
      const code = path === '/graphql' ? body.errors[0].extensions.code : body.code;
      assert.deepEqual([status, code], [413, 'BODY_TOO_LARGE'], path);
    }
    assert.deepEqual(await heads(), before);
  });

  test(`a body of 5 MiB ${how} is refused, and the core serves on`, async () => {
    // The answer may come, and the connection go, while the client still writes.
    const answer = await sendBytes(Buffer.alloc(5 * MiB, 0x20), { chunked }).catch((error) => error);
    if (!(answer instanceof Error)) assert.deepEqual([answer.status, answer.body.code], [413, 'BODY_TOO_LARGE']);
    assert.deepEqual(await heads(), before);
  });
}

test('pages that cannot be are refused', async () => {
  for (const [query, code, field] of [
    ['limit=0', 'INVALID_LIMIT', 'limit'],
    ['limit=1001', 'INVALID_LIMIT', 'limit'],
    ['limit=x', 'INVALID_CURSOR', 'limit'],
    ['after=-1', 'INVALID_CURSOR', 'after'],
    ['after=1.5', 'INVALID_CURSOR', 'after'],
    ['before=1', 'UNKNOWN_PARAMETER', 'before'],
    ['after=1&after=2', 'DUPLICATE_PARAMETER', 'after'],
    ['limit=2&after=1&limit=2', 'DUPLICATE_PARAMETER', 'limit'],
  ]) {
    const { status, body } = await core.request(`/aggregates/resource/${resource}/events?${query}`);
    assert.deepEqual([status, body.code, body.field], [422, code, field], query);
  }
});

test('a parameter that a door does not know is refused, on the native socket as well', async () => {
  const { status, body } = await core.request(`/aggregates/resource/${resource}/commands/x?a=1`);
  assert.deepEqual([status, body.code, body.field], [422, 'UNKNOWN_PARAMETER', 'a']);
  for (const [query, code] of [['?afer=1', 'UNKNOWN_PARAMETER'], ['?AFTER=1', 'UNKNOWN_PARAMETER'], ['?after=1&after=0', 'DUPLICATE_PARAMETER']]) {
    const refused = await core.watch('resource', resource, { query }).catch((error) => error);
    assert.deepEqual([refused.status, JSON.parse(refused.text).code], [422, code], query);
  }
});

test('an id in a path that is none is refused', async () => {
  for (const id of ['a%2Fb', '%00', 'x'.repeat(129), '%C3%A9', 'a%20b', '%FF']) {
    for (const path of [`/aggregates/resource/${id}`, `/aggregates/resource/${id}/events`]) {
      const { status, body } = await core.request(path);
      assert.deepEqual([status, body.code, body.field], [422, 'INVALID_FIELD', 'aggregateId'], path);
    }
  }
});
