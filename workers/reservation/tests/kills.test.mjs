// 300 reservations, and the whole runtime killed five times meanwhile: with each kill the queue forgets what was on its way. What a
// room has held is confirmed in time: its answer is sent again while the reservation waits for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, insist, serve, until } from '../../../tests/acceptance/harness.mjs';
import { journalled } from '../../../tests/acceptance/journal.mjs';
import { addRoom, nights, year } from './hotel.mjs';

const [rooms, reservations, kills] = [30, 300, 5];
const patient = { within: 150_000 };
const day = (n) => new Date(Date.UTC(year, 0, 1 + n)).toISOString().slice(0, 10);

test(`of ${reservations} reservations none expires that a room has held, with ${kills} kills`, async (t) => {
  const core = await serve('core'); // with the usual pauses
  const hotel = await Promise.all(Array.from({ length: rooms }, () => addRoom(core)));
  // Five claims for each room that can all be had, and five that come too late for the same nights.
  const work = Array.from({ length: reservations }, (_, n) => ({
    id: fresh('reservation'), room: hotel[n % rooms], from: 3 * (Math.floor(n / rooms) % 5),
  }));
  const queue = [...work];
  const clients = Array.from({ length: 16 }, async () => {
    for (let next; (next = queue.shift()); ) {
      const { id, room, from } = next;
      const payload = nights(room, day(from), day(from + 2));
      await insist(core, 'reservation', 'CreateReservation', payload, { aggregateId: id, commandId: `${id}-claim` });
    }
  });
  for (let kill = 1; kill <= kills; kill++) {
    // The last one comes when all have been accepted, or almost.
    const enough = (reservations / kills) * kill - 5;
    await until('some are under way', () => reservations - queue.length >= enough, patient);
    await core.killAndRestart();
  }
  await Promise.all(clients);

  const states = new Map();
  await until('every reservation has come to its end', async () => {
    for (const { id } of work) {
      if (states.has(id)) continue;
      const { state } = await core.state('reservation', id);
      if (state.status === 'PENDING') return false;
      states.set(id, state);
    }
    return true;
  }, patient);
  const ends = {};
  for (const { status, refusal } of states.values()) ends[refusal ?? status] = (ends[refusal ?? status] ?? 0) + 1;
  t.diagnostic(JSON.stringify(ends));

  const held = new Map();
  for (const room of hotel) {
    for (const { type, data } of await core.events('room', room)) {
      if (type !== 'RoomHeld') continue;
      assert.ok(!held.has(data.reservationId), `${data.reservationId} is held once`);
      held.set(data.reservationId, room);
    }
  }
  for (const { id, room } of work) {
    const { status, refusal } = states.get(id);
    assert.deepEqual([status, refusal], held.has(id) ? ['CONFIRMED', undefined] : ['DECLINED', 'NIGHTS_TAKEN'], `${id} in ${room}`);
  }
  assert.equal(held.size, reservations / 2, 'of each two one has the nights');

  for (const [type, id] of [...hotel.map((id) => ['room', id]), ...work.map(({ id }) => ['reservation', id])]) {
    const commands = (await journalled(core, type, id, patient)).map(({ commandid }) => commandid);
    assert.equal(new Set(commands).size, commands.length, `${type} ${id}: no command was carried out twice`);
  }
});
