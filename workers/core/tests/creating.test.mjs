// A command that begins a stream and names no instance: sent again, it reaches the instance that it began, at every door.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';

const core = await serve('core', { GRAPHQL_INTROSPECTION: 'on' });
const ana = core.as(token('guest', 'ana'));

const room = (await core.send('room', 'AddRoom', { hotelId: 'grand', number: '1', capacity: 2, nightlyRate: 1 })).aggregateId;
const account = (await core.send('account', 'OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 })).aggregateId;
const night = (day) => ({ userId: 'ana', roomId: room, dateStart: `2030-01-${day}`, dateEnd: `2030-02-${day}` });

/** What begins an instance of each type: the command, its payload, and one of other content. */
const creating = {
  room: ['AddRoom', { hotelId: 'grand', number: '2', capacity: 2, nightlyRate: 1 }, { capacity: 3 }],
  reservation: ['CreateReservation', night('01'), { dateEnd: '2030-03-01' }],
  account: ['OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 }, { currency: 'USD' }],
  order: ['PlaceOrder', { customerId: 'ana', accountId: account, lines: [{ sku: 'tea', quantity: 1, unitPrice: 1 }] }, { lines: [{ sku: 'tea', quantity: 2, unitPrice: 1 }] }],
  device: ['RegisterDevice', { model: 'm', ownerId: 'ana' }, { model: 'n' }],
  round: ['StartGameRound', { game: 'chess', maxPlayers: 2 }, { maxPlayers: 3 }],
};

/** The doors through which such a command may come, each as a function of type, name, payload and command id. */
const talker = await (await core.talk()).init(token('staff', 'sam'));
const mutation = (name, payload, id) => [
  `mutation ($input: ${name}Input!, $id: ID!) { it: ${name[0].toLowerCase()}${name.slice(1)}(input: $input, commandId: $id) {
    ... on Accepted { aggregateId duplicate events { id } } ... on Rejected { code } } }`,
  { input: payload, id },
];
const doors = {
  'POST /commands': async (type, name, payload, commandId) => (await core.command(type, name, payload, { commandId })).body,
  'the Idempotency-Key': async (aggregateType, name, payload, key) =>
    (await core.post('/commands', { aggregateType, name, payload }, { 'idempotency-key': key })).body,
  'a batch': async (aggregateType, name, payload, commandId) =>
    (await core.post('/commands', [{ aggregateType, name, payload, commandId }])).body[0],
  'POST /graphql': async (_, name, payload, id) => (await core.ask(...mutation(name, payload, id))).it,
  'the GraphQL socket': async (_, name, payload, id) =>
    (await talker.next(talker.subscribe(...mutation(name, payload, id))))[0].data.it,
};

test('the catalogue has no other aggregates', async () => {
  const { it } = await core.ask('{ it: __type(name: "AggregateType") { enumValues { name } } }');
  assert.deepEqual(it.enumValues.map(({ name }) => name.toLowerCase()).sort(), Object.keys(creating).sort());
});

for (const [door, send] of Object.entries(doors)) {
  for (const [type, [name, payload, other]] of Object.entries(creating)) {
    test(`${name} twice through ${door} makes one, and the second answer is the first one's`, async () => {
      const key = fresh('key');
      const first = await send(type, name, payload, key);
      const second = await send(type, name, payload, key);
      assert.equal(first.duplicate, false, JSON.stringify(first));
      assert.deepEqual(second, { ...first, duplicate: true });
      assert.equal((await core.events(type, first.aggregateId)).filter(({ commandid }) => commandid === key).length, 1);
      assert.equal((await send(type, name, { ...payload, ...other }, key)).code, 'IDEMPOTENCY_KEY_REUSED');
      const next = await send(type, name, payload, fresh('key'));
      assert.notEqual(next.aggregateId, first.aggregateId, 'another command begins another');
    });
  }
}

test('every door gives the same instance for the same key', async () => {
  for (const [type, [name, payload]] of Object.entries(creating)) {
    const key = fresh('key');
    const answers = [];
    for (const send of Object.values(doors)) answers.push(await send(type, name, payload, key));
    assert.deepEqual(answers.map(({ duplicate }) => duplicate), [false, true, true, true, true]);
    assert.equal(new Set(answers.map(({ aggregateId }) => aggregateId)).size, 1, type);
  }
});

test('a double click makes one: the same command many times at once, and twice in a batch', async () => {
  const [name, payload] = creating.reservation;
  const key = fresh('key');
  const clicks = await Promise.all(Array.from({ length: 8 }, () => doors['the Idempotency-Key']('reservation', name, payload, key)));
  assert.equal(new Set(clicks.map(({ aggregateId }) => aggregateId)).size, 1);
  assert.equal(clicks.filter(({ duplicate }) => !duplicate).length, 1);
  const one = { aggregateType: 'reservation', name, payload, commandId: fresh('key') };
  const { body } = await core.post('/commands', [one, one, { ...one, payload: night('02') }]);
  assert.deepEqual(body.map(({ duplicate, code }) => code ?? duplicate), [false, true, 'IDEMPOTENCY_KEY_REUSED']);
  assert.equal(body[0].aggregateId, body[1].aggregateId);
});

test('a guest who sends a reservation again holds the nights once, also after the runtime was killed', async () => {
  const key = fresh('key');
  const send = () => ana.post('/commands', { aggregateType: 'reservation', name: 'CreateReservation', payload: night('05') }, { 'idempotency-key': key });
  const first = await send();
  assert.equal(first.status, 202);
  await core.killAndRestart();
  const second = await send();
  assert.deepEqual([second.status, second.body], [202, { ...first.body, duplicate: true }]);
  const { edges } = (await core.ask(`{ it: reservations(first: 100, filter: { userId: "ana" }) { edges { node { id dateStart } } } }`)).it;
  assert.ok(edges.filter(({ node }) => node.dateStart === '2030-01-05').length <= 1);
});

test('the key is the caller\'s own: another one with the same key begins another instance', async () => {
  const key = fresh('key');
  const send = (who, userId) => core.as(who).command('reservation', 'CreateReservation', { ...night('09'), userId }, { commandId: key });
  const answers = [];
  for (const [who, user] of [[token('guest', 'ana'), 'ana'], [token('guest', 'ben'), 'ben'], [token('staff', 'ana'), 'ana']]) {
    const { status, body } = await send(who, user);
    assert.deepEqual([status, body.duplicate], [202, false]);
    answers.push(body.aggregateId);
  }
  assert.equal(new Set(answers).size, 3);
});

test('without a key each send is another command', async () => {
  const [name, payload] = creating.round;
  const [one, two] = [await core.send('round', name, payload), await core.send('round', name, payload)];
  assert.notEqual(one.aggregateId, two.aggregateId);
});
