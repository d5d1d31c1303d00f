// An object that the platform wakes without its name knows it from its first commit; one that has none serves nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';

const core = await serve();

test('an object that is woken without its name is the one that it was', async () => {
  const [id, to] = [fresh('probe'), fresh('probe')];
  await core.send('probe', 'Append', { count: 2 }, { aggregateId: id });
  await core.evict('probe', id);
  const foreign = await core.nameless('probe', id, '/counters');
  assert.equal(typeof foreign.rowsRead, 'number', JSON.stringify(foreign));
  // What it says from now on, it says under its own name.
  await core.send('probe', 'Tell', { to, count: 1 }, { aggregateId: id });
  const events = await core.events('probe', id);
  assert.deepEqual(events.map(({ subject }) => subject), [id, id, id]);
});

test('an object that never had a commit, and is reached without its name, serves nothing', async () => {
  const answer = await core.nameless('probe', fresh('probe'), '/counters');
  assert.match(JSON.stringify(answer), /INTERNAL|not addressed by an id/);
});
