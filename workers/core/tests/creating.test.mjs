// A command that begins a stream and names no instance: sent again, it reaches the instance that it began, at every door.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBeginnings } from '../../../tests/acceptance/beginnings.mjs';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';
import { settled, year } from '../../reservation/tests/hotel.mjs';

const core = await serve('core', { GRAPHQL_INTROSPECTION: 'on' });

const room = (await core.send('room', 'AddRoom', { hotelId: 'grand', number: '1', capacity: 2, nightlyRate: 1 })).aggregateId;
const account = (await core.send('account', 'OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 })).aggregateId;

/** What begins an instance of each type: the command, its payload, and one of other content. */
const creating = {
  room: ['AddRoom', { hotelId: 'grand', number: '2', capacity: 2, nightlyRate: 1 }, { capacity: 3 }],
  reservation: ['CreateReservation', { userId: 'ana', roomId: room, dateStart: `${year}-01-01`, dateEnd: `${year}-02-01` }, { dateEnd: `${year}-03-01` }],
  account: ['OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 }, { currency: 'USD' }],
  order: ['PlaceOrder', { customerId: 'ana', accountId: account, lines: [{ sku: 'tea', quantity: 1, unitPrice: 1 }] }, { lines: [{ sku: 'tea', quantity: 2, unitPrice: 1 }] }],
  device: ['RegisterDevice', { model: 'm', ownerId: 'ana' }, { model: 'n' }],
  round: ['StartGameRound', { game: 'chess', maxPlayers: 2 }, { maxPlayers: 3 }],
  catalogue: ['OpenCatalogue', { currency: 'EUR' }, { currency: 'USD' }],
};

test('the catalogue has no other aggregates', async () => {
  const { it } = await core.ask('{ it: __type(name: "AggregateType") { enumValues { name } } }');
  assert.deepEqual(it.enumValues.map(({ name }) => name.toLowerCase()).sort(), Object.keys(creating).sort());
});

checkBeginnings(core, token('staff', 'sam'), creating);

test('a guest who sends a reservation again holds the nights once', async () => {
  const ana = core.as(token('guest', 'ana'));
  const roomId = (await core.send('room', 'AddRoom', { hotelId: 'grand', number: '3', capacity: 2, nightlyRate: 1 })).aggregateId;
  const payload = { userId: 'ana', roomId, dateStart: `${year}-01-05`, dateEnd: `${year}-01-06` };
  const key = { 'idempotency-key': fresh('key') };
  const send = () => ana.post('/commands', { aggregateType: 'reservation', name: 'CreateReservation', payload }, key);
  const [first, second] = [await send(), await send()];
  const { confirmWithinMs } = second.body; // from then on, which depends on the load
  assert.deepEqual([second.status, second.body], [202, { ...first.body, confirmWithinMs, duplicate: true }]);
  await settled(core, first.body.aggregateId);
  assert.equal((await core.state('room', roomId)).state.holds.length, 1);
});
