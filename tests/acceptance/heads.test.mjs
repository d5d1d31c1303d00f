// What it takes to learn how far a stream is journalled: the consumer asks with every batch.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';
import { journalled } from './journal.mjs';

const core = await serve();
const heads = readFileSync(new URL('../../schema/sql/d1/query/journal_heads.sql', import.meta.url), 'utf8');

test('the head of a stream costs the same at any age, and a stream without one has none', async () => {
  const [young, old, none] = [fresh('probe'), fresh('probe'), fresh('probe')];
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: young });
  for (let n = 0; n < 5; n++) await core.send('probe', 'Append', { count: 100 }, { aggregateId: old });
  for (const id of [young, old]) await journalled(core, 'probe', id, { within: 60_000 });
  const asked = (...ids) => JSON.stringify(ids.map((id) => ['probe', id]));
  const found = await core.sql(heads, asked(young, old, none));
  assert.deepEqual(found.map(({ aggregate_id: id, version }) => [id, version]), [[young, 1], [old, 500], [none, null]]);
  assert.equal(await core.rowsRead(heads, asked(old)), await core.rowsRead(heads, asked(young)));
});
