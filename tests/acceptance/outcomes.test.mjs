// Outcomes expire. Those that are rows of their own are deleted once the day is over on which they did. The probe remembers them for
// 2 s only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { inDatabase, rows } from './storage.mjs';

// The alarm rings soon after each event.
const core = await serve('probe', { SEND_AGAIN_SECONDS: '2' });

const remembered = (id) =>
  rows(core, 'probe', id, 'SELECT command_id FROM outcomes').map(({ command_id }) => command_id);
/** The commands of which the outcome lies in the row of an event. */
const within = (id) =>
  rows(core, 'probe', id, 'SELECT command_id FROM events WHERE fingerprint IS NOT NULL').map(({ command_id }) => command_id);

/** Looks into the database until this one is not remembered; the runtime writes to it meanwhile. */
const forgotten = (id, commandId) =>
  until('the outcome is gone', () => {
    try {
      return !remembered(id).includes(commandId);
    } catch (error) {
      if (/locked|busy/.test(error.message)) return false;
      throw error;
    }
  }, { within: 40_000 });

/** Two days pass for the outcomes of this instance, while the runtime is stopped. */
async function age(id) {
  await core.stop();
  inDatabase(core, 'probe', id, (database) =>
    database.exec(`UPDATE events SET expires_at = expires_at - 2 * 86400000;
      UPDATE outcomes SET day = day - 2, expires_at = expires_at - 2 * 86400000`));
  await core.start();
}

const append = (count, ids) => core.send('probe', 'Append', { count }, ids);

test('an outcome is remembered until it expires, in the row of its event or in one of its own, which goes when its day is over', async () => {
  const [aggregateId, commandId, bare] = [fresh('probe'), fresh('command'), fresh('command')];
  for (const duplicate of [false, true]) {
    assert.equal((await append(2, { aggregateId, commandId })).duplicate, duplicate);
    assert.equal((await append(0, { aggregateId, commandId: bare })).duplicate, duplicate);
  }
  assert.deepEqual([within(aggregateId), remembered(aggregateId)], [[commandId], [bare]]);
  await journalled(core, 'probe', aggregateId);
  await age(aggregateId);
  const other = fresh('command');
  await append(0, { aggregateId, commandId: other });
  await append(1, { aggregateId });
  await forgotten(aggregateId, bare);
  assert.deepEqual(remembered(aggregateId), [other], 'the day of the other is not over');
  const again = await append(1, { aggregateId, commandId });
  assert.deepEqual([again.duplicate, again.version], [false, 4], 'it is a new command now');
});

test('an outcome that has expired counts as forgotten before its row is gone', async () => {
  const [aggregateId, commandId] = [fresh('probe'), fresh('command')];
  const first = await append(1, { aggregateId, commandId });
  const answer = await until('it is no repeat any more', async () => {
    const answer = await append(1, { aggregateId, commandId });
    return !answer.duplicate && answer;
  });
  assert.equal(answer.version, first.version + 1);
});

test('the outcome of a command that decided nothing goes too', async () => {
  const [aggregateId, commandId] = [fresh('probe'), fresh('command')];
  await append(1, { aggregateId });
  await journalled(core, 'probe', aggregateId);
  const { events } = await append(0, { aggregateId, commandId });
  assert.deepEqual(events, []);
  assert.ok(remembered(aggregateId).includes(commandId));
  await age(aggregateId);
  await append(1, { aggregateId });
  await forgotten(aggregateId, commandId);
});
