// A decision that rests on another instance asks it for its state, once: it costs the same however long the other stream is,
// and nothing of it is stored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { inDatabase, rows, silence } from './storage.mjs';

const core = await serve();

const append = (id, count = 1) => core.send('probe', 'Append', { count }, { aggregateId: id });
const recall = (id, of) => core.command('probe', 'Recall', { of }, { aggregateId: id });

/** Number of events of another one, as it decides on it. */
async function recalled(id, of) {
  const { status, body } = await recall(id, of);
  assert.equal(status, 202, JSON.stringify(body));
  const { type, data } = (await core.events('probe', id)).find((event) => event.id === body.events.at(-1).id);
  assert.deepEqual([type, data.of], ['Recalled', of]);
  return data.count;
}

/** Probes with this many events each. Those after the first are written past the rules, and count as delivered. */
async function sources(...lengths) {
  const ids = lengths.map(() => fresh('source'));
  for (const id of ids) await append(id);
  await core.stop();
  silence(core, 'probe'); // so that no alarm reads rows while they are counted
  lengths.forEach((length, which) => inDatabase(core, 'probe', ids[which], (database) => {
    database
      .prepare(`WITH RECURSIVE more(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM more WHERE n < ?)
        INSERT INTO events (version, id, type, schema_version, time, command_id, metadata, data)
        SELECT n, id || '-' || n, type, schema_version, time, command_id, metadata, data FROM more, events WHERE version = 1`)
      .run(length);
    database.exec('UPDATE standing SET (confirmed, journalled, published) = (SELECT MAX(version), MAX(version), MAX(version) FROM events)');
  }));
  await core.start();
  return ids;
}

test('a decision costs the other instance the same, whether its stream has a thousand events or twenty thousand', async () => {
  const lengths = [1_000, 20_000];
  const ids = await sources(...lengths);
  const costs = [];
  for (const [which, of] of ids.entries()) {
    assert.equal((await core.state('probe', of)).version, lengths[which]); // it is awake
    const before = await core.counters('probe', of);
    assert.ok(before.rowsRead >= lengths[which], `it was loaded, and that is counted: ${before.rowsRead} rows`);
    assert.equal(await recalled(fresh('listener'), of), lengths[which]);
    const after = await core.counters('probe', of);
    costs.push([after.rowsRead - before.rowsRead, after.rowsWritten - before.rowsWritten]);
  }
  assert.deepEqual(costs[1], costs[0]);
});

test('a decision waits for no delivery, and the instance stores nothing of what it rests on', async () => {
  const [id, of] = [fresh('listener'), fresh('source')];
  assert.equal(await recalled(id, of), 0, 'there is no such stream');
  await append(of, 3);
  assert.equal(await recalled(id, of), 3);
  await append(of, 2);
  assert.equal(await recalled(id, of), 5);
  await core.stop();
  assert.deepEqual(rows(core, 'probe', id, "SELECT name FROM sqlite_master WHERE name = 'marks'"), []);
  assert.deepEqual(rows(core, 'probe', id, "SELECT name FROM sqlite_master WHERE name LIKE 'foreign%'"), []);
  await core.start();
  assert.equal(await recalled(id, of), 5);
});

test('while the other instance cannot be read, nothing fails but the decisions that rest on it', async () => {
  const [id, of, other] = [fresh('listener'), fresh('source'), fresh('source')];
  await Promise.all([append(of, 5), append(other, 2)]);
  const paint = async (type) => {
    await core.stop();
    inDatabase(core, 'probe', of, (database) => database.prepare('UPDATE events SET type = ? WHERE version = 1').run(type));
    await core.start();
  };
  await paint('Painted');
  const { status } = await recall(id, of);
  assert.ok(status >= 500, `${status}`);
  assert.equal(await core.state('probe', id), undefined, 'nothing was decided');
  assert.equal(await recalled(id, other), 2);
  await append(id);
  await paint('Counted');
  await until('it can be read again', async () => (await recall(id, of)).status === 202);
  assert.equal(await recalled(id, of), 5);
});
