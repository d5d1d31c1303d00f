// Lists as a front end asks for them: every filter and every order of every read model, over pages, held against the rows.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import { serve, until } from '../../../tests/acceptance/harness.mjs';
import { room101, year } from '../../reservation/tests/hotel.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';

const core = await serve('core');
const schema = buildSchema(readFileSync(new URL('../../../schema/graphql/schema.graphql', import.meta.url), 'utf8'));

const by = (key, down) => (a, b) => {
  const [x, y] = [[a[key], a.id], [b[key], b.id]];
  const sign = x[0] === y[0] ? (x[1] < y[1] ? -1 : 1) : x[0] < y[0] ? -1 : 1;
  return down ? -sign : sign;
};
const newest = (key) => ({ NEWEST: by(key, true), OLDEST: by(key) });

// What is shown of each, how each order orders, and for each filter some values and what they mean.
const lists = {
  rooms: {
    fields: 'id hotelId number capacity nightlyRate status',
    orders: { NUMBER: by('number'), CHEAPEST: by('nightlyRate'), DEAREST: by('nightlyRate', true) },
    filters: {
      hotelId: [['h0', 'h1'], (row, value) => row.hotelId === value],
      status: [['OPEN', 'CLOSED'], (row, value) => row.status === value],
      guests: [[1, 3, 99], (row, value) => row.capacity >= value],
    },
    elsewhere: ['freeFrom', 'freeUntil'], // in workers/room/tests/nights.test.mjs
  },
  reservations: {
    fields: 'id userId roomId status dateStart createdAt',
    orders: { ...newest('createdAt'), ARRIVAL: by('dateStart') },
    filters: {
      userId: [['ana', 'ben', 'nobody'], (row, value) => row.userId === value],
      roomId: [['room-0', 'room-1'], (row, value) => row.roomId === value],
      status: [['CONFIRMED', 'CANCELLED', 'PENDING'], (row, value) => row.status === value],
      arrivingFrom: [[`${year}-01-05`], (row, value) => row.dateStart >= value],
      arrivingUntil: [[`${year}-01-05`], (row, value) => row.dateStart <= value],
    },
  },
  devices: {
    fields: 'id ownerId model status decommissioned createdAt',
    orders: { ...newest('createdAt'), MODEL: by('model') },
    filters: {
      ownerId: [['ana', 'ben'], (row, value) => row.ownerId === value],
      model: [['m0'], (row, value) => row.model === value],
      status: [['OK', 'FAULT'], (row, value) => row.status === value],
      decommissioned: [[true, false], (row, value) => row.decommissioned === value],
    },
  },
  accounts: {
    fields: 'id ownerId currency balance createdAt',
    orders: newest('createdAt'),
    filters: {
      ownerId: [['ana', 'ben'], (row, value) => row.ownerId === value],
      currency: [['EUR', 'CHF'], (row, value) => row.currency === value],
      overdrawn: [[true, false], (row, value) => row.balance < 0 === value],
    },
  },
  orders: {
    fields: 'id customerId accountId status total createdAt',
    orders: { ...newest('createdAt'), HIGHEST_TOTAL: by('total', true), LOWEST_TOTAL: by('total') },
    filters: {
      customerId: [['ana', 'ben'], (row, value) => row.customerId === value],
      accountId: [['account-0', 'account-1'], (row, value) => row.accountId === value],
      status: [['ACCEPTED', 'CANCELLED'], (row, value) => row.status === value],
    },
  },
  rounds: {
    fields: 'id game status createdAt',
    orders: newest('createdAt'),
    filters: {
      game: [['chess', 'go'], (row, value) => row.game === value],
      status: [['OPEN', 'FINISHED'], (row, value) => row.status === value],
    },
  },
  catalogues: {
    fields: 'id currency createdAt',
    orders: { NEWEST: newest('createdAt').NEWEST },
    filters: { currency: [['EUR', 'CHF'], (row, value) => row.currency === value] },
  },
};
const types = { rooms: 'room', reservations: 'reservation', devices: 'device', accounts: 'account', orders: 'order', rounds: 'round', catalogues: 'catalogue' };
const some = [0, 1, 2, 3, 4, 5, 6];
const person = (n) => (n % 3 ? 'ana' : 'ben');
const buyer = (n) => (n < 6 ? 'ana' : 'ben');

before(async () => {
  const send = (type, n, name, payload) => core.send(type, name, payload, { aggregateId: `${type}-${n}` });
  const day = (n) => `${year}-01-${String(n + 1).padStart(2, '0')}`;
  for (const n of some) {
    await send('room', n, 'AddRoom', { ...room101, hotelId: `h${n % 2}`, number: `${10 - (n % 4)}`, capacity: 1 + (n % 4), nightlyRate: 100 * (n % 3) });
    if (n === 5) await send('room', n, 'CloseRoom', {});
    await send('device', n, 'RegisterDevice', { model: `m${n % 2}`, ownerId: person(n) });
    if (n < 5) await send('device', n, 'UpdateDeviceStatus', { status: n % 2 ? 'OK' : 'FAULT', reading: n, observedAt: `2026-01-0${n + 1}T00:00:00Z` });
    if (n === 3) await send('device', n, 'DecommissionDevice', {});
    await send('account', n, 'OpenAccount', { ownerId: buyer(n), currency: n % 2 ? 'EUR' : 'CHF', overdraftLimit: 10_000 });
    await send('account', n, n % 3 ? 'Deposit' : 'Withdraw', { amount: 5_000 });
    await send('round', n, 'StartGameRound', { game: n % 2 ? 'chess' : 'go', maxPlayers: 2 });
    if (n < 2) await send('round', n, 'FinishRound', {});
    await send('catalogue', n, 'OpenCatalogue', { currency: n % 2 ? 'EUR' : 'CHF' });
  }
  for (const n of some) {
    const payload = { userId: person(n), roomId: `room-${n % 2}`, dateStart: day(2 * (n % 5)), dateEnd: day(2 * (n % 5) + 1) };
    await send('reservation', n, 'CreateReservation', payload);
    await send('order', n, 'PlaceOrder', { customerId: buyer(n), accountId: `account-${n < 6 ? n % 2 : n}`, lines: [{ sku: 'tea', quantity: 1, unitPrice: 100 * (1 + (n % 3)) }] });
  }
  const isOver = (type, ...open) => async () => {
    const states = await Promise.all(some.map((n) => core.state(type, `${type}-${n}`)));
    return states.every(({ state }) => !open.includes(state.status));
  };
  await until('every reservation was answered', isOver('reservation', 'PENDING'));
  await until('every order was answered', isOver('order', 'PLACED'));
  await send('reservation', 1, 'CancelReservation', {});
  await send('order', 1, 'CancelOrder', {});
  for (const [list, type] of Object.entries(types)) {
    await until(`all of ${list} is projected`, async () => {
      const rows = await core.sql(`SELECT id, version FROM "${type}"`);
      const heads = await Promise.all(some.map((n) => core.state(type, `${type}-${n}`)));
      return heads.every(({ aggregateId, version }) => rows.some((row) => row.id === aggregateId && row.version === version));
    });
  }
});

/** Every row of a list, page by page. */
async function all(list, variables = {}, { at = core, first = 3 } = {}) {
  const type = schema.getQueryType().getFields()[list].args.find(({ name }) => name === 'orderBy').type.toString();
  const filter = type.replace('OrderBy!', 'Filter');
  const query = `query ($filter: ${filter}, $orderBy: ${type.replace('!', '')}! = ${Object.keys(lists[list].orders)[0]}, $first: Int, $after: String) {
    it: ${list}(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      edges { cursor } nodes { ${lists[list].fields} } pageInfo { hasNextPage endCursor } } }`;
  const rows = [];
  for (let after = null; ; ) {
    const { body } = await at.post('/graphql', { query, variables: { ...variables, first, after } });
    assert.equal(body.errors, undefined, JSON.stringify(body.errors));
    const { edges, nodes, pageInfo } = body.data.it;
    assert.equal(pageInfo.endCursor, edges.at(-1)?.cursor ?? null);
    rows.push(...nodes);
    if (!pageInfo.hasNextPage) return rows;
    assert.equal(nodes.length, first);
    after = pageInfo.endCursor;
  }
}

for (const [list, { orders, filters, elsewhere = [] }] of Object.entries(lists)) {
  test(`${list}: these tests know every order and every filter`, () => {
    const { args } = schema.getQueryType().getFields()[list];
    const type = (name) => schema.getType(args.find((arg) => arg.name === name).type.toString().replace('!', ''));
    assert.deepEqual(type('orderBy').getValues().map(({ name }) => name), Object.keys(orders));
    assert.deepEqual(Object.keys(type('filter').getFields()), [...Object.keys(filters), ...elsewhere]);
  });

  for (const [order, compare] of Object.entries(orders)) {
    test(`${list}, ${order}: whole, in order and without doubles over its pages`, async () => {
      const rows = await all(list, { orderBy: order });
      assert.deepEqual(rows.map(({ id }) => id).sort(), some.map((n) => `${types[list]}-${n}`));
      assert.deepEqual(rows, [...rows].sort(compare));
      assert.deepEqual(await all(list, { orderBy: order }, { first: 1 }), rows);
    });
  }

  for (const [name, [values, fits]] of Object.entries(filters)) {
    test(`${list}, ${name}: those that it holds of, under every order`, async () => {
      const every = await all(list);
      for (const value of values) {
        for (const [order, compare] of Object.entries(orders)) {
          const expected = every.filter((row) => fits(row, value)).sort(compare);
          assert.deepEqual(await all(list, { filter: { [name]: value }, orderBy: order }), expected, `${value} ${order}`);
        }
      }
      assert.ok(values.some((value) => every.some((row) => fits(row, value)) && !every.every((row) => fits(row, value))), 'it picks some');
    });
  }
}

test('several filters hold together', async () => {
  const rows = await all('reservations', { filter: { userId: 'ana', roomId: 'room-0', status: 'CONFIRMED' } });
  assert.ok(rows.length);
  for (const row of rows) assert.deepEqual([row.userId, row.roomId, row.status], ['ana', 'room-0', 'CONFIRMED']);
});

test('a guest lists its own under every order, whatever the filter says', async () => {
  const ben = core.as(token('guest', 'ben'));
  const everybody = await all('reservations');
  for (const orderBy of Object.keys(lists.reservations.orders)) {
    const rows = await all('reservations', { orderBy }, { at: ben });
    assert.deepEqual(rows.map(({ id }) => id).sort(), everybody.filter(({ userId }) => userId === 'ben').map(({ id }) => id).sort());
  }
  assert.deepEqual(await all('reservations', { filter: { userId: 'ana' } }, { at: ben }), []);
});

test('a cursor is good for its own order, and stays good while rows come and change', async () => {
  const query = `query ($orderBy: RoomOrderBy!, $first: Int, $after: String) {
    rooms(orderBy: $orderBy, first: $first, after: $after) { nodes { id number } pageInfo { endCursor } } }`;
  const page = async (orderBy, first, after) => (await core.graphql(query, { orderBy, first, after }));
  const before = (await page('NUMBER', 3)).data.rooms;
  const rest = (await page('NUMBER', 100, before.pageInfo.endCursor)).data.rooms.nodes.map(({ id }) => id);
  await core.send('room', 'AddRoom', { ...room101, number: '0' }, { aggregateId: 'room-first' });
  await core.send('room', 'AddRoom', { ...room101, number: '999' }, { aggregateId: 'room-last' });
  await core.send('room', 'CloseRoom', {}, { aggregateId: rest[0] });
  await until('they are projected', async () => (await core.sql("SELECT 1 FROM room WHERE id IN ('room-first', 'room-last')")).length === 2);
  const later = (await page('NUMBER', 100, before.pageInfo.endCursor)).data.rooms.nodes.map(({ id }) => id);
  assert.deepEqual(later, [...rest, 'room-last']);
  for (const orderBy of ['CHEAPEST', 'DEAREST']) {
    const { errors } = await page(orderBy, 3, before.pageInfo.endCursor);
    assert.equal(errors[0].extensions.code, 'INVALID_CURSOR');
  }
});

test('a cursor that somebody made up, and a day that is none, are refused', async () => {
  const made = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const after of ['', 'x', made(['NUMBER', null, 'a']), made(['NUMBER', ['a'], 'a']), made(['NUMBER', 'a'])]) {
    const { errors } = await core.graphql('query ($after: String) { rooms(after: $after) { nodes { id } } }', { after });
    assert.equal(errors[0].extensions.code, 'INVALID_CURSOR', after);
  }
  const { errors } = await core.graphql('{ reservations(filter: { arrivingFrom: "2030-02-30" }) { nodes { id } } }');
  assert.equal(errors[0].extensions.code, 'INVALID_FIELD');
});
