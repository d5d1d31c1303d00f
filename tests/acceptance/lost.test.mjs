// Nothing is lost, however the runtime ends. Its queue lives in memory: what was on its way is gone with it, and comes
// again from the objects, whose stored events are the outbox.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serve, until } from './harness.mjs';
import { addResource, cancel, holds, projected, reserve, resourceProjected, settled } from './claims.mjs';
import { journalled } from './journal.mjs';

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
      const resource = await addResource(core);
      const id = await reserve(core, resource, '2027-01-01', '2027-01-03');
      await settled(core, id);
      await holds(core, resource, [id]);
      await journalled(core, 'claim', id);
      await projected(core, id);
      const before = [await core.events('resource', resource), await core.events('claim', id)];
      await end(core);
      assert.deepEqual([await core.events('resource', resource), await core.events('claim', id)], before);
      await cancel(core, id);
      await holds(core, resource, []);
      await journalled(core, 'claim', id);
      await journalled(core, 'resource', resource);
      await projected(core, id);
    });

    test(`when a runtime ${ended} right after commands were accepted, all that follows from them happens`, async (t) => {
      const core = await serve();
      const resource = await addResource(core);
      const kept = await reserve(core, resource, '2027-01-01', '2027-01-03');
      await settled(core, kept);
      const other = await addResource(core);
      const ids = await Promise.all([
        reserve(core, resource, '2027-02-01', '2027-02-03'),
        reserve(core, resource, '2027-02-02', '2027-02-04'),
        reserve(core, other, '2027-02-01', '2027-02-03'),
      ]);
      await cancel(core, kept);
      await end(core);

      // What was accepted is there.
      for (const id of [...ids, kept]) assert.ok(await core.state('claim', id), id);
      // No command comes any more, and still everything comes to its end.
      for (const id of ids) {
        const { status } = await settled(core, id, again);
        assert.ok(['CONFIRMED', 'DECLINED', 'EXPIRED'].includes(status), status);
      }
      const statuses = await Promise.all(ids.map(async (id) => (await core.state('claim', id)).state.status));
      t.diagnostic(`the claims ended as ${statuses}`);
      const confirmed = ids.filter((_, index) => statuses[index] === 'CONFIRMED');
      assert.ok(!(confirmed.includes(ids[0]) && confirmed.includes(ids[1])), 'no two that overlap are CONFIRMED');
      await holds(core, resource, confirmed.filter((id) => id !== ids[2]), again);
      await holds(core, other, confirmed.filter((id) => id === ids[2]), again);
      for (const id of [...ids, kept]) {
        await journalled(core, 'claim', id, again);
        await projected(core, id, again);
      }
      for (const id of [resource, other]) {
        await journalled(core, 'resource', id, again);
        await resourceProjected(core, id, again);
      }
    });
  }

  test('a runtime that is killed many times while claims race loses none of those that were accepted', async () => {
    const core = await serve();
    const resource = await addResource(core);
    const accepted = [];
    for (let round = 0; round < 4; round++) {
      const day = (n) => `2027-0${round + 3}-${String(n).padStart(2, '0')}`;
      const sent = Array.from({ length: 6 }, (_, n) =>
        reserve(core, resource, day(1 + n), day(3 + n)).then((id) => accepted.push(id), () => {}),
      );
      await until('some are accepted', () => accepted.length >= 3 * (round + 1));
      await core.killAndRestart();
      await Promise.all(sent);
    }
    assert.ok(accepted.length >= 12);
    const states = await Promise.all(accepted.map((id) => settled(core, id, again)));
    const confirmed = accepted.filter((_, index) => states[index].status === 'CONFIRMED');
    await until('the resource holds no days but those of confirmed claims', async () => {
      const { state } = await core.state('resource', resource);
      const known = state.holds.map(({ claimId }) => claimId).filter((id) => accepted.includes(id));
      return known.length === confirmed.length && known.every((id) => confirmed.includes(id));
    }, again);
    for (const id of accepted) await journalled(core, 'claim', id, again);
    await journalled(core, 'resource', resource, again);
    await resourceProjected(core, resource, again);
  });
});
