// A read model that has fallen far behind catches up from the source, page by page, when the next letter comes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { patient } from './letters.mjs';

const core = await serve();

test('a stream whose journal is lost is journalled again, once and in order, however long it is', async () => {
  const [id, other] = [fresh('probe'), fresh('probe')];
  for (let batch = 0; batch < 12; batch++) await core.send('probe', 'Append', { count: 100 }, { aggregateId: id });
  await journalled(core, 'probe', id);
  const rows = () => core.sql('SELECT version, event FROM journal WHERE aggregate_id = ? ORDER BY version', id);
  const before = await rows();
  assert.equal(before.length, 1_200);
  await core.sql('DELETE FROM journal WHERE aggregate_id = ?', id);
  await Promise.all([id, other].map((aggregateId) => core.send('probe', 'Append', { count: 1 }, { aggregateId })));
  await journalled(core, 'probe', other);
  await until('all of it is journalled', async () => (await rows()).length === 1_201, patient);
  assert.deepEqual((await rows()).slice(0, 1_200), before, 'the same rows as before');
});
