// The domain in a test's words.
import assert from 'node:assert/strict';
import { fresh, until } from '../../../tests/acceptance/harness.mjs';
import { projected as caughtUp } from '../../../tests/acceptance/journal.mjs';

/** Next year: bookings lie ahead, and not too far. */
export const year = new Date().getUTCFullYear() + 1;

export const room101 = { hotelId: 'grand', number: '101', capacity: 2, nightlyRate: 12_500 };

export async function addRoom(core, id = fresh('room')) {
  await core.send('room', 'AddRoom', room101, { aggregateId: id });
  return id;
}

/** Nights of a room, as the payload of CreateReservation. */
export const nights = (roomId, dateStart, dateEnd, userId = 'ana') => ({ userId, roomId, dateStart, dateEnd });

/** Claims nights; gives the id of the reservation. */
export async function reserve(core, roomId, dateStart, dateEnd, id = fresh('reservation')) {
  await core.send('reservation', 'CreateReservation', nights(roomId, dateStart, dateEnd), { aggregateId: id });
  return id;
}

export const cancel = (core, id, payload = {}) =>
  core.send('reservation', 'CancelReservation', payload, { aggregateId: id });

/** Waits until the room has answered; gives the state of the reservation. */
export const settled = (core, id, options) =>
  until(
    `${id} is no longer PENDING`,
    async () => {
      const { state } = await core.state('reservation', id);
      return state.status !== 'PENDING' && state;
    },
    options,
  );

/** Waits until the room holds nights for exactly these reservations. */
export const holds = (core, roomId, reservations, options) => {
  const expected = JSON.stringify([...reservations].sort());
  return until(
    `${roomId} holds nights for ${expected}`,
    async () => {
      const { state } = await core.state('room', roomId);
      return JSON.stringify(state.holds.map(({ reservationId }) => reservationId).sort()) === expected && state.holds;
    },
    options,
  );
};

/** Waits until the row in D1 shows what the object says of a reservation. */
export async function projected(core, id, options) {
  const [{ began, ...row }, { version, state }] = await caughtUp(core, 'reservation', id, options);
  assert.ok(Date.parse(began));
  assert.deepEqual(row, { id, version, ...state });
}

/** Waits until the row in D1 shows what the object says of a room: it leaves out the holds, and says how many there are. */
export async function roomProjected(core, id, options) {
  const [{ began, ...row }, { version, state }] = await caughtUp(core, 'room', id, options);
  assert.ok(Date.parse(began));
  assert.deepEqual(row, { id, version, ...state, holdCount: state.holds.length, holds: [] });
}
