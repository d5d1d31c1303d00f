// Outcomes expire and are forgotten. The probe remembers them for 2 s only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { rows } from './storage.mjs';

const core = await serve();

const remembered = (id) =>
  rows(core, 'probe', id, 'SELECT command_id FROM outcomes').map(({ command_id }) => command_id);

/** Looks into the database until nothing is remembered; the runtime writes to it meanwhile. */
const forgotten = (id) =>
  until('the outcomes are gone', () => {
    try {
      return remembered(id).length === 0;
    } catch (error) {
      if (/locked|busy/.test(error.message)) return false;
      throw error;
    }
  }, { within: 40_000 });

test('an outcome is remembered until it expires, and its row goes with the alarm', async () => {
  const [aggregateId, commandId] = [fresh('probe'), fresh('command')];
  const append = () => core.send('probe', 'Append', { count: 1 }, { aggregateId, commandId });
  assert.equal((await append()).duplicate, false);
  assert.equal((await append()).duplicate, true);
  assert.deepEqual(remembered(aggregateId), [commandId]);
  await journalled(core, 'probe', aggregateId);
  await forgotten(aggregateId);
  const again = await append();
  assert.deepEqual([again.duplicate, again.version], [false, 2], 'it is a new command now');
});

test('an outcome that has expired counts as forgotten before its row is gone', async () => {
  const [aggregateId, commandId] = [fresh('probe'), fresh('command')];
  const append = () => core.send('probe', 'Append', { count: 1 }, { aggregateId, commandId });
  const first = await append();
  const answer = await until('it is no repeat any more', async () => {
    const answer = await append();
    return !answer.duplicate && answer;
  });
  assert.equal(answer.version, first.version + 1);
});

test('the outcome of a command that decided nothing goes too', async () => {
  const aggregateId = fresh('probe');
  await core.send('probe', 'Append', { count: 1 }, { aggregateId });
  await journalled(core, 'probe', aggregateId);
  await forgotten(aggregateId);
  const commandId = fresh('command');
  const { events } = await core.send('probe', 'Append', { count: 0 }, { aggregateId, commandId });
  assert.deepEqual(events, []);
  assert.deepEqual(remembered(aggregateId), [commandId]);
  await forgotten(aggregateId);
});
