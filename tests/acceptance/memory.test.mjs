// What an instance remembers of others stays small: from 100 events of a stream on they are folded into a snapshot, with the
// reducer of that stream, and go. Nobody can tell from its decisions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { admin, hears, tell } from './letters.mjs';
import { inDatabase, rows, silence } from './storage.mjs';

const every = 100; // FOREIGN_SNAPSHOT_EVERY in shared/kernel/src/limits.rs
const core = await serve();

const recall = (id, from) => core.command('probe', 'Recall', { of: from }, { aggregateId: id });

/** Of how many events of another one it knows, when it decides. */
async function recalled(id, from) {
  const { status, body } = await recall(id, from);
  assert.equal(status, 202, JSON.stringify(body));
  const { type, data } = (await core.events('probe', id)).find((event) => event.id === body.events.at(-1).id);
  assert.deepEqual([type, data.of], ['Recalled', from]);
  return data.count;
}

/** Tells it so often more, and waits until it has heard all of that. */
async function told(id, from, before, more) {
  for (let count = more; count > 0; count -= every) await tell(core, from, id, Math.min(count, every));
  await hears(core, id, Array.from({ length: before + more }, (_, index) => `${from} ${index + 1}`));
}

/** A probe that has heard so many events of another one. */
async function listener(events) {
  const [id, from] = [fresh('listener'), fresh('teller')];
  await told(id, from, 0, events);
  return [id, from];
}

/** What lies in the database of an instance, on a runtime that is stopped. */
function stored(id) {
  const look = (statement) => rows(core, 'probe', id, statement);
  const [snapshot, ...others] = look('SELECT * FROM foreign_snapshots');
  assert.equal(others.length, 0);
  return { events: look('SELECT version FROM foreign_events ORDER BY version').map(({ version }) => version), snapshot };
}

/** Writes into the snapshot of an instance as another release would have. Then nothing wakes it but who calls it. */
async function spoil(id, state, version = 1, { quiet = true } = {}) {
  await core.stop();
  if (quiet) silence(core, 'probe');
  inDatabase(core, 'probe', id, (database) =>
    database.prepare('UPDATE foreign_snapshots SET state_version = ?, state = ?').run(version, JSON.stringify(state)));
  await core.start();
}

const nonsense = { count: 7000, bytes: 0, broken: false, heard: [] };

test('hundreds of foreign events lie in one snapshot and a few rows, and decisions rest on all of them', async () => {
  const [id, from] = await listener(2 * every + 30);
  assert.equal(await recalled(id, from), 230);
  await core.killAndRestart();
  assert.equal(await recalled(id, from), 230);
  const again = await tell(core, from, id, 20);
  assert.equal(again.version, 250);
  assert.equal(await recalled(id, from), 250, 'the decision waits for no delivery');

  await core.stop();
  const { events, snapshot } = stored(id);
  assert.ok(events.length < 2 * every, `${events.length} rows for 250 events`);
  const { version, state_version, state } = snapshot;
  assert.deepEqual([version + events.length, state_version, JSON.parse(state).count], [250, 1, version]);
  assert.deepEqual(events, Array.from(events, (_, index) => version + 1 + index));
  await core.start();
  assert.equal(await recalled(id, from), 250);
});

test('a decision rests on the snapshot; a rebuild replaces it by what the source says', async () => {
  const [id, from] = await listener(every + 5);
  await spoil(id, nonsense);
  // A state that no fold would come to shows that it was used.
  const spoilt = await recalled(id, from);
  assert.ok(spoilt >= 7000, `${spoilt}`);
  const { status, body } = await admin(core).request(`/admin/aggregates/probe/${id}/rebuild`, { method: 'POST' });
  assert.deepEqual([status, body], [200, { streams: 1, events: 105 }]);
  assert.equal(await recalled(id, from), 105);
  await core.stop();
  assert.deepEqual(stored(id).events, []);
  await core.start();
});

test('an instance that has never remembered so much has no table for snapshots', async () => {
  const [id, from] = await listener(3);
  assert.equal(await recalled(id, from), 3);
  await core.stop();
  const tables = rows(core, 'probe', id, "SELECT name FROM sqlite_master WHERE name = 'foreign_snapshots'");
  assert.deepEqual(tables, []);
  await core.start();
});

for (const version of [0, 2]) {
  test(`a snapshot of the other schema version ${version} is replaced by what the source says, before a command`, async () => {
    const [id, from] = await listener(every + 5);
    await spoil(id, { another: 'shape' }, version);
    assert.equal(await recalled(id, from), 105);
    await core.stop();
    assert.equal(stored(id).snapshot.state_version, 1);
    await core.start();
  });
}

test('a snapshot of another schema version is replaced before a delivery, too', async () => {
  const [id, from] = await listener(every + 5);
  await spoil(id, { another: 'shape' }, 2);
  await told(id, from, 105, 1);
  await core.stop();
  const { events, snapshot } = stored(id);
  assert.deepEqual([snapshot.state_version, JSON.parse(snapshot.state).count + events.length], [1, 106]);
  await core.start();
  assert.equal(await recalled(id, from), 106);
});

test('a snapshot of another schema version is replaced when an alarm rings, before a deadline could pass', async () => {
  const [id, from] = await listener(every + 5);
  await core.stop();
  // Nothing is sent again, so that nobody else wakes it.
  inDatabase(core, 'probe', from, (database) =>
    database.exec('INSERT OR REPLACE INTO outbox SELECT 1, MAX(version) FROM events'));
  await core.start();
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id }); // which sets the alarm
  await spoil(id, { another: 'shape' }, 2, { quiet: false });
  await until('it is replaced', () => {
    try {
      return stored(id).snapshot.state_version === 1;
    } catch (error) {
      if (/locked|busy/.test(error.message)) return false; // the runtime writes to it meanwhile
      throw error;
    }
  }, { within: 60_000 });
  assert.equal(await recalled(id, from), 105);
});

test('while the source cannot be read, nothing waits but the decisions that rest on it', async () => {
  const [id, from] = await listener(every + 5);
  const paint = (to) =>
    inDatabase(core, 'probe', from, (database) => database.prepare('UPDATE events SET type = ? WHERE version = 1').run(to));
  await core.stop();
  paint('Painted');
  await core.start();
  await spoil(id, { another: 'shape' }, 2);

  const { status } = await recall(id, from);
  assert.ok(status >= 500, `${status}`);
  const { state } = await core.state('probe', id);
  assert.equal(state.heard.length, 105);
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  const other = fresh('teller');
  await tell(core, other, id);
  await hears(core, id, [...state.heard, `${other} 1`]);
  assert.equal(await recalled(id, other), 1);

  await core.stop();
  paint('Told');
  await core.start();
  assert.equal(await recalled(id, from), 105);
});
