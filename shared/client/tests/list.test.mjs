// A list, live: no gap between the list and its updates, and rows that leave.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphql, newId, Refused } from '@edgefold/client';
import { listOf } from '../dist/src/live.js';
import { collected, Create, hotel, input, Listed, ListedLive, until } from './documents.mjs';

const ids = ({ rows }) => rows.map(({ id, status, tentative }) => `${id} ${status}${tentative ? ' ?' : ''}`);
const three = () => {
  const fake = hotel();
  for (const id of ['a', 'b', 'c']) fake.put('reservation', { id, status: 'PENDING' });
  return fake;
};

test('the list, then what happens to it', async () => {
  const fake = three();
  const live = fake.core.list(Listed, {}).live(ListedLive);
  const { seen } = collected(live);
  await until('it is live', () => live.state === 'live');
  fake.confirm('b');
  fake.put('reservation', { id: 'd', status: 'PENDING' });
  await until('it has both', () => live.current.rows.length === 4);
  assert.deepEqual(ids(live.current), ['d PENDING', 'c PENDING', 'b CONFIRMED', 'a PENDING']);
  assert.deepEqual(seen.map(({ caughtUp }) => caughtUp), [false, true, true, true]);
  live.close();
});

test('what happens between the list and its updates is not lost', async () => {
  const fake = three();
  const list = fake.core.list(Listed, {});
  const initial = await list.page();
  fake.confirm('a');
  const live = list.live(ListedLive, { initial });
  assert.deepEqual(ids(live.current), ['c PENDING', 'b PENDING', 'a PENDING'], 'the page that was rendered is shown at once');
  collected(live);
  await until('it has caught up', () => live.current.caughtUp);
  assert.deepEqual(ids(live.current), ['c PENDING', 'b PENDING', 'a CONFIRMED']);
  live.close();
});

test('a row that the filter holds no more leaves', async () => {
  const fake = three();
  const live = fake.core.list(Listed, { filter: { status: 'PENDING' } }).live(ListedLive);
  collected(live);
  await until('it is live', () => live.state === 'live');
  fake.confirm('b');
  await until('it has left', () => live.current.rows.length === 2);
  assert.deepEqual(ids(live.current), ['c PENDING', 'a PENDING']);
  live.close();
});

test('a cut loses nothing, and half of what was missed is not shown', async () => {
  const fake = three();
  const live = fake.core.list(Listed, {}).live(ListedLive);
  const { seen } = collected(live);
  await until('it is live', () => live.state === 'live');
  fake.down();
  await until('it is behind', () => live.state === 'behind');
  fake.confirm('a');
  fake.confirm('b');
  fake.up();
  await until('it is live again', () => live.state === 'live');
  assert.deepEqual(ids(live.current), ['c PENDING', 'b CONFIRMED', 'a CONFIRMED']);
  assert.ok(!seen.some((one) => ids(one).filter((text) => /CONFIRMED/.test(text)).length === 1));
  live.close();
});

test('an older row than the one shown does not come back', async () => {
  const fake = three();
  const list = fake.core.list(Listed, {});
  const initial = await list.page();
  fake.confirm('a');
  const later = await list.page();
  later.reservations.updatesCursor = initial.reservations.updatesCursor; // its updates begin before what it shows
  later.reservations.nodes.find(({ id }) => id === 'a').version = 9;
  later.reservations.nodes.find(({ id }) => id === 'a').status = 'CANCELLED';
  const live = list.live(ListedLive, { initial: later });
  collected(live);
  await until('it has caught up', () => live.current.caughtUp);
  assert.ok(ids(live.current).includes('a CANCELLED'));
  live.close();
});

test('a row that was sent is shown at once, marked, and replaced by that of the core', async () => {
  const fake = three();
  const live = fake.core.list(Listed, {}).live(ListedLive);
  const { seen } = collected(live);
  await until('it is live', () => live.state === 'live');
  fake.hold();
  const id = newId();
  const sent = fake.core.send(Create, { id, input });
  live.expect({ id, version: 0, status: 'PENDING' }, sent);
  assert.equal(ids(live.current)[0], `${id} PENDING ?`);
  await until('the core has shown it', () => ids(live.current)[0] === `${id} PENDING`);
  fake.release();
  await sent;
  assert.equal(new Set(live.current.rows.map((row) => row.id)).size, 4);
  assert.ok(seen.length >= 3);
  live.close();
});

test('a row whose command is refused goes again', async () => {
  const fake = three();
  const live = fake.core.list(Listed, {}).live(ListedLive);
  collected(live);
  await until('it is live', () => live.state === 'live');
  fake.refuse({ code: 'DATES_REVERSED', field: 'payload.dateEnd' });
  const id = newId();
  const sent = fake.core.send(Create, { id, input });
  live.expect({ id, version: 0, status: 'PENDING' }, sent);
  assert.equal(live.current.rows.length, 4);
  await assert.rejects(sent, (error) => error instanceof Refused && error.field === 'dateEnd');
  await until('it is gone', () => live.current.rows.length === 3);
  live.close();
});

test('the state in the answer is what the core has shown', async () => {
  const fake = three();
  const live = fake.core.list(Listed, {}).live(ListedLive);
  collected(live);
  await until('it is live', () => live.state === 'live');
  const id = newId();
  live.expect({ id, version: 0, status: 'PENDING' }, Promise.resolve({ answer: { reservation: { id, version: 1, status: 'CONFIRMED' } } }));
  await until('the answer counts', () => ids(live.current)[0] === `${id} CONFIRMED`);
  live.close();
});

test('an order of your own holds for new rows', async () => {
  const fake = three();
  const live = fake.core.list(Listed, {}).live(ListedLive, { order: (a, b) => (a.id < b.id ? -1 : 1) });
  collected(live);
  await until('it is live', () => live.state === 'live');
  fake.put('reservation', { id: 'bb', status: 'PENDING' });
  await until('it is there', () => live.current.rows.length === 4);
  assert.deepEqual(live.current.rows.map(({ id }) => id), ['a', 'b', 'bb', 'c']);
  live.close();
});

test('a filter that only the list knows: the list is asked for again, and waits for what has happened', async () => {
  const fake = three();
  const asked = [];
  const Free = graphql(`query ($after: String, $minVersion: [MinVersion!]) { reservations(after: $after, minVersion: $minVersion) { updatesCursor nodes { id version status } } }`);
  const core = { ...fake.core, query: (document, variables, options) => (asked.push(variables), fake.core.query(document, variables, options)) };
  const live = listOf(core, Free, {}).live(ListedLive, { again: { filter: { roomId: 'r' } } });
  const { seen } = collected(live);
  await until('it is live', () => live.state === 'live');
  assert.deepEqual([ids(live.current), asked], [['c PENDING', 'b PENDING', 'a PENDING'], [{ minVersion: [] }]]);
  fake.confirm('a');
  fake.confirm('b');
  await until('it has both', () => seen.length === 2);
  assert.deepEqual([ids(live.current), asked.length], [['c PENDING', 'b CONFIRMED', 'a CONFIRMED'], 2]);
  assert.deepEqual(asked[1].minVersion, ['a', 'b'].map((id) => ({ type: 'RESERVATION', id, version: 2 })));
  fake.down();
  await until('it is behind', () => live.state === 'behind');
  fake.confirm('c');
  fake.up();
  await until('it is live again', () => live.state === 'live' && ids(live.current)[0] === 'c CONFIRMED');
  const leave = live.subscribe(() => {});
  leave();
  const again = live.subscribe(() => {});
  fake.expire('c');
  await until('who comes later is told, too', () => ids(live.current)[0] === 'c EXPIRED');
  again();
  live.close();
});

test('a document that cannot be live is refused at once', () => {
  const { core } = hotel();
  const list = core.list(graphql('query { reservations { nodes { id } } }'), {});
  assert.throws(() => list.live(ListedLive), /has to select updatesCursor/);
  assert.throws(() => core.list(Listed, {}).live(graphql('subscription ($after: String) { reservations(after: $after) { cursor caughtUp reservation { id } } }')), /has to select left/);
});
