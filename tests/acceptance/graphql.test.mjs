import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildClientSchema, getIntrospectionQuery, parse, validate } from 'graphql';
import { isUuid7, isUuid8 } from './events.mjs';
import { fresh, serve } from './harness.mjs';
import { addResource, resource101, settled } from './claims.mjs';
import { listed } from './listed.mjs';
import { token } from './tokens.mjs';

const core = await serve('probe', { ENVIRONMENT: 'development' }); // which shows its schema
const schema = buildClientSchema(await core.ask(getIntrospectionQuery()));

const result = `
  __typename
  ... on Accepted {
    commandId aggregateType aggregateId firstVersion version
    events { id type version } confirmWithinMs duplicate
  }
  ... on Rejected { code detail field rule currentVersion }`;
const documents = {
  addResource: `mutation ($id: ID, $input: AddResourceInput!, $commandId: ID, $expectedVersion: Int) {
    it: addResource(id: $id, input: $input, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  closeResource: `mutation ($id: ID!, $commandId: ID, $expectedVersion: Int) {
    it: closeResource(id: $id, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  createClaim: `mutation ($id: ID, $input: CreateClaimInput!, $commandId: ID, $expectedVersion: Int) {
    it: createClaim(id: $id, input: $input, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  cancelClaim: `mutation ($id: ID!, $reason: String, $commandId: ID, $expectedVersion: Int) {
    it: cancelClaim(id: $id, reason: $reason, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  startClaim: `mutation ($id: ID!, $commandId: ID, $expectedVersion: Int) {
    it: startClaim(id: $id, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  resource: `query ($id: ID!) {
    it: resource(id: $id) { id version groupId number capacity rate status holdCount createdAt } }`,
  resources: `query ($first: Int, $minVersion: [MinVersion!]) {
    it: resources(first: $first, minVersion: $minVersion) { nodes { id version } } }`,
  claim: `query ($id: ID!) {
    it: claim(id: $id) {
      id version status refusal reason userId resourceId dateStart dateEnd createdAt } }`,
  claims: `query ($first: Int, $after: String, $minVersion: [MinVersion!]) {
    it: claims(first: $first, after: $after, minVersion: $minVersion) {
      edges { cursor node { id createdAt status } } nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
};

const ask = async (name, variables) => (await core.ask(documents[name], variables)).it;
const stay = (resourceId, dateStart = '2027-01-01', dateEnd = '2027-01-03') => ({ userId: 'ana', resourceId, dateStart, dateEnd });
const accepted = async (name, variables) => {
  const answer = await ask(name, variables);
  assert.equal(answer.__typename, 'Accepted', JSON.stringify(answer));
  return answer;
};
const rejected = async (name, variables) => {
  const answer = await ask(name, variables);
  assert.equal(answer.__typename, 'Rejected', JSON.stringify(answer));
  return answer;
};

test('the printed schema is valid, and these tests use all of it that is about resources and claims', () => {
  const fields = (type) => Object.keys(schema.getType(type).getFields());
  const ours = [...fields('Query'), ...fields('Mutation')].filter((name) => /resource|claim/i.test(name));
  assert.deepEqual(ours.sort(), Object.keys(documents).sort());
  for (const document of Object.values(documents)) assert.deepEqual(validate(schema, parse(document)), []);
});

test('addResource answers Accepted with everything that POST /commands answers', async () => {
  const [id, commandId] = [fresh('resource'), fresh('command')];
  const answer = await accepted('addResource', { id, input: resource101, commandId, expectedVersion: 0 });
  isUuid7(answer.events[0].id);
  assert.deepEqual(answer, {
    __typename: 'Accepted',
    commandId,
    aggregateType: 'RESOURCE',
    aggregateId: id,
    firstVersion: 1,
    version: 1,
    events: [{ id: answer.events[0].id, type: 'ResourceAdded', version: 1 }],
    confirmWithinMs: 0,
    duplicate: false,
  });
  assert.equal((await accepted('addResource', { id, input: resource101, commandId, expectedVersion: 0 })).duplicate, true);
});

test('ids that are left out are made up', async () => {
  const answer = await accepted('addResource', { input: resource101 });
  isUuid8(answer.aggregateId);
  isUuid7(answer.commandId);
});

test('a resource is read as its last command has left it', async () => {
  const { aggregateId: id, version } = await accepted('addResource', { input: resource101 });
  const [{ time: createdAt }] = await core.events('resource', id);
  assert.deepEqual(await ask('resource', { id }), { id, version, ...resource101, status: 'OPEN', holdCount: 0, createdAt });
  const closed = await accepted('closeResource', { id, expectedVersion: version });
  assert.deepEqual(await ask('resource', { id }), { id, version: closed.version, ...resource101, status: 'CLOSED', holdCount: 0, createdAt });
});

test('a claim is PENDING at its first version, CONFIRMED at its second, CANCELLED at its third', async () => {
  const resource = await addResource(core);
  const { aggregateId: id, version, confirmWithinMs } = await accepted('createClaim', { input: stay(resource) });
  assert.ok(confirmWithinMs > 0);
  assert.equal(version, 1);
  const first = await ask('claim', { id });
  assert.ok(['PENDING', 'CONFIRMED'].includes(first.status));
  await settled(core, id);
  const second = await ask('claim', { id });
  const { createdAt } = second;
  assert.deepEqual(second, { id, version: 2, status: 'CONFIRMED', refusal: null, reason: null, ...stay(resource), createdAt });
  assert.equal(createdAt, (await core.events('claim', id))[0].time);
  const cancelled = await accepted('cancelClaim', { id, reason: 'rain', expectedVersion: 2 });
  const third = await ask('claim', { id });
  assert.deepEqual([third.version, third.status, third.reason], [cancelled.version, 'CANCELLED', 'rain']);
});

test('an accepted command shows the instance as it has left it, also when it is asked for later', async () => {
  const [resource, commandId] = [await addResource(core), fresh('command')];
  const shown = '... on Accepted { aggregateId version claim { id version status userId dateEnd confirmBy } resource { id } }';
  const input = { userId: 'ana', resourceId: resource, dateStart: '2030-02-01', dateEnd: '2030-02-03' };
  const ask = async (query, variables) => (await core.as(token('owner', 'ana')).post('/graphql', { query, variables })).body.data.it;
  const sent = await ask(`mutation ($input: CreateClaimInput!, $of: ID) { it: createClaim(input: $input, commandId: $of) { ${shown} } }`, { input, of: commandId });
  const { aggregateId: id } = sent;
  const [created] = await core.events('claim', id);
  const left = { id, version: 1, status: 'PENDING', userId: 'ana', dateEnd: '2030-02-03', confirmBy: created.data.confirmBy };
  assert.deepEqual(sent, { aggregateId: id, version: 1, claim: left, resource: null });
  assert.equal((await settled(core, id)).confirmBy, undefined, 'nobody waits any more');
  const again = `query ($id: ID!, $of: ID!) { it: commandResult(id: $id, aggregateType: CLAIM, aggregateId: $of) { ${shown} } }`;
  assert.deepEqual(await ask(again, { id: commandId, of: id }), sent);
});

test('a declined claim says why', async () => {
  const resource = await addResource(core);
  await settled(core, (await accepted('createClaim', { input: stay(resource) })).aggregateId);
  const { aggregateId: id } = await accepted('createClaim', { input: stay(resource) });
  await settled(core, id);
  const { status, refusal, reason } = await ask('claim', { id });
  assert.deepEqual([status, refusal, reason], ['DECLINED', 'DAYS_TAKEN', null]);
});

test('refusals are data: a rule, a shape, a version, an idempotency key', async () => {
  const resource = await addResource(core);
  const pick = ({ code, field, rule, currentVersion }) => ({ code, field, rule, currentVersion });
  const refusal = async (name, variables) => pick(await rejected(name, variables));
  assert.deepEqual(await refusal('addResource', { id: resource, input: resource101 }), {
    code: 'RESOURCE_EXISTS', field: null, rule: 'RESOURCE_EXISTS', currentVersion: 1,
  });
  assert.deepEqual(await refusal('createClaim', { input: stay('nowhere') }), {
    code: 'RESOURCE_UNKNOWN', field: null, rule: 'RESOURCE_UNKNOWN', currentVersion: 0,
  });
  assert.deepEqual(await refusal('addResource', { input: { ...resource101, capacity: 0 } }), {
    code: 'INVALID_FIELD', field: 'payload.capacity', rule: null, currentVersion: 0,
  });
  assert.deepEqual(await refusal('createClaim', { input: stay(resource, '2027-02-30') }), {
    code: 'INVALID_FIELD', field: 'payload.dateStart', rule: null, currentVersion: 0,
  });
  assert.deepEqual(await refusal('createClaim', { input: stay(resource, '2027-02-03', '2027-02-01') }), {
    code: 'DATES_REVERSED', field: 'payload.dateEnd', rule: null, currentVersion: 0,
  });
  assert.deepEqual(await refusal('closeResource', { id: resource, expectedVersion: 7 }), {
    code: 'VERSION_CONFLICT', field: 'expectedVersion', rule: null, currentVersion: 1,
  });
  assert.equal((await refusal('closeResource', { id: resource, expectedVersion: -1 })).field, 'expectedVersion');
  assert.equal((await refusal('closeResource', { id: '' })).code, 'INVALID_FIELD');
  assert.equal((await refusal('closeResource', { id: resource, commandId: 'a b' })).field, 'commandId');
  assert.equal((await refusal('cancelClaim', { id: 'nobody' })).code, 'CLAIM_UNKNOWN');
  const commandId = fresh('command');
  await accepted('closeResource', { id: resource, commandId });
  assert.equal((await refusal('addResource', { id: resource, input: resource101, commandId })).code, 'IDEMPOTENCY_KEY_REUSED');
});

test('a list waits for versions, and says READ_MODEL_BEHIND when one does not come', async () => {
  const { aggregateId: id, version } = await accepted('addResource', { input: resource101 });
  const list = (version) => core.graphql(documents.resources, { first: 100, minVersion: [{ type: 'RESOURCE', id, version }] });
  assert.deepEqual(await listed(core, 'resource', id, version), { id, version });
  const { data, errors } = await list(version + 1);
  assert.equal(data, null);
  assert.deepEqual(errors[0].extensions, { code: 'READ_MODEL_BEHIND', field: 'minVersion' });
  assert.deepEqual([errors[0].path, errors[0].message], [['it'], `the list does not show version ${version + 1} of resource ${id} yet`]);
});

test('a field that fails is null, and takes no other field with it', async () => {
  const resource = await addResource(core);
  const query = `query ($id: ID!) { there: resource(id: $id) { version } ahead: resource(id: $id, atVersion: 9) { version } }`;
  const { data, errors } = await core.graphql(query, { id: resource });
  assert.deepEqual(data, { there: { version: 1 }, ahead: null });
  assert.deepEqual(errors.map(({ path }) => path), [['ahead']]);
});

test('what does not exist is null', async () => {
  assert.equal(await ask('resource', { id: 'nobody' }), null);
  assert.equal(await ask('claim', { id: 'nobody' }), null);
});

test('claims are a Relay connection, newest first, whole and without doubles over its pages', async () => {
  const resource = await addResource(core);
  const made = [];
  for (let n = 1; n <= 27; n++) {
    const day = (d) => `2027-${d > 28 ? '04' : '03'}-${String(d > 28 ? d - 28 : d).padStart(2, '0')}`;
    made.push((await accepted('createClaim', { input: stay(resource, day(n), day(n + 1)) })).aggregateId);
  }
  for (const id of made) await settled(core, id);
  for (const id of made) await listed(core, 'claim', id, 2);
  const pages = [];
  for (let after = null; ; after = pages.at(-1).pageInfo.endCursor) {
    pages.push(await ask('claims', { first: 10, after }));
    if (!pages.at(-1).pageInfo.hasNextPage) break;
  }
  for (const { edges, nodes, pageInfo } of pages) {
    assert.deepEqual(nodes.map(({ id }) => id), edges.map(({ node }) => node.id));
    assert.deepEqual([pageInfo.startCursor, pageInfo.endCursor], [edges[0].cursor, edges.at(-1).cursor]);
    assert.equal(pageInfo.hasPreviousPage, false);
  }
  for (const { edges } of pages.slice(0, -1)) assert.equal(edges.length, 10);
  const all = pages.flatMap(({ edges }) => edges.map(({ node }) => node));
  const [{ count }] = await core.sql('SELECT COUNT(*) AS count FROM claim');
  assert.equal(all.length, count);
  assert.equal(new Set(all.map(({ id }) => id)).size, count);
  const times = all.map(({ createdAt }) => createdAt);
  assert.deepEqual(times, [...times].sort().reverse());
  for (const id of made) assert.ok(all.some((node) => node.id === id));
  const untold = await ask('claims', {});
  assert.equal(untold.edges.length, 20);
  const last = await ask('claims', { first: 100, after: pages.at(-1).pageInfo.endCursor });
  assert.deepEqual([last.edges, last.pageInfo.endCursor, last.pageInfo.hasNextPage], [[], null, false]);
});

test('a page that cannot be is an error with a code', async () => {
  for (const first of [0, -1, 101]) {
    const { errors } = await core.graphql(documents.claims, { first });
    assert.equal(errors[0].extensions?.code, 'INVALID_PAGE', `first: ${first}`);
  }
  for (const after of ['nonsense', '', 'AAAA']) {
    const { data, errors } = await core.graphql(documents.claims, { after });
    assert.ok(errors?.length, `after: ${after}`);
    assert.equal(data, null);
  }
});

test('a document that is wrong is an error of GraphQL, and executes nothing', async () => {
  const id = fresh('resource');
  for (const query of [
    '{',
    'query { resource }',
    'query { spaceship(id: "a") { id } }',
    'mutation { addResource(id: 7) { __typename } }',
    `mutation { addResource(id: "${id}", input: { groupId: "group" }) { __typename } }`,
    `mutation { addResource(id: "${id}", input: { groupId: "g", number: "1", capacity: 2, rate: 1, view: 1 }) { __typename } }`,
  ]) {
    const { errors } = await core.graphql(query);
    assert.ok(errors?.length, query);
  }
  assert.equal(await core.state('resource', id), undefined);
});

test('a request that is none is refused', async () => {
  for (const [body, code] of [
    ['', 'MALFORMED_JSON'],
    ['{', 'MALFORMED_JSON'],
    ['[]', 'BATCH_UNSUPPORTED'],
    ['{"query":7}', 'MALFORMED_REQUEST'],
  ]) {
    const answer = await core.post('/graphql', body);
    assert.deepEqual([answer.status, answer.body.errors[0].extensions.code], [400, code], body);
  }
});

test('the answer has the media type that was asked for', async () => {
  const body = JSON.stringify({ query: '{ __typename }' });
  const type = async (accept) => (await core.post('/graphql', body, { accept })).headers.get('content-type');
  assert.match(await type('application/graphql-response+json'), /^application\/graphql-response\+json/);
  assert.match(await type('application/json'), /^application\/json/);
});
