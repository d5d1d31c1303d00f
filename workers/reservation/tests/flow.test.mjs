import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder } from '../../../tests/acceptance/events.mjs';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { addRoom, cancel, holds, nights, projected, reserve, roomProjected, settled, year } from './hotel.mjs';
import { journal, journalled } from '../../../tests/acceptance/journal.mjs';

const core = await serve('core');

const types = (events) => events.map(({ type }) => type);
const overlap = (a, b) => a.dateStart < b.dateEnd && b.dateStart < a.dateEnd;

test('a reservation is PENDING at once and CONFIRMED when the room holds the nights', async () => {
  const room = await addRoom(core);
  const id = fresh('reservation');
  const payload = nights(room, `${year}-01-10`, `${year}-01-12`);
  const { confirmWithinMs, events } = await core.send('reservation', 'CreateReservation', payload, { aggregateId: id });
  assert.deepEqual(types(events), ['ReservationCreated']);
  assert.ok(confirmWithinMs > 0 && confirmWithinMs <= 60_000, `${confirmWithinMs} ms`);
  assert.equal((await settled(core, id)).status, 'CONFIRMED');
  assert.deepEqual(types(await core.events('reservation', id)), ['ReservationCreated', 'ReservationConfirmed']);
  assert.deepEqual(await holds(core, room, [id]), [
    { reservationId: id, userId: 'ana', dateStart: `${year}-01-10`, dateEnd: `${year}-01-12` },
  ]);
});

test('overlapping nights are DECLINED with the refusal', async () => {
  const room = await addRoom(core);
  await settled(core, await reserve(core, room, `${year}-02-10`, `${year}-02-15`));
  for (const [from, to] of [
    [`${year}-02-14`, `${year}-02-16`],
    [`${year}-02-08`, `${year}-02-11`],
    [`${year}-02-11`, `${year}-02-12`],
    [`${year}-02-01`, `${year}-02-28`],
    [`${year}-02-10`, `${year}-02-15`],
  ]) {
    const { status, refusal } = await settled(core, await reserve(core, room, from, to));
    assert.deepEqual([status, refusal], ['DECLINED', 'NIGHTS_TAKEN'], `${from} to ${to}`);
  }
});

test('the day of departure is free for the next guest: ranges are half-open', async () => {
  const room = await addRoom(core);
  const stays = [];
  for (const [from, to] of [
    [`${year}-03-10`, `${year}-03-12`],
    [`${year}-03-12`, `${year}-03-15`],
    [`${year}-03-09`, `${year}-03-10`],
  ]) {
    stays.push(await reserve(core, room, from, to));
  }
  for (const id of stays) assert.equal((await settled(core, id)).status, 'CONFIRMED');
  await holds(core, room, stays);
});

test('a room that is unknown or closed is refused at once, and nothing is stored', async () => {
  const closed = await addRoom(core);
  await core.send('room', 'CloseRoom', {}, { aggregateId: closed });
  for (const [room, code] of [
    [fresh('nowhere'), 'ROOM_UNKNOWN'],
    [closed, 'ROOM_CLOSED'],
  ]) {
    const aggregateId = fresh('reservation');
    const payload = nights(room, `${year}-04-01`, `${year}-04-02`);
    const { status, body } = await core.command('reservation', 'CreateReservation', payload, { aggregateId });
    assert.deepEqual([status, body.code, body.rule], [422, code, code]);
    assert.equal(await core.state('reservation', aggregateId), undefined);
  }
});

test('a room that closes between two reservations is refused to the second: the copy is up to date', async () => {
  const room = await addRoom(core);
  const first = await reserve(core, room, `${year}-04-10`, `${year}-04-12`);
  assert.equal((await settled(core, first)).status, 'CONFIRMED');
  await core.send('room', 'CloseRoom', {}, { aggregateId: room });
  const { body } = await core.command('reservation', 'CreateReservation', nights(room, `${year}-04-20`, `${year}-04-21`));
  assert.equal(body.code, 'ROOM_CLOSED');
  await holds(core, room, [first]);
});

test('cancelling gives the nights back, and another guest gets them', async () => {
  const room = await addRoom(core);
  const first = await reserve(core, room, `${year}-05-01`, `${year}-05-05`);
  await settled(core, first);
  await cancel(core, first, { reason: 'rain' });
  const { status, reason } = (await core.state('reservation', first)).state;
  assert.deepEqual([status, reason], ['CANCELLED', 'rain']);
  await holds(core, room, []);
  const second = await reserve(core, room, `${year}-05-02`, `${year}-05-04`);
  assert.equal((await settled(core, second)).status, 'CONFIRMED');
  await holds(core, room, [second]);
});

test('cancelling before the room has answered leaves no nights held', async () => {
  const room = await addRoom(core);
  const id = await reserve(core, room, `${year}-05-10`, `${year}-05-12`);
  await cancel(core, id);
  await journalled(core, 'reservation', id);
  // What the room was asked, hold and release, is in its stream before a later reservation of the same nights is confirmed.
  const next = await until('another guest gets the nights', async () => {
    const other = await reserve(core, room, `${year}-05-10`, `${year}-05-12`);
    return (await settled(core, other)).status === 'CONFIRMED' && other;
  });
  await holds(core, room, [next]);
  assert.equal((await core.state('reservation', id)).state.status, 'CANCELLED');
});

test('cancelling twice changes nothing the second time; a declined reservation cannot be cancelled', async () => {
  const room = await addRoom(core);
  const first = await reserve(core, room, `${year}-05-20`, `${year}-05-25`);
  await settled(core, first);
  const declined = await reserve(core, room, `${year}-05-21`, `${year}-05-22`);
  await settled(core, declined);
  const { status, body } = await core.command('reservation', 'CancelReservation', {}, { aggregateId: declined });
  assert.deepEqual([status, body.rule], [422, 'RESERVATION_ENDED']);
  await cancel(core, first);
  const again = await cancel(core, first);
  assert.deepEqual(again.events, []);
});

test('of 40 reservations that race for one room, no two that overlap are CONFIRMED and none stays PENDING', async () => {
  const room = await addRoom(core);
  const day = (n) => `${year}-07-${String(n).padStart(2, '0')}`;
  const ids = await Promise.all(
    Array.from({ length: 40 }, (_, n) => {
      const start = 1 + ((n * 7) % 25);
      return reserve(core, room, day(start), day(start + 1 + (n % 5)));
    }),
  );
  const states = await Promise.all(ids.map((id) => settled(core, id, { within: 45_000 })));
  const confirmed = ids.filter((_, index) => states[index].status === 'CONFIRMED');
  const taken = states.filter(({ status }) => status === 'CONFIRMED');
  assert.ok(taken.length > 0, 'somebody gets a room');
  for (const state of states) {
    if (state.status === 'CONFIRMED') continue;
    assert.deepEqual([state.status, state.refusal], ['DECLINED', 'NIGHTS_TAKEN']);
    assert.ok(taken.some((other) => overlap(state, other)), 'nobody is declined without need');
  }
  for (const [index, one] of taken.entries()) {
    assert.ok(!taken.slice(index + 1).some((other) => overlap(one, other)), 'no two overlap');
  }
  await holds(core, room, confirmed);
  await journalled(core, 'room', room);
  await roomProjected(core, room);
  for (const id of ids) {
    await journalled(core, 'reservation', id);
    await projected(core, id);
  }
});

test('the journal has every event of every stream once, in the order of its stream', async () => {
  const streams = () => [...Map.groupBy(journal(core), ({ type, id }) => `${type} ${id}`).values()];
  await until('the journal is as long as the streams', async () => {
    const heads = await Promise.all(streams().map(async (all) => [all.length, (await core.state(all[0].type, all[0].id)).version]));
    return heads.every(([journalled, head]) => journalled === head);
  });
  assert.ok(streams().length > 40);
  for (const all of streams()) {
    const events = all.map(({ event }) => event);
    checkOrder(events);
    assert.deepEqual(events, await core.events(all[0].type, all[0].id));
  }
  for (const type of ['room', 'reservation']) {
    const positions = journal(core, type).map(({ position }) => position);
    assert.deepEqual(positions, positions.map((_, index) => index + 1), 'positions leave nothing out');
  }
});
