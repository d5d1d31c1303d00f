// Nothing is shown that the policy does not allow: every aggregate, every sort of caller, every door. Whoever may see an
// instance sees its row, its state and its events; whoever may only list it sees its row; for anybody else there is none.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { journal, projected } from '../../../tests/acceptance/journal.mjs';
import { checkSights } from '../../../tests/acceptance/sights.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';
import { settled, year } from '../../reservation/tests/hotel.mjs';

const core = await serve('core', { GRAPHQL_INTROSPECTION: 'on' });

/** Two instances of each type: the first is Ana's, the second is Ben's. */
const types = ['room', 'account', 'device', 'round', 'catalogue', 'reservation', 'order'];
const ids = Object.fromEntries(types.map((type) => [type, [fresh(type), fresh(type)]]));
const commands = Object.fromEntries(types.map((type) => [type, fresh(`command-${type}`)]));

const callers = {
  ana: token('guest', 'ana'),
  ben: token('guest', 'ben'),
  'the first device': token('device', ids.device[0]),
  'the second device': token('device', ids.device[1]),
  'a device that has the name of a guest': token('device', 'ana'),
  staff: token('staff', 'sam'),
  service: token('service', 'ana'),
  admin: token('admin', 'root'),
};
const everybody = Object.keys(callers);

/** Who sees the first instance with its events, and who may only list it. */
const policy = {
  room: { sees: ['staff', 'service'], lists: everybody },
  account: { sees: ['ana', 'staff', 'service'], lists: [] },
  device: { sees: ['ana', 'the first device', 'staff', 'service'], lists: [] },
  round: { sees: everybody, lists: everybody },
  catalogue: { sees: everybody, lists: everybody },
  reservation: { sees: ['ana', 'staff', 'service'], lists: [] },
  order: { sees: ['ana', 'staff', 'service'], lists: [] },
};

before(async () => {
  for (const [n, owner] of ['ana', 'ben'].entries()) {
    const night = { dateStart: `${year}-01-0${n + 1}`, dateEnd: `${year}-01-0${n + 2}` };
    const payloads = {
      room: ['AddRoom', { hotelId: 'grand', number: `${n}`, capacity: 2, nightlyRate: 1 }],
      account: ['OpenAccount', { ownerId: owner, currency: 'EUR', overdraftLimit: 5 }],
      device: ['RegisterDevice', { model: 'm', ownerId: owner }],
      round: ['StartGameRound', { game: 'chess', maxPlayers: 2 }],
      catalogue: ['OpenCatalogue', { currency: 'EUR' }],
      reservation: ['CreateReservation', { userId: owner, roomId: ids.room[0], ...night }],
      order: ['PlaceOrder', { customerId: owner, accountId: ids.account[n], lines: [{ sku: 'tea', quantity: 1, unitPrice: 1 }] }],
    };
    for (const type of types) {
      const commandId = n === 0 ? commands[type] : undefined;
      await core.send(type, ...payloads[type], { aggregateId: ids[type][n], commandId });
    }
  }
  for (const id of ids.reservation) await settled(core, id);
  await until('all of it is journalled', () => {
    const all = journal(core);
    return all.filter(({ version }) => version === 1).length === 2 * types.length && all.filter(({ event }) => event.type === 'RoomHeld').length === 2;
  });
  for (const [type, [first, second]] of Object.entries(ids)) for (const id of [first, second]) await projected(core, type, id);
});

test('the catalogue has no other aggregates, and tokens no other roles', async () => {
  const values = async (name) => {
    const { it } = await core.ask(`{ it: __type(name: "${name}") { enumValues { name } } }`);
    return it.enumValues.map(({ name }) => name.toLowerCase()).sort();
  };
  assert.deepEqual(await values('AggregateType'), [...types].sort());
  assert.deepEqual(await values('Role'), ['admin', 'device', 'guest', 'service', 'staff']);
});

checkSights(core, {
  callers,
  instances: Object.fromEntries(types.map((type) => [type, { id: ids[type][0], command: commands[type] }])),
  policy,
  secrets: [...ids.reservation, 'sam', 'hotelId'],
});

test('whoever only lists an instance hears what becomes of it, live, and row by row', async () => {
  const talker = await (await core.talk()).init(callers.ana);
  const watched = talker.subscribe(`subscription { it: room(id: "${ids.room[1]}") { event { type } room { version status } } }`);
  await talker.next(watched, 1);
  await core.send('room', 'CloseRoom', {}, { aggregateId: ids.room[1] });
  const seen = (await talker.next(watched, 2)).map(({ data }) => data.it);
  assert.deepEqual(seen, [
    { event: null, room: { version: 1, status: 'OPEN' } },
    { event: null, room: { version: 2, status: 'CLOSED' } },
  ]);
  await talker.close();
});
