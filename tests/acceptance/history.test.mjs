// What happened to an instance and what became of a command, as queries; and every instance as it was.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { addResource, days, reserve, resource101, settled } from './claims.mjs';
import { journalled } from './journal.mjs';
import { listed } from './listed.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const [ana, ben, nobody] = [token('owner', 'ana'), token('owner', 'ben'), undefined].map((text) => core.as(text));
const ask = async (query, variables, at = core) => (await at.post('/graphql', { query, variables })).body;

const history = `query ($type: AggregateType!, $id: ID!, $first: Int, $after: String) {
  events(aggregateType: $type, aggregateId: $id, first: $first, after: $after) {
    edges { cursor node { id cursor type version time aggregateType aggregateId dataSchema data commandId correlationId
      causationId actor actorRole } }
    nodes { version } pageInfo { hasNextPage endCursor } } }`;
const told = `query ($id: ID!, $type: AggregateType!, $instance: ID!) {
  commandResult(id: $id, aggregateType: $type, aggregateId: $instance) {
    ... on Accepted { commandId aggregateType aggregateId firstVersion version events { id type version } confirmWithinMs duplicate } } }`;

let resource;
let claim;
before(async () => {
  resource = await addResource(core);
  claim = await reserve(core, resource, '2031-01-01', '2031-01-03');
  await settled(core, claim);
});

test('the history of an instance is its stream, as the other doors show it', async () => {
  const { data, errors } = await ask(history, { type: 'CLAIM', id: claim });
  assert.equal(errors, undefined);
  const stream = await core.events('claim', claim);
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
      aggregateType: 'CLAIM',
      aggregateId: claim,
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
    const { data } = await ask(history, { type: 'CLAIM', id: claim, first: 1, after });
    versions.push(...data.events.nodes.map(({ version }) => version));
    after = data.events.pageInfo.endCursor;
    if (!data.events.pageInfo.hasNextPage) break;
  }
  assert.deepEqual(versions, (await core.events('claim', claim)).map((_, index) => index + 1));
  for (const [more, code] of [[{ first: 0 }, 'INVALID_PAGE'], [{ first: 101 }, 'INVALID_PAGE'], [{ after: '-1' }, 'INVALID_CURSOR'], [{ after: 'x' }, 'INVALID_CURSOR']]) {
    const { data, errors } = await ask(history, { type: 'CLAIM', id: claim, ...more });
    assert.deepEqual([data.events, errors[0].extensions.code], [null, code]);
  }
  for (const type of ['SPACESHIP', 'claim']) {
    const { errors } = await ask(history, { type, id: claim });
    assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED', type);
  }
});

test('the result of a command is what its first send was answered, also after the object was unloaded', async () => {
  const commandId = fresh('command');
  const sent = await core.send('resource', 'AddResource', resource101, { commandId });
  const variables = { id: commandId, type: 'RESOURCE', instance: sent.aggregateId };
  const expected = { ...sent, aggregateType: 'RESOURCE', duplicate: true };
  assert.deepEqual((await ask(told, variables)).data.commandResult, expected);
  await core.evict('resource', sent.aggregateId);
  assert.deepEqual((await ask(told, variables)).data.commandResult, expected);
});

test('the result of a command is found by its id alone once it is journalled, by those who may see the instance', async () => {
  const [commandId, aggregateId] = [fresh('command'), fresh('claim')];
  const wanted = days(resource, '2031-02-01', '2031-02-03');
  const { status, body: sent } = await ana.command('claim', 'CreateClaim', wanted, { aggregateId, commandId });
  assert.equal(status, 202);
  const by = (id, more = {}, at = ana) =>
    ask(told.replace('AggregateType!', 'AggregateType').replace('$instance: ID!', '$instance: ID'), { id, ...more }, at);
  await settled(core, aggregateId);
  const expected = { ...sent, aggregateType: 'CLAIM', confirmWithinMs: 0, duplicate: true };
  const found = await until('it is journalled', async () => (await by(commandId)).data.commandResult);
  assert.deepEqual(found, expected);
  for (const more of [{ type: 'CLAIM' }, { instance: aggregateId }]) {
    assert.deepEqual((await by(commandId, more)).data.commandResult, expected);
  }
  for (const [id, more, at] of [
    [commandId, {}, ben], [commandId, { type: 'RESOURCE' }], [commandId, { instance: 'another' }], [fresh('command')], ['a b'],
  ]) {
    const { data, errors } = await by(id, more, at);
    assert.deepEqual([data, errors], [{ commandResult: null }, undefined]);
  }
  // Somebody else has made up the same id, on more instances than are asked, which sort before: each finds what is his own.
  const others = Array.from({ length: 12 }, (_, n) => `a${n + 10}-${aggregateId}`);
  for (const other of others) {
    await ben.command('claim', 'CreateClaim', { ...wanted, userId: 'ben' }, { aggregateId: other, commandId });
    await journalled(core, 'claim', other);
  }
  const [other] = others;
  const his = await until('it is journalled, too', async () => (await by(commandId, {}, ben)).data.commandResult);
  assert.deepEqual([his.aggregateId, (await by(commandId)).data.commandResult.aggregateId], [other, aggregateId]);
  assert.equal((await by(commandId, {}, nobody)).errors[0].extensions.code, 'UNAUTHENTICATED');
});

test('nothing is known of a command that was refused, never sent, or sent to another instance', async () => {
  const commandId = fresh('command');
  const refused = await core.command('resource', 'AddResource', resource101, { aggregateId: resource, commandId });
  assert.equal(refused.status, 422);
  const sent = await core.send('resource', 'AddResource', resource101);
  for (const [id, instance] of [[commandId, resource], [fresh('command'), resource], [sent.commandId, resource], [sent.commandId, 'nobody'], ['a b', resource]]) {
    const { data, errors } = await ask(told, { id, type: 'RESOURCE', instance });
    assert.deepEqual([data, errors], [{ commandResult: null }, undefined]);
  }
});

test('history and results are shown to those who may see the instance, and to others as if there were none', async () => {
  const [{ commandid }] = await core.events('claim', claim);
  const variables = { id: commandid, type: 'CLAIM', instance: claim };
  const seen = async (at) => {
    const answers = [await ask(history, { type: 'CLAIM', id: claim }, at), await ask(told, variables, at)];
    return answers.map(({ data, errors }) => errors?.[0].extensions.code ?? Object.values(data)[0] !== null);
  };
  assert.deepEqual(await seen(ana), [true, true]);
  assert.deepEqual(await seen(ben), [false, false]);
  assert.deepEqual(await seen(nobody), ['UNAUTHENTICATED', 'UNAUTHENTICATED']);
});

test('every instance can be asked for by version, by instant, and with what was just written', async () => {
  const meter = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'm', ownerId: 'ana' }, { aggregateId: meter });
  const instances = { resource, claim, meter };
  for (const [type, id] of Object.entries(instances)) {
    const stream = await core.events(type, id);
    const one = async (args) => (await core.graphql(`query ($id: ID!) { it: ${type}(id: $id${args}) { id version } }`, { id })).data.it;
    const [first, last] = [stream[0], stream.length];
    assert.deepEqual(await one(''), { id, version: last }, type);
    assert.deepEqual(await one(', atVersion: 1'), { id, version: 1 }, type);
    assert.deepEqual(await one(`, atVersion: ${last}`), { id, version: last }, type);
    assert.deepEqual(await one(`, at: "${stream.at(-1).time}"`), { id, version: last }, type);
    const before = new Date(Date.parse(first.time) - 1).toISOString();
    assert.equal(await one(`, at: "${before}"`), null, type);
    const { errors } = await core.graphql(`query ($id: ID!) { it: ${type}(id: $id, atVersion: 1, at: "${before}") { id } }`, { id });
    assert.equal(errors[0].extensions.code, 'INVALID_QUERY', type);
  }
  for (const [type, id] of Object.entries(instances)) await listed(core, type, id, 1);
});
