import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse, validate } from 'graphql';
import { readFileSync } from 'node:fs';
import { isUuid7 } from './events.mjs';
import { fresh, serve } from './harness.mjs';
import { addRoom, journalled, room101, settled } from './hotel.mjs';

const core = await serve();
const schema = buildSchema(readFileSync(new URL('../../schema/graphql/schema.graphql', import.meta.url), 'utf8'));

const result = `
  __typename
  ... on Accepted {
    commandId aggregateType aggregateId firstVersion version
    events { id type version } confirmWithinMs duplicate
  }
  ... on Rejected { code detail field rule currentVersion }`;
const documents = {
  addRoom: `mutation ($id: ID, $input: AddRoomInput!, $commandId: ID, $expectedVersion: Int) {
    it: addRoom(id: $id, input: $input, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  closeRoom: `mutation ($id: ID!, $commandId: ID, $expectedVersion: Int) {
    it: closeRoom(id: $id, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  createReservation: `mutation ($id: ID, $input: CreateReservationInput!, $commandId: ID, $expectedVersion: Int) {
    it: createReservation(id: $id, input: $input, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  cancelReservation: `mutation ($id: ID!, $reason: String, $commandId: ID, $expectedVersion: Int) {
    it: cancelReservation(id: $id, reason: $reason, commandId: $commandId, expectedVersion: $expectedVersion) { ${result} } }`,
  room: `query ($id: ID!, $minVersion: Int) {
    it: room(id: $id, minVersion: $minVersion) { id version hotelId number capacity nightlyRate status holds } }`,
  rooms: `query ($first: Int) { it: rooms(first: $first) { nodes { id } } }`,
  reservation: `query ($id: ID!, $minVersion: Int) {
    it: reservation(id: $id, minVersion: $minVersion) {
      id version status reason userId roomId dateStart dateEnd createdAt } }`,
  reservations: `query ($first: Int, $after: String) {
    it: reservations(first: $first, after: $after) {
      edges { cursor node { id createdAt status } } nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
};

const ask = async (name, variables) => (await core.ask(documents[name], variables)).it;
const stay = (roomId, dateStart = '2027-01-01', dateEnd = '2027-01-03') => ({ userId: 'ana', roomId, dateStart, dateEnd });
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

test('the printed schema is valid, and these tests use all of it that is about rooms and reservations', () => {
  const fields = (type) => Object.keys(schema.getType(type).getFields());
  const ours = [...fields('Query'), ...fields('Mutation')].filter((name) => /room|reservation/i.test(name));
  assert.deepEqual(ours.sort(), Object.keys(documents).sort());
  for (const document of Object.values(documents)) assert.deepEqual(validate(schema, parse(document)), []);
});

test('addRoom answers Accepted with everything that POST /commands answers', async () => {
  const [id, commandId] = [fresh('room'), fresh('command')];
  const answer = await accepted('addRoom', { id, input: room101, commandId, expectedVersion: 0 });
  isUuid7(answer.events[0].id);
  assert.deepEqual(answer, {
    __typename: 'Accepted',
    commandId,
    aggregateType: 'ROOM',
    aggregateId: id,
    firstVersion: 1,
    version: 1,
    events: [{ id: answer.events[0].id, type: 'RoomAdded', version: 1 }],
    confirmWithinMs: answer.confirmWithinMs,
    duplicate: false,
  });
  assert.equal((await accepted('addRoom', { id, input: room101, commandId, expectedVersion: 0 })).duplicate, true);
});

test('ids that are left out are made up', async () => {
  const answer = await accepted('addRoom', { input: room101 });
  isUuid7(answer.aggregateId);
  isUuid7(answer.commandId);
});

test('a room is read with the version that its command named', async () => {
  const { aggregateId: id, version } = await accepted('addRoom', { input: room101 });
  assert.deepEqual(await ask('room', { id, minVersion: version }), { id, version, ...room101, status: 'OPEN', holds: 0 });
  const closed = await accepted('closeRoom', { id, expectedVersion: version });
  assert.equal((await ask('room', { id, minVersion: closed.version })).status, 'CLOSED');
});

test('a reservation is PENDING at its first version, CONFIRMED at its second, CANCELLED at its third', async () => {
  const room = await addRoom(core);
  const { aggregateId: id, version, confirmWithinMs } = await accepted('createReservation', { input: stay(room) });
  assert.ok(confirmWithinMs > 0);
  const first = await ask('reservation', { id, minVersion: version });
  assert.ok(['PENDING', 'CONFIRMED'].includes(first.status));
  const second = await ask('reservation', { id, minVersion: 2 });
  const { createdAt } = second;
  assert.deepEqual(second, { id, version: 2, status: 'CONFIRMED', reason: null, ...stay(room), createdAt });
  assert.equal(createdAt, (await core.events('reservation', id))[0].time);
  const cancelled = await accepted('cancelReservation', { id, reason: 'rain', expectedVersion: 2 });
  const third = await ask('reservation', { id, minVersion: cancelled.version });
  assert.deepEqual([third.version, third.status, third.reason], [3, 'CANCELLED', 'rain']);
});

test('a declined reservation says why', async () => {
  const room = await addRoom(core);
  await settled(core, (await accepted('createReservation', { input: stay(room) })).aggregateId);
  const { aggregateId: id } = await accepted('createReservation', { input: stay(room) });
  const { status, reason } = await ask('reservation', { id, minVersion: 2 });
  assert.deepEqual([status, reason], ['DECLINED', 'NIGHTS_TAKEN']);
});

test('refusals are data: a rule, a shape, a version, an idempotency key', async () => {
  const room = await addRoom(core);
  const pick = ({ code, field, rule, currentVersion }) => ({ code, field, rule, currentVersion });
  const refusal = async (name, variables) => pick(await rejected(name, variables));
  assert.deepEqual(await refusal('addRoom', { id: room, input: room101 }), {
    code: 'ROOM_EXISTS', field: null, rule: 'ROOM_EXISTS', currentVersion: 1,
  });
  assert.deepEqual(await refusal('createReservation', { input: stay('nowhere') }), {
    code: 'ROOM_UNKNOWN', field: null, rule: 'ROOM_UNKNOWN', currentVersion: 0,
  });
  assert.deepEqual(await refusal('addRoom', { input: { ...room101, capacity: 0 } }), {
    code: 'INVALID_FIELD', field: 'payload.capacity', rule: null, currentVersion: 0,
  });
  assert.deepEqual(await refusal('createReservation', { input: stay(room, '2027-02-30') }), {
    code: 'INVALID_FIELD', field: 'payload.dateStart', rule: null, currentVersion: 0,
  });
  assert.deepEqual(await refusal('createReservation', { input: stay(room, '2027-02-03', '2027-02-01') }), {
    code: 'DATES_REVERSED', field: 'payload.dateEnd', rule: null, currentVersion: 0,
  });
  assert.deepEqual(await refusal('closeRoom', { id: room, expectedVersion: 7 }), {
    code: 'VERSION_CONFLICT', field: 'expectedVersion', rule: null, currentVersion: 1,
  });
  assert.equal((await refusal('closeRoom', { id: room, expectedVersion: -1 })).field, 'expectedVersion');
  assert.equal((await refusal('closeRoom', { id: '' })).code, 'INVALID_FIELD');
  assert.equal((await refusal('closeRoom', { id: room, commandId: 'a b' })).field, 'commandId');
  assert.equal((await refusal('cancelReservation', { id: 'nobody' })).code, 'RESERVATION_UNKNOWN');
  const commandId = fresh('command');
  await accepted('closeRoom', { id: room, commandId });
  assert.equal((await refusal('addRoom', { id: room, input: room101, commandId })).code, 'IDEMPOTENCY_KEY_REUSED');
});

test('a version that does not come is an error that says READ_MODEL_BEHIND and how far it is', async () => {
  const room = await addRoom(core);
  await journalled(core, 'room', room);
  const answers = await Promise.all([
    core.graphql(documents.room, { id: room, minVersion: 2 }),
    core.graphql(documents.reservation, { id: 'nobody', minVersion: 1 }),
  ]);
  for (const [{ data, errors }, currentVersion] of [[answers[0], 1], [answers[1], 0]]) {
    assert.equal(data.it, null);
    assert.deepEqual(errors[0].extensions, { code: 'READ_MODEL_BEHIND', currentVersion });
    assert.deepEqual(errors[0].path, ['it']);
  }
});

test('a field that fails is null, and takes no other field with it', async () => {
  const room = await addRoom(core);
  await journalled(core, 'room', room);
  const query = `query ($id: ID!) { there: room(id: $id) { version } behind: room(id: $id, minVersion: 9) { version } }`;
  const { data, errors } = await core.graphql(query, { id: room });
  assert.deepEqual(data, { there: { version: 1 }, behind: null });
  assert.deepEqual(errors.map(({ path }) => path), [['behind']]);
});

test('what does not exist is null', async () => {
  assert.equal(await ask('room', { id: 'nobody' }), null);
  assert.equal(await ask('reservation', { id: 'nobody' }), null);
});

test('reservations are a Relay connection, newest first, whole and without doubles over its pages', async () => {
  const room = await addRoom(core);
  const made = [];
  for (let n = 1; n <= 27; n++) {
    const day = (d) => `2027-${d > 28 ? '04' : '03'}-${String(d > 28 ? d - 28 : d).padStart(2, '0')}`;
    made.push((await accepted('createReservation', { input: stay(room, day(n), day(n + 1)) })).aggregateId);
  }
  for (const id of made) await ask('reservation', { id, minVersion: 2 });
  const pages = [];
  for (let after = null; ; after = pages.at(-1).pageInfo.endCursor) {
    pages.push(await ask('reservations', { first: 10, after }));
    if (!pages.at(-1).pageInfo.hasNextPage) break;
  }
  for (const { edges, nodes, pageInfo } of pages) {
    assert.deepEqual(nodes.map(({ id }) => id), edges.map(({ node }) => node.id));
    assert.deepEqual([pageInfo.startCursor, pageInfo.endCursor], [edges[0].cursor, edges.at(-1).cursor]);
    assert.equal(pageInfo.hasPreviousPage, false);
  }
  for (const { edges } of pages.slice(0, -1)) assert.equal(edges.length, 10);
  const all = pages.flatMap(({ edges }) => edges.map(({ node }) => node));
  const [{ count }] = await core.sql('SELECT COUNT(*) AS count FROM reservation');
  assert.equal(all.length, count);
  assert.equal(new Set(all.map(({ id }) => id)).size, count);
  const times = all.map(({ createdAt }) => createdAt);
  assert.deepEqual(times, [...times].sort().reverse());
  for (const id of made) assert.ok(all.some((node) => node.id === id));
  const untold = await ask('reservations', {});
  assert.equal(untold.edges.length, 20);
  const last = await ask('reservations', { first: 100, after: pages.at(-1).pageInfo.endCursor });
  assert.deepEqual([last.edges, last.pageInfo.endCursor, last.pageInfo.hasNextPage], [[], null, false]);
});

test('a page that cannot be is an error with a code', async () => {
  for (const first of [0, -1, 101]) {
    const { errors } = await core.graphql(documents.reservations, { first });
    assert.equal(errors[0].extensions?.code, 'INVALID_PAGE', `first: ${first}`);
  }
  for (const after of ['nonsense', '', 'AAAA']) {
    const { data, errors } = await core.graphql(documents.reservations, { after });
    assert.ok(errors?.length, `after: ${after}`);
    assert.equal(data, null);
  }
});

test('a document that is wrong is an error of GraphQL, and executes nothing', async () => {
  const id = fresh('room');
  for (const query of [
    '{',
    'query { room }',
    'query { spaceship(id: "a") { id } }',
    'mutation { addRoom(id: 7) { __typename } }',
    `mutation { addRoom(id: "${id}", input: { hotelId: "grand" }) { __typename } }`,
    `mutation { addRoom(id: "${id}", input: { hotelId: "g", number: "1", capacity: 2, nightlyRate: 1, view: 1 }) { __typename } }`,
  ]) {
    const { errors } = await core.graphql(query);
    assert.ok(errors?.length, query);
  }
  assert.equal(await core.state('room', id), undefined);
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
