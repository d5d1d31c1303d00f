// Nothing is lost, however the runtime ends. Its queue lives in memory: what was on its way is gone with it, and comes
// again from the objects, whose stored events are the outbox.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serve, until } from './harness.mjs';
import { addRoom, cancel, holds, journalled, projected, reserve, roomProjected, settled } from './hotel.mjs';

/** An event that is not confirmed is sent again by its object's alarm a minute after it was stored. */
const again = { within: 90_000 };

const ends = {
  'is stopped': (core) => core.restart(),
  'is killed': (core) => core.killAndRestart(),
};

// Each has a runtime of its own, and most of them wait a minute for an alarm: side by side.
describe('nothing is lost', { concurrency: true }, () => {
  for (const [ended, end] of Object.entries(ends)) {
    test(`a runtime that ${ended} when all is quiet comes back with everything`, async () => {
      const core = await serve();
      const room = await addRoom(core);
      const id = await reserve(core, room, '2027-01-01', '2027-01-03');
      await settled(core, id);
      await holds(core, room, [id]);
      await journalled(core, 'reservation', id);
      await projected(core, id);
      const before = [await core.events('room', room), await core.events('reservation', id)];
      await end(core);
      assert.deepEqual([await core.events('room', room), await core.events('reservation', id)], before);
      await cancel(core, id);
      await holds(core, room, []);
      await journalled(core, 'reservation', id);
      await journalled(core, 'room', room);
      await projected(core, id);
    });

    test(`when a runtime ${ended} right after commands were accepted, all that follows from them happens`, async (t) => {
      const core = await serve();
      const room = await addRoom(core);
      const kept = await reserve(core, room, '2027-01-01', '2027-01-03');
      await settled(core, kept);
      const other = await addRoom(core);
      const ids = await Promise.all([
        reserve(core, room, '2027-02-01', '2027-02-03'),
        reserve(core, room, '2027-02-02', '2027-02-04'),
        reserve(core, other, '2027-02-01', '2027-02-03'),
      ]);
      await cancel(core, kept);
      await end(core);

      // What was accepted is there.
      for (const id of [...ids, kept]) assert.ok(await core.state('reservation', id), id);
      // No command comes any more, and still everything comes to its end.
      for (const id of ids) {
        const { status } = await settled(core, id, again);
        assert.ok(['CONFIRMED', 'DECLINED', 'EXPIRED'].includes(status), status);
      }
      const statuses = await Promise.all(ids.map(async (id) => (await core.state('reservation', id)).state.status));
      t.diagnostic(`the reservations ended as ${statuses}`);
      const confirmed = ids.filter((_, index) => statuses[index] === 'CONFIRMED');
      assert.ok(!(confirmed.includes(ids[0]) && confirmed.includes(ids[1])), 'no two that overlap are CONFIRMED');
      await holds(core, room, confirmed.filter((id) => id !== ids[2]), again);
      await holds(core, other, confirmed.filter((id) => id === ids[2]), again);
      for (const id of [...ids, kept]) {
        await journalled(core, 'reservation', id, again);
        await projected(core, id, again);
      }
      for (const id of [room, other]) {
        await journalled(core, 'room', id, again);
        await roomProjected(core, id, again);
      }
    });
  }

  test('a runtime that is killed many times while reservations race loses none of those that were accepted', async () => {
    const core = await serve();
    const room = await addRoom(core);
    const accepted = [];
    for (let round = 0; round < 4; round++) {
      const day = (n) => `2027-0${round + 3}-${String(n).padStart(2, '0')}`;
      const sent = Array.from({ length: 6 }, (_, n) =>
        reserve(core, room, day(1 + n), day(3 + n)).then((id) => accepted.push(id), () => {}),
      );
      await until('some are accepted', () => accepted.length >= 3 * (round + 1));
      await core.killAndRestart();
      await Promise.all(sent);
    }
    assert.ok(accepted.length >= 12);
    const states = await Promise.all(accepted.map((id) => settled(core, id, again)));
    const confirmed = accepted.filter((_, index) => states[index].status === 'CONFIRMED');
    await until('the room holds no nights but those of confirmed reservations', async () => {
      const { state } = await core.state('room', room);
      const known = state.holds.map(({ reservationId }) => reservationId).filter((id) => accepted.includes(id));
      return known.length === confirmed.length && known.every((id) => confirmed.includes(id));
    }, again);
    for (const id of accepted) await journalled(core, 'reservation', id, again);
    await journalled(core, 'room', room, again);
    await roomProjected(core, room, again);
  });
});
