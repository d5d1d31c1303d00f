// Lists as a front end asks for them: every filter and every order of every read model, over pages, held against the rows.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { serve, until } from './harness.mjs';
import { resource101 } from './claims.mjs';
import { token } from './tokens.mjs';

const core = await serve('probe', { ENVIRONMENT: 'development' }); // which shows its schema
const schema = buildClientSchema(await core.ask(getIntrospectionQuery()));

const by = (key, down) => (a, b) => {
  const [x, y] = [[a[key], a.id], [b[key], b.id]];
  const sign = x[0] === y[0] ? (x[1] < y[1] ? -1 : 1) : x[0] < y[0] ? -1 : 1;
  return down ? -sign : sign;
};
const newest = (key) => ({ NEWEST: by(key, true), OLDEST: by(key) });

// What is shown of each, how each order orders, and for each filter some values and what they mean.
const lists = {
  resources: {
    fields: 'id groupId number capacity rate status',
    orders: { NUMBER: by('number'), CHEAPEST: by('rate'), DEAREST: by('rate', true) },
    filters: {
      groupId: [['h0', 'h1'], (row, value) => row.groupId === value],
      status: [['OPEN', 'CLOSED'], (row, value) => row.status === value],
      fits: [[1, 3, 99], (row, value) => row.capacity >= value],
    },
  },
  claims: {
    fields: 'id userId resourceId status dateStart createdAt',
    orders: { ...newest('createdAt'), START: by('dateStart') },
    filters: {
      userId: [['ana', 'ben', 'nobody'], (row, value) => row.userId === value],
      resourceId: [['resource-0', 'resource-1'], (row, value) => row.resourceId === value],
      status: [['CONFIRMED', 'CANCELLED', 'PENDING'], (row, value) => row.status === value],
      startingFrom: [['2030-01-05'], (row, value) => row.dateStart >= value],
      startingUntil: [['2030-01-05'], (row, value) => row.dateStart <= value],
    },
  },
  meters: {
    fields: 'id ownerId model status decommissioned createdAt',
    orders: { ...newest('createdAt'), MODEL: by('model') },
    filters: {
      ownerId: [['ana', 'ben'], (row, value) => row.ownerId === value],
      model: [['m0'], (row, value) => row.model === value],
      status: [['OK', 'FAULT'], (row, value) => row.status === value],
      decommissioned: [[true, false], (row, value) => row.decommissioned === value],
    },
  },
};
const types = { resources: 'resource', claims: 'claim', meters: 'meter' };
const some = [0, 1, 2, 3, 4, 5, 6];
const person = (n) => (n % 3 ? 'ana' : 'ben');

before(async () => {
  const send = (type, n, name, payload) => core.send(type, name, payload, { aggregateId: `${type}-${n}` });
  const day = (n) => `2030-01-${String(n + 1).padStart(2, '0')}`;
  for (const n of some) {
    await send('resource', n, 'AddResource', { ...resource101, groupId: `h${n % 2}`, number: `${10 - (n % 4)}`, capacity: 1 + (n % 4), rate: 100 * (n % 3) });
    if (n === 5) await send('resource', n, 'CloseResource', {});
    await send('meter', n, 'RegisterMeter', { model: `m${n % 2}`, ownerId: person(n) });
    if (n < 5) await send('meter', n, 'UpdateMeter', { status: n % 2 ? 'OK' : 'FAULT', reading: n, observedAt: `2026-01-0${n + 1}T00:00:00Z` });
    if (n === 3) await send('meter', n, 'DecommissionMeter', {});
  }
  for (const n of some) {
    const payload = { userId: person(n), resourceId: `resource-${n % 2}`, dateStart: day(2 * (n % 5)), dateEnd: day(2 * (n % 5) + 1) };
    await send('claim', n, 'CreateClaim', payload);
  }
  await until('every claim was answered', async () => {
    const states = await Promise.all(some.map((n) => core.state('claim', `claim-${n}`)));
    return states.every(({ state }) => state.status !== 'PENDING');
  });
  await send('claim', 1, 'CancelClaim', {});
  for (const [list, type] of Object.entries(types)) {
    await until(`all of ${list} is projected`, async () => {
      const rows = await core.sql(`SELECT id, version FROM ${type}`);
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

for (const [list, { orders, filters }] of Object.entries(lists)) {
  test(`${list}: these tests know every order and every filter`, () => {
    const { args } = schema.getQueryType().getFields()[list];
    const type = (name) => schema.getType(args.find((arg) => arg.name === name).type.toString().replace('!', ''));
    assert.deepEqual(type('orderBy').getValues().map(({ name }) => name), Object.keys(orders));
    assert.deepEqual(Object.keys(type('filter').getFields()), Object.keys(filters));
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
  const rows = await all('claims', { filter: { userId: 'ana', resourceId: 'resource-0', status: 'CONFIRMED' } });
  assert.ok(rows.length);
  for (const row of rows) assert.deepEqual([row.userId, row.resourceId, row.status], ['ana', 'resource-0', 'CONFIRMED']);
});

test('an owner lists its own under every order, whatever the filter says', async () => {
  const ben = core.as(token('owner', 'ben'));
  const everybody = await all('claims');
  for (const orderBy of Object.keys(lists.claims.orders)) {
    const rows = await all('claims', { orderBy }, { at: ben });
    assert.deepEqual(rows.map(({ id }) => id).sort(), everybody.filter(({ userId }) => userId === 'ben').map(({ id }) => id).sort());
  }
  assert.deepEqual(await all('claims', { filter: { userId: 'ana' } }, { at: ben }), []);
});

test('a cursor is good for its own order, and stays good while rows come and change', async () => {
  const query = `query ($orderBy: ResourceOrderBy!, $first: Int, $after: String) {
    resources(orderBy: $orderBy, first: $first, after: $after) { nodes { id number } pageInfo { endCursor } } }`;
  const page = async (orderBy, first, after) => (await core.graphql(query, { orderBy, first, after }));
  const before = (await page('NUMBER', 3)).data.resources;
  const rest = (await page('NUMBER', 100, before.pageInfo.endCursor)).data.resources.nodes.map(({ id }) => id);
  await core.send('resource', 'AddResource', { ...resource101, number: '0' }, { aggregateId: 'resource-first' });
  await core.send('resource', 'AddResource', { ...resource101, number: '999' }, { aggregateId: 'resource-last' });
  await core.send('resource', 'CloseResource', {}, { aggregateId: rest[0] });
  await until('they are projected', async () => (await core.sql("SELECT 1 FROM resource WHERE id IN ('resource-first', 'resource-last')")).length === 2);
  const later = (await page('NUMBER', 100, before.pageInfo.endCursor)).data.resources.nodes.map(({ id }) => id);
  assert.deepEqual(later, [...rest, 'resource-last']);
  for (const orderBy of ['CHEAPEST', 'DEAREST']) {
    const { errors } = await page(orderBy, 3, before.pageInfo.endCursor);
    assert.equal(errors[0].extensions.code, 'INVALID_CURSOR');
  }
});

test('a cursor that somebody made up, and a day that is none, are refused', async () => {
  const made = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const after of ['', 'x', made(['NUMBER', null, 'a']), made(['NUMBER', ['a'], 'a']), made(['NUMBER', 'a'])]) {
    const { errors } = await core.graphql('query ($after: String) { resources(after: $after) { nodes { id } } }', { after });
    assert.equal(errors[0].extensions.code, 'INVALID_CURSOR', after);
  }
  const { errors } = await core.graphql('{ claims(filter: { startingFrom: "2030-02-30" }) { nodes { id } } }');
  assert.equal(errors[0].extensions.code, 'INVALID_FIELD');
});
