// One instance, live: over cuts, deadlines and the ends there are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphql, newId } from '@edgefold/client';
import { Create, collected, hotel, input, soon, until, Waited, Watched } from './documents.mjs';

const statuses = (seen) => seen.map(({ row }) => row.status);

test('PENDING at once, then what it becomes; `until` ends it', async () => {
  const fake = hotel();
  const { id } = await fake.core.send(Create, { input });
  const watch = fake.core.watch(Watched, { id }, { until: ({ row }) => row.status !== 'PENDING' });
  const { seen, over } = collected(watch);
  await until('it is there', () => seen.length === 1);
  assert.equal(watch.state, 'live');
  fake.confirm(id);
  await over;
  assert.deepEqual(statuses(seen), ['PENDING', 'CONFIRMED']);
  assert.deepEqual(seen.map(({ event, cursor, caughtUp, tentative, late }) => [event.type, cursor, caughtUp, tentative, late]), [['CreateReservation', '1', true, false, false], ['ReservationConfirmed', '2', true, false, false]]);
  assert.deepEqual([watch.state, watch.error, watch.current.row.status], ['ended', undefined, 'CONFIRMED']);
});

test('a cut loses nothing and repeats nothing', async () => {
  const fake = hotel();
  const { id } = await fake.core.send(Create, { input });
  const watch = fake.core.watch(Watched, { id });
  const { seen, over } = collected(watch);
  await until('it is there', () => seen.length === 1);
  fake.down();
  await until('it is behind', () => watch.state === 'behind');
  fake.confirm(id);
  fake.put('reservation', { id, status: 'CANCELLED' }, 'ReservationCancelled');
  fake.up();
  await until('it has all', () => seen.length === 3);
  fake.cut(1012);
  fake.put('reservation', { id, roomId: 'other' }, 'ReservationMoved');
  await until('it has the last', () => seen.length === 4);
  await until('it is live', () => watch.state === 'live');
  assert.deepEqual(seen.map(({ event }) => event.version), [1, 2, 3, 4]);
  watch.close();
  await over;
});

test('what is expected is shown at once, marked, and replaced', async () => {
  const fake = hotel();
  const id = newId();
  const watch = fake.core.watch(Waited, { id }, { initial: { id, status: 'PENDING' } });
  const { seen } = collected(watch);
  await until('the expected row is shown', () => seen.length === 1);
  assert.deepEqual([seen[0].tentative, watch.state], [true, 'connecting']);
  fake.hold();
  const sent = fake.core.send(Create, { id, input });
  await until('the core has shown it', () => seen.length === 2); // before the answer is there
  assert.deepEqual([seen[1].tentative, seen[1].row.status], [false, 'PENDING']);
  fake.release();
  assert.equal((await sent).id, id);
  watch.close();
});

test('a page that knows the cursor goes on from what the server has rendered', async () => {
  const fake = hotel();
  const { id } = await fake.core.send(Create, { input });
  const row = { id, status: 'PENDING', version: 1 };
  const watch = fake.core.watch(Watched, { id }, { initial: row, after: '1' });
  const { seen } = collected(watch);
  await until('it has caught up', () => watch.current?.caughtUp);
  assert.deepEqual([seen.length, seen[0].tentative, seen[1].row, seen[1].event], [2, false, row, null]);
  fake.confirm(id);
  await until('it hears of it', () => seen.length === 3);
  assert.equal(seen[2].row.status, 'CONFIRMED');
  watch.close();
});

test('a deadline that passes is an update', async () => {
  const fake = hotel(1_500);
  const { id } = await fake.core.send(Create, { input });
  const { seen, over } = collected(fake.core.watch(Watched, { id }, { until: ({ row }) => row.status !== 'PENDING' }));
  await until('it is late', () => seen.length === 2);
  assert.deepEqual(seen.map(({ late, row, event }) => [late, row.status, event?.type]), [[false, 'PENDING', 'CreateReservation'], [true, 'PENDING', undefined]]);
  fake.expire(id);
  await over;
  assert.deepEqual([seen[2].row.status, seen[2].late], ['EXPIRED', false]);
});

test('a row without a deadline has that of what was sent', async () => {
  const fake = hotel(1e9);
  fake.put('reservation', { id: 'a', status: 'PENDING' });
  const { seen } = collected(fake.core.watch(Waited, { id: 'a' }, { confirmBy: soon(1_000), until: ({ late }) => late }));
  await until('it is late', () => seen.at(-1)?.late);
  assert.equal(seen.length, 2);
});

test('what is not there is an error, in the loop and in the store', async () => {
  const fake = hotel();
  const watch = fake.core.watch(Watched, { id: 'nobody' });
  await assert.rejects(collected(watch).over, { name: 'CoreError', code: 'UNKNOWN_INSTANCE', final: true });
  assert.deepEqual([watch.state, watch.error.code, watch.current], ['ended', 'UNKNOWN_INSTANCE', undefined]);
});

test('who is signed out is told', async () => {
  const fake = hotel();
  fake.put('reservation', { id: 'a', status: 'PENDING' });
  const watch = fake.core.watch(Watched, { id: 'a' });
  const { over } = collected(watch);
  await until('it is live', () => watch.state === 'live');
  fake.signOut();
  await assert.rejects(over, { code: 'SIGNED_OUT', final: true, status: 4401 });
  assert.equal(watch.state, 'signedOut');
});

test('the last subscriber closes it, and the next one goes on where it stood', async () => {
  const fake = hotel();
  fake.put('reservation', { id: 'a', status: 'PENDING' });
  const watch = fake.core.watch(Watched, { id: 'a' });
  let told = 0;
  const leave = watch.subscribe(() => told++);
  await until('it is live', () => watch.state === 'live');
  leave();
  assert.equal(watch.state, 'behind');
  const before = told;
  fake.confirm('a');
  const events = [];
  const off = watch.subscribe(() => watch.current.event && events.push(watch.current.event.version));
  await until('it is live again', () => watch.state === 'live');
  assert.deepEqual([told, watch.current.row.status, events.includes(2)], [before, 'CONFIRMED', true]);
  off();
});

test('a loop that is left closes the watch', async () => {
  const fake = hotel();
  fake.put('reservation', { id: 'a', status: 'PENDING' });
  const watch = fake.core.watch(Watched, { id: 'a' });
  for await (const { row } of watch) {
    assert.equal(row.status, 'PENDING');
    break;
  }
  assert.equal(watch.state, 'behind');
});

test('a document that cannot be resumed is refused at once', () => {
  const { core } = hotel();
  assert.throws(() => core.watch(graphql('subscription ($id: ID!) { reservation(id: $id) { cursor caughtUp } }'), { id: 'a' }), /has to take \$after/);
  assert.throws(() => core.watch(graphql('subscription ($id: ID!, $after: String) { reservation(id: $id, after: $after) { reservation { id } } }'), { id: 'a' }), /has to select cursor/);
});

test('all watches share one socket', async () => {
  const fake = hotel();
  for (const id of ['a', 'b', 'c']) fake.put('reservation', { id, status: 'PENDING' });
  const watches = ['a', 'b', 'c'].map((id) => fake.core.watch(Watched, { id }));
  watches.forEach(collected);
  await until('all are live', () => watches.every(({ state }) => state === 'live'));
  assert.equal(fake.sockets, 1);
  watches.forEach((watch) => watch.close());
  await until('the socket is closed', () => fake.sockets === 0);
});
