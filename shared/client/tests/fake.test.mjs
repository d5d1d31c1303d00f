// The fake core by itself: what it can do to a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphql } from '@edgefold/client';
import { fakeCore } from '@edgefold/client/testing';
import { collected, Create, hotel, input, until, Watched } from './documents.mjs';

test('an answer that is held comes when it is let go; what was asked was decided at once', async () => {
  const fake = hotel();
  fake.hold();
  let sent;
  void fake.core.send(Create, { id: 'a', input }).then((answer) => (sent = answer));
  await until('it is decided', () => fake.commands.length === 1);
  assert.deepEqual([sent, fake.get('reservation', 'a').status, fake.commands[0].name], [undefined, 'PENDING', 'createReservation']);
  fake.release();
  await until('it is answered', () => sent);
  assert.equal(sent.id, 'a');
});

test('whatever waits can be confirmed, declined, expired', async () => {
  const fake = hotel();
  for (const id of ['a', 'b', 'c']) await fake.core.send(Create, { id, input });
  assert.deepEqual([fake.confirm('a').status, fake.decline('b', 'NIGHTS_TAKEN').refusal, fake.expire('c').status], ['CONFIRMED', 'NIGHTS_TAKEN', 'EXPIRED']);
  assert.equal(fake.get('reservation', 'c').confirmBy, null);
  assert.throws(() => fake.confirm('nobody'), /no instance nobody/);
});

test('a page gets what it selects, and no more', async () => {
  const fake = fakeCore();
  fake.put('reservation', { id: 'a', status: 'PENDING', secret: 1 });
  assert.deepEqual(await fake.core.query(graphql('query ($id: ID!) { it: reservation(id: $id) { state: status } }'), { id: 'a' }), { it: { state: 'PENDING' } });
  assert.deepEqual(await fake.core.query(graphql('{ reservations(filter: { status: CONFIRMED }) { nodes { id } } }')), { reservations: { nodes: [] } });
  assert.deepEqual(await fake.core.query(graphql('{ reservations(filter: { status: PENDING }) { nodes { id } edges { cursor } } }')), { reservations: { nodes: [{ id: 'a' }], edges: [{ cursor: 'a' }] } });
});

test('a page gets what its fragments select, too', async () => {
  const fake = fakeCore();
  fake.put('reservation', { id: 'a', status: 'PENDING', secret: 1 });
  const State = 'fragment State on Reservation { state: status ...Key } fragment Key on Reservation { id }';
  for (const text of [`query ($id: ID!) { it: reservation(id: $id) { ...State } } ${State}`, `${State} query ($id: ID!) { it: reservation(id: $id) { ...State } }`]) {
    assert.deepEqual(await fake.core.query(graphql(text), { id: 'a' }), { it: { state: 'PENDING', id: 'a' } });
  }
});

test('lists are named as the core names them', async () => {
  const fake = fakeCore({ giftCard: {}, delivery: {}, box: {} });
  for (const [type, list] of [['giftCard', 'giftCards'], ['delivery', 'deliveries'], ['box', 'boxes']]) {
    fake.put(type, { id: type });
    assert.deepEqual(await fake.core.query(`{ ${list} { nodes { id } } }`), { [list]: { nodes: [{ id: type }] } });
  }
});

test('a rule can refuse by itself, and sees the row as it is', async () => {
  const fake = fakeCore({
    reservation: {
      createReservation: ({ input }) => ({ status: 'PENDING', ...input }),
      cancelReservation: (_, row) => (row?.status === 'CANCELLED' ? { code: 'RESERVATION_ENDED' } : { status: 'CANCELLED' }),
    },
  });
  const Cancel = graphql('mutation ($id: ID!, $commandId: ID) { cancelReservation(id: $id, commandId: $commandId) { ... on Accepted { version } ... on Rejected { code } } }');
  await fake.core.send(Create, { id: 'a', input });
  assert.equal((await fake.core.send(Cancel, { id: 'a' })).version, 2);
  await assert.rejects(fake.core.send(Cancel, { id: 'a' }), { name: 'Refused', code: 'RESERVATION_ENDED' });
  await assert.rejects(fake.core.send(graphql('mutation ($commandId: ID, $id: ID!) { closeRoom(commandId: $commandId, id: $id) { ... on Rejected { code } } }'), { id: 'r' }), /knows no command closeRoom/);
});

test('while it is down nothing comes through, and then all of it', async () => {
  const fake = hotel();
  fake.put('reservation', { id: 'a', status: 'PENDING' });
  const watch = fake.core.watch(Watched, { id: 'a' });
  collected(watch);
  fake.down();
  const asked = fake.core.query(graphql('{ reservations { nodes { id } } }'));
  setTimeout(fake.up, 50);
  assert.equal((await asked).reservations.nodes.length, 1);
  await until('it is live', () => watch.state === 'live');
  watch.close();
});
