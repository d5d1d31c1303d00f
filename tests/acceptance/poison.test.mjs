// An event that a projection cannot digest holds up its own stream, and no other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journalled } from './journal.mjs';

const core = await serve();
const append = (id, payload) => core.send('probe', 'Append', payload, { aggregateId: id });
const versions = async (id) => {
  const rows = await core.sql('SELECT version FROM journal WHERE aggregate_id = ? ORDER BY version', id);
  return rows.map(({ version }) => version);
};

test('what a projection panics at waits, with what follows it; what stands before it and every other stream go on', async () => {
  const [poisoned, ...others] = Array.from({ length: 6 }, () => fresh('probe'));
  // All of it at once, so that good and bad letters share batches.
  await Promise.all([
    core.send('probe', 'Panic', { place: 'PROJECT', before: 3 }, { aggregateId: poisoned }),
    ...others.map((id) => append(id, { count: 20 })),
  ]);
  await append(poisoned, { count: 2 });
  for (const id of others) await journalled(core, 'probe', id);
  await until('what stands before it is journalled', async () => (await versions(poisoned)).length >= 3);
  await until('the log tells', async () =>
    (await core.logs()).some(({ message }) => message.includes(`${poisoned} is not projected from version 4 on`)),
  );
  for (const id of others) {
    await append(id, { count: 3 });
    await journalled(core, 'probe', id);
  }
  assert.deepEqual(await versions(poisoned), [1, 2, 3]);
  assert.equal((await core.state('probe', poisoned)).version, 6, 'the object itself works on');
});
