import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder, isUuid7, isUuid8, version } from './events.mjs';
import { fresh, serve } from './harness.mjs';
import { addResource, days, reserve, resource101, settled } from './claims.mjs';

const core = await serve();

test('GET /healthz says that it is well', async () => {
  assert.deepEqual((await core.request('/healthz')).body, { status: 'ok' });
});

test('POST /commands answers 202 with what was decided', async () => {
  const aggregateId = fresh('resource');
  const commandId = fresh('command');
  const { status, headers, body } = await core.command('resource', 'AddResource', resource101, { aggregateId, commandId });
  assert.equal(status, 202);
  assert.equal(headers.get('content-type'), 'application/json');
  const [event] = body.events;
  isUuid7(event.id);
  assert.deepEqual(body, {
    commandId,
    aggregateType: 'resource',
    aggregateId,
    firstVersion: 1,
    version: 1,
    events: [{ id: event.id, type: 'ResourceAdded', version: 1 }],
    confirmWithinMs: 0,
    duplicate: false,
  });
});

test('the ids of a creating command are made up when they are left out: UUIDs, a fresh one for the command', async () => {
  const first = await core.send('resource', 'AddResource', resource101);
  const second = await core.send('resource', 'AddResource', resource101);
  for (const { aggregateId, commandId } of [first, second]) {
    isUuid8(aggregateId);
    isUuid7(commandId);
  }
  assert.equal(new Set([first.aggregateId, first.commandId, second.aggregateId, second.commandId]).size, 4);
  assert.equal((await core.state('resource', first.aggregateId)).version, 1);
});

test('a command that has nothing to change is accepted with the current version and no events', async () => {
  const resource = await addResource(core);
  await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  const again = await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  assert.deepEqual([again.firstVersion, again.version, again.events, again.duplicate], [2, 2, [], false]);
});

test('GET of an instance answers its state with the version as ETag', async () => {
  const resource = await addResource(core);
  const { status, headers, body } = await core.request(`/aggregates/resource/${resource}`);
  assert.equal(status, 200);
  assert.equal(headers.get('etag'), '"1"');
  assert.deepEqual(body, {
    aggregateType: 'resource',
    aggregateId: resource,
    version: 1,
    state: { ...resource101, status: 'OPEN', holdCount: 0, holds: [] },
  });
});

test('GET with the current ETag answers 304 without a body, with an older one the state', async () => {
  const resource = await addResource(core);
  const ask = (tag) => core.request(`/aggregates/resource/${resource}`, { headers: { 'if-none-match': tag } });
  for (const tag of ['"1"', '"7", "1"']) {
    const { status, headers, body } = await ask(tag);
    assert.deepEqual([status, headers.get('etag'), body], [304, '"1"', ''], tag);
  }
  await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  assert.deepEqual([(await ask('"1"')).status, (await ask('"2"')).status], [200, 304]);
});

test('an instance that does not exist is 404, and looking at it creates nothing', async () => {
  for (const path of ['/aggregates/resource/nobody', '/aggregates/resource/nobody/events']) {
    const { status, headers, body } = await core.request(path);
    assert.deepEqual([status, body.code], [404, 'UNKNOWN_INSTANCE'], path);
    assert.equal(headers.get('content-type'), 'application/problem+json');
  }
  assert.equal(await core.state('resource', 'nobody'), undefined);
});

test('an id may hold any visible character but a slash, escaped in the path', async () => {
  const id = fresh(`r%#?&+:@!$'()*,;=~"<>[]{}|^\`\\`);
  await addResource(core, id);
  assert.equal((await core.state('resource', id)).aggregateId, id);
  assert.equal((await core.events('resource', id))[0].subject, id);
});

test('GET of the events pages through the stream', async () => {
  const resource = await addResource(core);
  for (const month of ['01', '02', '03']) {
    await settled(core, await reserve(core, resource, `2027-${month}-01`, `2027-${month}-05`));
  }
  const page = (query) => core.request(`/aggregates/resource/${resource}/events${query}`);
  const shape = ({ body }) => [body.events.map(version), body.head, body.next];
  assert.deepEqual(shape(await page('')), [[1, 2, 3, 4], 4, null]);
  assert.deepEqual(shape(await page('?limit=3')), [[1, 2, 3], 4, 3]);
  assert.deepEqual(shape(await page('?after=3&limit=3')), [[4], 4, null]);
  assert.deepEqual(shape(await page('?after=1&limit=1')), [[2], 4, 2]);
  assert.deepEqual(shape(await page('?after=4')), [[], 4, null]);
  assert.deepEqual(shape(await page('?after=99')), [[], 4, null]);
  checkOrder(await core.events('resource', resource));
});

test('an event is a CloudEvent that names its cause', async () => {
  const metadata = {
    correlationId: 'order-7',
    causationId: 'click-1',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  };
  const { aggregateId, commandId, events } = await core.send('resource', 'AddResource', resource101, { metadata });
  const [event] = await core.events('resource', aggregateId);
  assert.deepEqual(event, {
    specversion: '1.0',
    id: events[0].id,
    source: '/aggregates/resource',
    subject: aggregateId,
    type: 'ResourceAdded',
    time: event.time,
    datacontenttype: 'application/json',
    dataschema: 'urn:edgefold:resource:ResourceAdded:1',
    sequence: '0000000001',
    commandid: commandId,
    correlationid: 'order-7',
    causationid: 'click-1',
    traceparent: metadata.traceparent,
    correlationclaimed: true,
    causationclaimed: true,
    actor: 'sam',
    actorrole: 'operator',
    data: resource101,
  });
});

test('the cause travels from a command to everything that follows from it, in other aggregates too', async () => {
  const resource = await addResource(core);
  const metadata = { correlationId: fresh('visit') };
  const payload = days(resource, '2027-06-01', '2027-06-03');
  const { aggregateId } = await core.send('claim', 'CreateClaim', payload, { metadata });
  await settled(core, aggregateId);
  const [created, confirmed] = await core.events('claim', aggregateId);
  const [, held] = await core.events('resource', resource);
  for (const event of [created, held, confirmed]) assert.equal(event.correlationid, metadata.correlationId, event.type);
  assert.equal(held.causationid, created.id);
  assert.equal(confirmed.causationid, held.id);
});

test('a wrong method is 405, an unknown path 404, a wrong content type 415', async () => {
  for (const [method, path, status, code] of [
    ['GET', '/commands', 405, 'METHOD_NOT_ALLOWED'],
    ['PUT', '/commands', 405, 'METHOD_NOT_ALLOWED'],
    ['POST', '/healthz', 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', '/aggregates/resource/a', 405, 'METHOD_NOT_ALLOWED'],
    ['QUERY', '/aggregates/resource/a', 405, 'METHOD_NOT_ALLOWED'], // the standard's newest
    ['POST', '/aggregates/resource/a/events', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/', 404, 'UNKNOWN_PATH'],
    ['GET', '/aggregates', 404, 'UNKNOWN_PATH'],
    ['GET', '/aggregates/resource/a/b', 404, 'UNKNOWN_PATH'],
    ['GET', '/aggregates/spaceship/a', 404, 'UNKNOWN_AGGREGATE'],
  ]) {
    const { status: got, headers, body } = await core.request(path, { method });
    assert.deepEqual([got, body.code], [status, code], `${method} ${path}`);
    assert.equal(headers.get('content-type'), 'application/problem+json');
    assert.equal(body.status, status);
    if (status === 405) assert.match(headers.get('allow'), /^(GET|POST)/);
  }
  const refused = await core.request('/graphql', { method: 'DELETE' });
  assert.deepEqual([refused.status, refused.body.errors[0].extensions.code], [405, 'METHOD_NOT_ALLOWED']);
  for (const path of ['/commands', '/graphql']) {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
      const { status, body } = await core.post(path, '{}', { 'content-type': type });
      const code = path === '/graphql' ? body.errors[0].extensions.code : body.code;
      assert.deepEqual([status, code], [415, 'UNSUPPORTED_CONTENT_TYPE'], `${path} ${type}`);
    }
  }
});
