// Nothing is shown that the policy does not allow: every aggregate, every sort of caller, every door. Whoever may see an
// instance sees its row, its state and its events; whoever may only list it sees its row; for anybody else there is none.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { settled } from '../../reservation/tests/hotel.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';

const core = await serve('core', { GRAPHQL_INTROSPECTION: 'on' });

/** Two instances of each type: the first is Ana's, the second is Ben's. */
const types = ['room', 'account', 'device', 'round', 'reservation', 'order'];
const ids = Object.fromEntries(types.map((type) => [type, [fresh(type), fresh(type)]]));
const commands = Object.fromEntries(types.map((type) => [type, fresh(`command-${type}`)]));

const callers = {
  ana: token('guest', 'ana'),
  ben: token('guest', 'ben'),
  'the first device': token('device', ids.device[0]),
  'the second device': token('device', ids.device[1]),
  'a device that has the name of a guest': token('device', 'ana'),
  staff: token('staff', 'sam'),
  admin: token('admin', 'root'),
};
const everybody = Object.keys(callers);

/** Who sees the first instance with its events, and who sees only its row. */
const policy = {
  room: { sees: ['staff'], lists: everybody },
  account: { sees: ['ana', 'staff'], lists: [] },
  device: { sees: ['ana', 'the first device', 'staff'], lists: [] },
  round: { sees: everybody, lists: everybody },
  reservation: { sees: ['ana', 'staff'], lists: [] },
  order: { sees: ['ana', 'staff'], lists: [] },
};

before(async () => {
  for (const [n, owner] of ['ana', 'ben'].entries()) {
    const night = { dateStart: `2030-01-0${n + 1}`, dateEnd: `2030-01-0${n + 2}` };
    const payloads = {
      room: ['AddRoom', { hotelId: 'grand', number: `${n}`, capacity: 2, nightlyRate: 1 }],
      account: ['OpenAccount', { ownerId: owner, currency: 'EUR', overdraftLimit: 5 }],
      device: ['RegisterDevice', { model: 'm', ownerId: owner }],
      round: ['StartGameRound', { game: 'chess', maxPlayers: 2 }],
      reservation: ['CreateReservation', { userId: owner, roomId: ids.room[0], ...night }],
      order: ['PlaceOrder', { customerId: owner, accountId: ids.account[n], lines: [{ sku: 'tea', quantity: 1, unitPrice: 1 }] }],
    };
    for (const type of types) {
      const commandId = n === 0 ? commands[type] : undefined;
      await core.send(type, ...payloads[type], { aggregateId: ids[type][n], commandId });
    }
  }
  for (const id of ids.reservation) await settled(core, id);
  await until('all of it is journalled', async () => {
    const [{ here }] = await core.sql('SELECT COUNT(DISTINCT aggregate_id) AS here FROM journal WHERE version = 1');
    const [{ held }] = await core.sql("SELECT COUNT(*) AS held FROM journal WHERE event LIKE '%RoomHeld%'");
    return here === 12 && held === 2;
  });
});

test('the catalogue has no other aggregates, and tokens no other roles', async () => {
  const values = async (name) => {
    const { it } = await core.ask(`{ it: __type(name: "${name}") { enumValues { name } } }`);
    return it.enumValues.map(({ name }) => name.toLowerCase()).sort();
  };
  assert.deepEqual(await values('AggregateType'), [...types].sort());
  assert.deepEqual(await values('Role'), ['admin', 'device', 'guest', 'staff']);
});

const heard = [];

for (const type of types) {
  const [id] = ids[type];
  const shown = (who) => (policy[type].sees.includes(who) ? 'stream' : policy[type].lists.includes(who) ? 'row' : 'nothing');

  for (const [who, text] of Object.entries(callers)) {
    const sight = shown(who);
    const caller = core.as(text);
    const ask = async (query) => {
      const { body } = await caller.post('/graphql', { query });
      assert.equal(body.errors, undefined, `${query}: ${JSON.stringify(body.errors)}`);
      return body.data.it;
    };

    test(`${who} is shown ${sight === 'stream' ? 'all' : sight === 'row' ? 'the row alone' : 'nothing'} of Ana's ${type}, at every door`, async () => {
      const at = new Date(Date.now() + 60_000).toISOString();
      const found = {};
      // Doors of whoever sees it.
      for (const path of ['', '?version=1', `?at=${at}`, '/events']) {
        const { status } = await caller.request(`/aggregates/${type}/${id}${path}`);
        found[`GET ${path}`] = status === 200;
        if (status !== 200) assert.equal(status, 404);
      }
      found['the native socket'] = await caller.watch(type, id).then((watcher) => (watcher.terminate(), true), () => false);
      const upper = type.toUpperCase();
      found['query events'] = (await ask(`{ it: events(aggregateType: ${upper}, aggregateId: "${id}") { edges { cursor } } }`)) !== null;
      const command = commands[type];
      found.commandResult = (await ask(`{ it: commandResult(id: "${command}") { __typename } }`)) !== null;
      found['commandResult of the instance'] =
        (await ask(`{ it: commandResult(id: "${command}", aggregateType: ${upper}, aggregateId: "${id}") { __typename } }`)) !== null;
      const caused = await caller.request(`/correlations/${command}`);
      found.correlations = caused.status === 200 && caused.body.entries.some(({ aggregateId }) => aggregateId === id);
      const talker = await (await core.talk()).init(text);
      const stream = talker.subscribe(`subscription { it: events(aggregateType: ${upper}, aggregateId: "${id}") { id } }`);
      await talker.seen('answer', () => talker.of(stream).length > 0);
      found['subscription events'] = talker.of(stream)[0].type === 'next';
      for (const [door, isOpen] of Object.entries(found)) assert.equal(isOpen, sight === 'stream', door);

      // Doors of whoever may list it.
      const rows = {};
      for (const which of ['', ', atVersion: 1', `, at: "${at}"`]) {
        const row = await ask(`{ it: ${type}(id: "${id}"${which}) { id version } }`);
        rows[`query ${type}${which}`] = row !== null;
        if (row) assert.equal(row.id, id);
      }
      const listed = await ask(`{ it: ${type}s(first: 100) { edges { node { id } } } }`);
      rows[`query ${type}s`] = listed.edges.some(({ node }) => node.id === id);
      const fields = `cursor event { id type data actor actorRole aggregateId commandId } ${type} { id version }`;
      const one = talker.subscribe(`subscription { it: ${type}(id: "${id}", after: "0") { ${fields} } }`);
      await talker.seen('answer', () => talker.of(one).length > 0);
      rows[`subscription ${type}`] = talker.of(one)[0].type === 'next';
      const all = talker.subscribe(`subscription { it: ${type}s(after: "0") { ${fields} } }`);
      const ofIt = () => talker.results(all).filter(({ data }) => data?.it[type]?.id === id);
      if (sight === 'nothing') await talker.ping();
      else await talker.seen('row', () => ofIt().length > 0);
      rows[`subscription ${type}s`] = ofIt().length > 0;
      for (const [door, isOpen] of Object.entries(rows)) assert.equal(isOpen, sight !== 'nothing', door);

      const events = [...talker.results(one), ...ofIt()].map(({ data }) => data.it.event);
      assert.equal(events.length > 0, sight !== 'nothing');
      for (const event of events) assert.equal(event !== null, sight === 'stream', JSON.stringify(event));
      heard.push({ who, type, sight, talker });
    });
  }
}

test('nobody was told more meanwhile: of what only a row is shown, no event, no data, no actor', async () => {
  assert.equal(heard.length, types.length * everybody.length);
  for (const { who, type, sight, talker } of heard) {
    await talker.ping();
    const frames = JSON.stringify(talker.frames.filter(({ type }) => type === 'next'));
    if (sight === 'nothing') assert.ok(!frames.includes(ids[type][0]), `${who} hears of the ${type}`);
    if (sight === 'row') {
      for (const secret of [...ids.reservation, 'sam', 'hotelId', commands[type]]) {
        assert.ok(!frames.includes(secret), `${who} hears ${secret} of the ${type}`);
      }
    }
    await talker.close();
  }
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
