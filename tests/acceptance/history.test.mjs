// What happened to an instance and what became of a command, as queries; and every instance as it was.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { addRoom, reserve, room101, settled } from './hotel.mjs';
import { account, place, settled as orderSettled } from './shop.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const [ana, ben, nobody] = [token('guest', 'ana'), token('guest', 'ben'), undefined].map((text) => core.as(text));
const ask = async (query, variables, at = core) => (await at.post('/graphql', { query, variables })).body;

const history = `query ($type: AggregateType!, $id: ID!, $first: Int, $after: String) {
  events(aggregateType: $type, aggregateId: $id, first: $first, after: $after) {
    edges { cursor node { id cursor type version time aggregateType aggregateId dataSchema data commandId correlationId
      causationId actor actorRole } }
    nodes { version } pageInfo { hasNextPage endCursor } } }`;
const told = `query ($id: ID!, $type: AggregateType!, $instance: ID!) {
  commandResult(id: $id, aggregateType: $type, aggregateId: $instance) {
    ... on Accepted { commandId aggregateType aggregateId firstVersion version events { id type version } confirmWithinMs duplicate } } }`;

let room;
let reservation;
before(async () => {
  room = await addRoom(core);
  reservation = await reserve(core, room, '2031-01-01', '2031-01-03');
  await settled(core, reservation);
});

test('the history of an instance is its stream, as the other doors show it', async () => {
  const { data, errors } = await ask(history, { type: 'RESERVATION', id: reservation });
  assert.equal(errors, undefined);
  const stream = await core.events('reservation', reservation);
  assert.ok(stream.length >= 2);
  assert.deepEqual(
    data.events.edges.map(({ cursor, node }) => ({ ...node, own: cursor })),
    stream.map((event) => ({
      id: event.id,
      cursor: `${Number(event.sequence)}`,
      own: `${Number(event.sequence)}`,
      type: event.type,
      version: Number(event.sequence),
      time: event.time,
      aggregateType: 'RESERVATION',
      aggregateId: reservation,
      dataSchema: event.dataschema,
      data: event.data,
      commandId: event.commandid,
      correlationId: event.correlationid ?? null,
      causationId: event.causationid ?? null,
      actor: event.actor === 'system' ? null : event.actor,
      actorRole: event.actorrole === 'system' ? null : event.actorrole.toUpperCase(),
    })),
  );
});

test('the history pages from a cursor on', async () => {
  const versions = [];
  for (let after; ; ) {
    const { data } = await ask(history, { type: 'RESERVATION', id: reservation, first: 1, after });
    versions.push(...data.events.nodes.map(({ version }) => version));
    after = data.events.pageInfo.endCursor;
    if (!data.events.pageInfo.hasNextPage) break;
  }
  assert.deepEqual(versions, (await core.events('reservation', reservation)).map((_, index) => index + 1));
  for (const [more, code] of [[{ first: 0 }, 'INVALID_PAGE'], [{ first: 101 }, 'INVALID_PAGE'], [{ after: '-1' }, 'INVALID_CURSOR'], [{ after: 'x' }, 'INVALID_CURSOR']]) {
    const { data, errors } = await ask(history, { type: 'RESERVATION', id: reservation, ...more });
    assert.deepEqual([data.events, errors[0].extensions.code], [null, code]);
  }
  for (const type of ['SPACESHIP', 'reservation']) {
    const { errors } = await ask(history, { type, id: reservation });
    assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED', type);
  }
});

test('the result of a command is what its first send was answered, also after the object was unloaded', async () => {
  const commandId = fresh('command');
  const sent = await core.send('room', 'AddRoom', room101, { commandId });
  const variables = { id: commandId, type: 'ROOM', instance: sent.aggregateId };
  const expected = { ...sent, aggregateType: 'ROOM', duplicate: true };
  assert.deepEqual((await ask(told, variables)).data.commandResult, expected);
  await core.evict('room', sent.aggregateId);
  assert.deepEqual((await ask(told, variables)).data.commandResult, expected);
});

test('the result of a command is found by its id alone once it is journalled, by those who may see the instance', async () => {
  const [commandId, aggregateId] = [fresh('command'), fresh('account')];
  const opened = { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 };
  const { status, body: sent } = await ana.command('account', 'OpenAccount', opened, { aggregateId, commandId });
  assert.equal(status, 202);
  const by = (id, more = {}, at = ana) =>
    ask(told.replace('AggregateType!', 'AggregateType').replace('$instance: ID!', '$instance: ID'), { id, ...more }, at);
  const expected = { ...sent, aggregateType: 'ACCOUNT', duplicate: true };
  const found = await until('it is journalled', async () => (await by(commandId)).data.commandResult);
  assert.deepEqual(found, expected);
  for (const more of [{ type: 'ACCOUNT' }, { instance: aggregateId }]) {
    assert.deepEqual((await by(commandId, more)).data.commandResult, expected);
  }
  for (const [id, more, at] of [
    [commandId, {}, ben], [commandId, { type: 'ROOM' }], [commandId, { instance: 'another' }], [fresh('command')], ['a b'],
  ]) {
    const { data, errors } = await by(id, more, at);
    assert.deepEqual([data, errors], [{ commandResult: null }, undefined]);
  }
  // Somebody else has made up the same id: each finds what is his own.
  const other = fresh('account');
  await ben.command('account', 'OpenAccount', { ...opened, ownerId: 'ben' }, { aggregateId: other, commandId });
  const his = await until('it is journalled, too', async () => (await by(commandId, {}, ben)).data.commandResult);
  assert.deepEqual([his.aggregateId, (await by(commandId)).data.commandResult.aggregateId], [other, aggregateId]);
  assert.equal((await by(commandId, {}, nobody)).errors[0].extensions.code, 'UNAUTHENTICATED');
});

test('nothing is known of a command that was refused, never sent, or sent to another instance', async () => {
  const commandId = fresh('command');
  const refused = await core.command('room', 'AddRoom', room101, { aggregateId: room, commandId });
  assert.equal(refused.status, 422);
  const sent = await core.send('room', 'AddRoom', room101);
  for (const [id, instance] of [[commandId, room], [fresh('command'), room], [sent.commandId, room], [sent.commandId, 'nobody'], ['a b', room]]) {
    const { data, errors } = await ask(told, { id, type: 'ROOM', instance });
    assert.deepEqual([data, errors], [{ commandResult: null }, undefined]);
  }
});

test('history and results are shown to those who may see the instance, and to others as if there were none', async () => {
  const [{ commandid }] = await core.events('reservation', reservation);
  const variables = { id: commandid, type: 'RESERVATION', instance: reservation };
  const seen = async (at) => {
    const answers = [await ask(history, { type: 'RESERVATION', id: reservation }, at), await ask(told, variables, at)];
    return answers.map(({ data, errors }) => errors?.[0].extensions.code ?? Object.values(data)[0] !== null);
  };
  assert.deepEqual(await seen(ana), [true, true]);
  assert.deepEqual(await seen(ben), [false, false]);
  assert.deepEqual(await seen(nobody), ['UNAUTHENTICATED', 'UNAUTHENTICATED']);
});

test('every instance can be asked for by version, by instant, and with what was just written', async () => {
  const wallet = await account(core, 5_000);
  const order = await place(core, wallet, 700);
  await orderSettled(core, order);
  const device = fresh('device');
  await core.send('device', 'RegisterDevice', { model: 'm', ownerId: 'ana' }, { aggregateId: device });
  const round = fresh('round');
  await core.send('round', 'StartGameRound', { game: 'go', maxPlayers: 2 }, { aggregateId: round });
  const instances = { room, reservation, account: wallet, order, device, round };
  for (const [type, id] of Object.entries(instances)) {
    const stream = await core.events(type, id);
    const one = async (args) => (await core.graphql(`query ($id: ID!) { it: ${type}(id: $id, ${args}) { id version } }`, { id })).data.it;
    const [first, last] = [stream[0], stream.length];
    assert.deepEqual(await one(`minVersion: ${last}`), { id, version: last }, type);
    assert.deepEqual(await one('atVersion: 1'), { id, version: 1 }, type);
    assert.deepEqual(await one(`atVersion: ${last}`), { id, version: last }, type);
    assert.deepEqual(await one(`at: "${stream.at(-1).time}"`), { id, version: last }, type);
    const before = new Date(Date.parse(first.time) - 1).toISOString();
    assert.equal(await one(`at: "${before}"`), null, type);
    const { errors } = await core.graphql(`query ($id: ID!) { it: ${type}(id: $id, atVersion: 1, minVersion: 1) { id } }`, { id });
    assert.equal(errors[0].extensions.code, 'INVALID_QUERY', type);
  }
  await until('all of it is in the read models', async () => {
    const found = await core.ask(Object.entries(instances).reduce((query, [type, id]) => `${query} ${type}(id: "${id}") { id }`, '{') + '}');
    return Object.values(found).every(Boolean);
  });
});
