// How long a caller is told to wait for what follows: longer while others wait, no longer than the deadline, and not at all where
// nothing follows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addResource, cancel, days, resource101, settled } from './claims.mjs';
import { fresh, serve } from './harness.mjs';

const core = await serve();

/** Milliseconds between the event that began this claim, and its deadline. */
async function deadline(id) {
  const [{ time, data }] = await core.events('claim', id);
  return Date.parse(data.confirmBy) - Date.parse(time);
}

test('a claim waits longer while others wait, and no longer than until its deadline', async (t) => {
  const create = async (count) => {
    const resources = await Promise.all(Array.from({ length: count }, () => addResource(core)));
    const commands = resources.map((resource) => ({
      aggregateType: 'claim', aggregateId: fresh('claim'), name: 'CreateClaim', payload: days(resource, '2030-01-01', '2030-01-03'),
    }));
    const { body } = await core.post('/commands', commands);
    const waits = body.map(({ status, confirmWithinMs }) => (assert.equal(status, 202), confirmWithinMs));
    for (const [index, { aggregateId }] of commands.entries()) {
      await settled(core, aggregateId);
      const most = await deadline(aggregateId);
      assert.ok(waits[index] > 0 && waits[index] <= most, `${waits[index]} of ${most} ms`);
    }
    return Math.max(...waits);
  };
  const idle = await create(1);
  const loaded = await create(100);
  t.diagnostic(JSON.stringify({ idle, loaded }));
  assert.ok(loaded > idle, `${loaded} > ${idle}`);
});

test('nobody waits for a command after which nothing is to come, and a repeat is told what is left', async () => {
  const [resource, id, commandId] = [await addResource(core), fresh('claim'), fresh('command')];
  const create = () => core.send('claim', 'CreateClaim', days(resource, '2030-02-01', '2030-02-03'), { aggregateId: id, commandId });
  const first = await create();
  await settled(core, id);
  assert.deepEqual(await create(), { ...first, confirmWithinMs: 0, duplicate: true }, 'the answer has come');
  assert.equal((await cancel(core, id)).confirmWithinMs, 0, 'what the resource says to that changes nothing');
  assert.equal((await core.send('resource', 'AddResource', resource101)).confirmWithinMs, 0);
});
