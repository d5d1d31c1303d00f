// A journal that was lost, or restored to an earlier state, is filled again by its sources when they have something to say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journal, journalOf, journalled } from './journal.mjs';
import { patient } from './letters.mjs';
import { inDatabase } from './storage.mjs';

const core = await serve();
const append = (aggregateId, count = 1) => core.send('probe', 'Append', { count }, { aggregateId });

test('a stream whose journal is lost is journalled again, once and in order, however long it is', async () => {
  const [id, other] = [fresh('probe'), fresh('probe')];
  for (let batch = 0; batch < 12; batch++) await append(id, 100);
  await journalled(core, 'probe', id);
  const before = journalOf(core, 'probe', id).map(({ event }) => event);
  assert.equal(before.length, 1_200);
  await core.stop();
  inDatabase(core, 'journal', 'probe/0', (database) => database.exec('DELETE FROM entries; DELETE FROM links'));
  await core.start();
  await Promise.all([id, other].map((id) => append(id)));
  await journalled(core, 'probe', other);
  await until('all of it is journalled', () => journalOf(core, 'probe', id).length === 1_201, patient);
  assert.deepEqual(journalOf(core, 'probe', id).slice(0, 1_200).map(({ event }) => event), before, 'the same events as before');
});

test('a journal that was restored to an earlier state gets what it lacks, and nothing twice', async () => {
  const id = fresh('probe');
  await append(id, 50);
  await journalled(core, 'probe', id);
  const head = journal(core, 'probe').at(-1).position;
  for (let n = 0; n < 20; n++) await append(id, 5);
  await journalled(core, 'probe', id);
  await core.stop();
  inDatabase(core, 'journal', 'probe/0', (database) =>
    database.exec(`DELETE FROM entries WHERE position > ${head}; DELETE FROM links WHERE position > ${head}`));
  await core.start();
  assert.equal(journalOf(core, 'probe', id).length, 50);
  await append(id);
  await until('it is complete', () => journalOf(core, 'probe', id).length === 151, patient);
  await journalled(core, 'probe', id);
});
