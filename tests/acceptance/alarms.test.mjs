// An object that falls asleep and wakes every few seconds hears its alarm all the same: an alarm that is set is never moved to a
// later instant.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addResource, days, holds } from './claims.mjs';
import { fresh, serve, until } from './harness.mjs';
import { journalled, row as rowOf } from './journal.mjs';
import { alarmOf, inDatabase } from './storage.mjs';

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const often = 2_500; // ms between two calls that wake it

/**
 * Wakes an object every few seconds, and lets it fall asleep in between, until `look` says that it is enough. No alarm is moved to
 * a later instant before it has rung.
 */
async function restless(core, type, id, wake, look, { within }) {
  const end = Date.now() + within;
  let set, moved = 0;
  const check = () => {
    const now = alarmOf(core, type, id);
    // One that is due rings in a moment, and is set anew.
    if (set && set > Date.now() + 500) assert.ok(now && now <= set, `the alarm was set for ${new Date(set).toISOString()}, now ${now && new Date(now).toISOString()}`);
    if (set !== now) moved++;
    set = now;
  };
  for (let n = 0; ; n++) {
    assert.ok(Date.now() < end, `in vain for ${within} ms`);
    await wake(n);
    check();
    if (await look()) return { woken: n + 1, moved };
    check();
    await core.evict(type, id);
    check();
    await pause(often);
    check();
  }
}

// Each has a runtime of its own, and waits: side by side.
describe('an object that wakes every few seconds', { concurrency: true }, () => {
  test('meets its deadline', async (t) => {
    const core = await serve();
    const [resource, id] = [await addResource(core), fresh('claim')];
    const begin = (commandId) =>
      core.command('claim', 'CreateClaim', days(resource, '2027-01-01', '2027-01-03'), { aggregateId: id, commandId });
    await begin();
    await holds(core, resource, [id]);
    await journalled(core, 'claim', id);
    await core.stop();
    const due = Date.now() + 25_000;
    inDatabase(core, 'claim', id, (database) => {
      // As if the resource had not answered.
      database.exec('DELETE FROM events WHERE version > 1; UPDATE standing SET confirmed = 1, journalled = 1');
      database.prepare("UPDATE events SET data = json_set(data, '$.confirmBy', ?)").run(new Date(due).toISOString());
    });
    await core.start();
    const status = async () => (await core.state('claim', id)).state.status;
    const found = await restless(core, 'claim', id, () => begin(), async () => (await status()) !== 'PENDING', { within: 40_000 });
    assert.equal(await status(), 'EXPIRED');
    assert.ok(Date.now() >= due, `${due - Date.now()} ms before it was due`);
    assert.ok(found.woken >= 5, JSON.stringify(found));
    t.diagnostic(JSON.stringify(found));
  });

  test('tries the journal again when D1 is back, however busy it is', async (t) => {
    const core = await serve('probe', {}, { switched: true });
    const id = fresh('meter');
    await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
    await journalled(core, 'meter', id);
    const report = (n) => core.send('meter', 'UpdateMeter', {
      status: 'OK', reading: n, observedAt: new Date(Date.UTC(2027, 0, 1) + n).toISOString(),
    }, { aggregateId: id });
    const row = async () => (await rowOf(core, 'meter', id))?.version;
    await core.d1('away');
    let made = 0;
    const away = await restless(core, 'meter', id, () => report(++made), () => made >= 5, { within: 40_000 });
    assert.equal(await row(), 1);
    await core.d1('well');
    const back = await restless(core, 'meter', id, () => report(++made), async () => (await row()) > 5, { within: 60_000 });
    t.diagnostic(JSON.stringify({ away, back }));
    await journalled(core, 'meter', id, { within: 60_000 });
  });

  test('sends again what nobody has answered for, at the instants at which it would have', async (t) => {
    const core = await serve('probe', { SEND_AGAIN_SECONDS: '15' });
    const [id, to] = [fresh('probe'), fresh('probe')];
    await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
    await journalled(core, 'probe', id);
    await core.stop();
    // An event whose letter got lost, as it was decided ten seconds ago.
    const since = Date.now() - 10_000;
    inDatabase(core, 'probe', id, (database) => {
      database
        .prepare(`INSERT INTO events (version, id, type, schema_version, time, command_id, metadata, data)
          SELECT 2, '018f0000-0000-7000-8000-000000000002', 'Told', 1, MAX(?, time), 'lost', metadata, json_object('to', ?) FROM events`)
        .run(since, to);
      database.exec('CREATE TABLE IF NOT EXISTS addressed (to_type TEXT NOT NULL, to_id TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (to_type, to_id, version)) STRICT, WITHOUT ROWID');
      database.prepare("INSERT INTO addressed VALUES ('probe', ?, 2)").run(to);
    });
    await core.start();
    const heard = async () => (await core.state('probe', to))?.state.heard ?? [];
    const found = await restless(core, 'probe', id, () => core.command('probe', 'Append', { count: 0 }, { aggregateId: id }),
      async () => (await heard()).length, { within: 40_000 });
    assert.deepEqual(await heard(), [`${id} 2`]);
    t.diagnostic(JSON.stringify(found));
  });
});
