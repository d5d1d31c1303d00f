// 200 reservations race for 10 rooms, with the whole runtime killed again and again in between; and with each kill the
// queue forgets whatever was on its way. No two holds overlap, every reservation comes to its end, nothing is held for one
// that has no room, and every destination has applied every event once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, insist, serve, until } from '../../../tests/acceptance/harness.mjs';
import { addRoom, nights, projected, roomProjected, year } from './hotel.mjs';
import { journalled } from '../../../tests/acceptance/journal.mjs';
import { rows } from '../../../tests/acceptance/storage.mjs';

const [rooms, reservations, kills] = [10, 200, 4];
const final = ['CONFIRMED', 'DECLINED', 'CANCELLED', 'EXPIRED'];
/** What is not confirmed is sent again by an alarm after 20 s, and a claim expires after a minute. */
const again = { within: 150_000 };
const day = (n) => new Date(Date.UTC(year, 0, 1 + n)).toISOString().slice(0, 10);

test(`${reservations} reservations race for ${rooms} rooms with ${kills} kills: no overlap, and nothing is left behind`, async (t) => {
  const core = await serve('core', { SEND_AGAIN_SECONDS: '20' });
  const hotel = [];
  for (let n = 0; n < rooms; n++) hotel.push(await addRoom(core));
  const work = Array.from({ length: reservations }, (_, n) => ({
    id: fresh('reservation'), room: hotel[n % rooms], from: (n * 7_919) % 61, nights: 1 + (n % 4), cancel: Math.floor(n / rooms) % 5 === 4,
  }));
  const run = async ({ id, room, from, nights: count, cancel }) => {
    await insist(core, 'reservation', 'CreateReservation', nights(room, day(from), day(from + count)), { aggregateId: id, commandId: `${id}-claim` });
    if (cancel) await insist(core, 'reservation', 'CancelReservation', {}, { aggregateId: id, commandId: `${id}-cancel` }, ['RESERVATION_ENDED']);
  };
  const queue = [...work];
  const clients = Array.from({ length: 16 }, async () => {
    for (let next; (next = queue.shift()); ) await run(next);
  });
  for (let kill = 1; kill <= kills; kill++) {
    const enough = (reservations / (kills + 1)) * kill;
    await until('some claims are under way', () => reservations - queue.length >= enough, again);
    await core.killAndRestart();
  }
  await Promise.all(clients);
  // The last ones are on their way: thrown away with the queue, and nobody sends a command any more.
  await core.killAndRestart();
  const since = Date.now();
  const passed = () => `${((Date.now() - since) / 1000).toFixed(1)} s after the last kill`;

  const states = new Map();
  await until('every reservation has come to its end', async () => {
    for (const { id } of work) {
      if (states.has(id)) continue;
      const { state } = await core.state('reservation', id);
      if (!final.includes(state.status)) return false;
      states.set(id, state);
    }
    return true;
  }, again);
  for (const room of hotel) {
    const claims = work.filter((claim) => claim.room === room);
    const confirmed = claims.filter(({ id }) => states.get(id).status === 'CONFIRMED').map(({ id }) => id).sort();
    const held = await until(`${room} holds nights for what is confirmed, and for nothing else`, async () => {
      const { state } = await core.state('room', room);
      return JSON.stringify(state.holds.map(({ reservationId }) => reservationId).sort()) === JSON.stringify(confirmed) && state.holds;
    }, again);
    const byDate = held.sort((one, other) => one.dateStart.localeCompare(other.dateStart));
    byDate.slice(1).forEach((hold, n) => assert.ok(byDate[n].dateEnd <= hold.dateStart, `${room}: ${JSON.stringify([byDate[n], hold])}`));
  }
  const ends = {};
  for (const { status } of states.values()) ends[status] = (ends[status] ?? 0) + 1;
  assert.ok(ends.CONFIRMED >= rooms && ends.DECLINED > 0 && ends.CANCELLED > 0, JSON.stringify(ends));
  t.diagnostic(`${JSON.stringify(ends)}: ${passed()}`);

  // Everything has reached its destinations: journal and read models say so, …
  const objects = [...hotel.map((id) => ['room', id]), ...work.map(({ id }) => ['reservation', id])];
  const holds = [];
  for (const [type, id] of objects) {
    const events = await journalled(core, type, id, again);
    await (type === 'room' ? roomProjected : projected)(core, id, again);
    const commands = events.map(({ commandid }) => commandid);
    assert.equal(new Set(commands).size, commands.length, `${type} ${id}: no command was carried out twice`);
    holds.push(...events.filter((event) => event.type === 'RoomHeld'));
    const released = events.filter((event) => event.type === 'RoomReleased').map(({ data }) => data.reservationId);
    assert.equal(new Set(released).size, released.length, `${id} released nobody twice`);
  }
  // … and so do the cursors of every object and the marks of the reservations, which lie in their storage.
  const cursors = 'SELECT (SELECT MAX(version) FROM addressed) AS last, confirmed FROM standing';
  const told = ([type, id]) => {
    const [cursor] = rows(core, type, id, cursors);
    return cursor && cursor.confirmed >= cursor.last;
  };
  await until('every object has told all of its events', async () => {
    await core.stop();
    if (objects.every(told)) return true;
    await core.start();
    await new Promise((done) => setTimeout(done, 5_000));
  }, again);
  for (const { data, sequence } of holds) {
    const [mark] = rows(core, 'reservation', data.reservationId, 'SELECT version FROM marks');
    assert.ok(mark.version >= Number(sequence), `${data.reservationId} has heard of its room`);
  }
  t.diagnostic(`everything told: ${passed()}`);
});
