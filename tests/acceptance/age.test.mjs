// Nothing grows with age: what an instance does costs the same, whether its stream has a thousand events or a hundred thousand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { days, settled, addResource } from './claims.mjs';
import { fresh, serve, until } from './harness.mjs';
import { journalOf, journalled } from './journal.mjs';
import { inDatabase, silence } from './storage.mjs';

// So that no alarm but a deadline rings while rows are counted.
const core = await serve('probe', { SEND_AGAIN_SECONDS: '3600' }, { switched: true });
const lengths = [1_000, 100_000];
const patient = { within: 60_000 };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const append = (id, count = 1) => core.send('probe', 'Append', { count }, { aggregateId: id });
const tell = (id, to) => core.send('probe', 'Tell', { to, count: 1 }, { aggregateId: id });
const heard = (id) => until(`${id} has heard`, async () => (await core.state('probe', id))?.state.heard.length, patient);

/** Events up to this length, of this type, written past the rules; they count as delivered. Each has an instant of its own. */
function lengthen(database, length, type, data) {
  database.prepare('UPDATE events SET time = time - ? WHERE version = 1').run(length);
  database
    .prepare(`WITH RECURSIVE more(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM more WHERE n < ?)
      INSERT INTO events (version, id, type, schema_version, time, command_id, metadata, data)
      SELECT n, id || '-' || n, ?, 1, time + n, command_id || '-' || n, metadata, ? FROM more, events WHERE version = 1`)
    .run(length, type, data);
  database.exec('UPDATE standing SET (confirmed, journalled, published) = (SELECT MAX(version), MAX(version), MAX(version) FROM events)');
}

/** The journal has the last event of a lengthened stream: the source need not send the whole of it. The core is stopped. */
function journalledTo(type, id) {
  const [last] = inDatabase(core, type, id, (database) => {
    const statement = 'SELECT version, command_id, metadata FROM events ORDER BY version DESC LIMIT 1';
    return database.prepare(statement).all();
  });
  const correlation = JSON.parse(last.metadata).correlationId ?? last.command_id;
  inDatabase(core, 'journal', `${type}/0`, (database) =>
    database
      .prepare('INSERT INTO links SELECT ?, id, ?, position, claimed FROM links WHERE id = ? AND version = 1')
      .run(correlation, last.version, id));
}

/** Probes of these lengths. Each has told another one now and then, and is awake with its snapshots. */
async function probes() {
  const ids = lengths.map(() => fresh('old'));
  for (const id of ids) {
    await append(id);
    await journalled(core, 'probe', id, patient);
  }
  await core.stop();
  silence(core, 'probe');
  ids.forEach((id, which) => inDatabase(core, 'probe', id, (database) => {
    lengthen(database, lengths[which], 'Counted', '{"index":1,"filler":""}');
  }));
  ids.forEach((id) => journalledTo('probe', id));
  await core.start();
  for (const [which, id] of ids.entries()) {
    assert.equal((await core.state('probe', id)).version, lengths[which]);
    await append(id); // and what a first commit after a restart costs
    await journalledUpTo(id);
  }
  return ids;
}

/** The journal has the newest event: the older ones were never sent to it. */
const journalledUpTo = (id, type = 'probe') =>
  until(`the newest event of ${id} is journalled`, async () => {
    const newest = journalOf(core, type, id).at(-1)?.version;
    return newest === (await core.state(type, id)).version;
  }, patient);

/** Rows that an object reads and writes while this is done, and what follows from it. */
async function cost(type, id, work) {
  const quiet = async () => {
    for (let before = '', now; ; before = now) {
      now = JSON.stringify(await core.counters(type, id));
      if (now === before) return JSON.parse(now);
      await pause(1_500); // the cursors are stored a second after a receipt
    }
  };
  const before = await quiet();
  await work();
  const after = await quiet();
  assert.ok(after.rowsRead >= before.rowsRead, 'the object was not unloaded meanwhile');
  return { read: after.rowsRead - before.rowsRead, written: after.rowsWritten - before.rowsWritten };
}

/** The costs of the same for both, side by side. */
const both = (type, ids, work) => Promise.all(ids.map((id, which) => cost(type, id, () => work(id, which))));

/** The same but for what it costs that a receipt comes alone, or together with another: a few rows read, and the cursors written. */
function same([young, old], what = '') {
  const noise = { read: 4, written: 1 };
  for (const [name, most] of Object.entries(noise)) {
    assert.ok(Math.abs(old[name] - young[name]) <= most, `${what} ${name}: ${JSON.stringify({ young, old })}`);
  }
}

test('commands, deliveries to it and from it, and decisions on it cost the same at any length', async (t) => {
  const ids = await probes();
  const costs = {};
  const compare = async (what, work) => {
    const found = await both('probe', ids, work);
    costs[what] = found[1];
    same(found, what);
  };
  await compare('a command', async (id) => {
    await append(id);
    await journalledUpTo(id);
  });
  await compare('a delivery to it', async (id) => {
    await tell(fresh('source'), id);
    await until('it has heard', async () => (await core.state('probe', id)).state.heard.length === 1, patient);
    await journalledUpTo(id);
  });
  const listeners = ids.map(() => fresh('listener'));
  await compare('a delivery from it', async (id, which) => {
    await tell(id, listeners[which]);
    await heard(listeners[which]);
    await journalledUpTo(id);
  });
  await compare('a decision on it', async (id) => {
    await core.send('probe', 'Recall', { of: id }, { aggregateId: fresh('probe') });
  });
  assert.ok(costs['a decision on it'].read <= 1, JSON.stringify(costs));
  t.diagnostic(JSON.stringify(costs));

  // The time is told, too: the median of some commands.
  const times = [];
  for (const id of ids) {
    const took = [];
    for (let n = 0; n < 21; n++) {
      const since = performance.now();
      await append(id);
      took.push(performance.now() - since);
    }
    times.push(took.sort((one, other) => one - other)[10]);
  }
  t.diagnostic(`a command takes ${times.map((ms) => `${ms.toFixed(1)} ms`)}`);
});

test('a look at a past version costs the same at any length, and one at an instant a few rows more', async (t) => {
  const ids = await probes();
  const look = (query) => async (id, which) => {
    const { status, body } = await core.request(`/aggregates/probe/${id}?${query(which)}`);
    assert.equal(status, 200, JSON.stringify(body));
  };
  // As far from the snapshot before it, and from the head.
  const version = (which) => lengths[which] - 250;
  const byVersion = await both('probe', ids, look((which) => `version=${version(which)}`));
  same(byVersion, 'a version');
  assert.ok(byVersion[1].read < 600, `it begins at a snapshot near it: ${byVersion[1].read} rows`);
  const times = await Promise.all(ids.map(async (id, which) => {
    const { body } = await core.request(`/aggregates/probe/${id}/events?after=${version(which) - 1}&limit=1`);
    return body.events[0].time;
  }));
  const byInstant = await both('probe', ids, look((which) => `at=${times[which]}`));
  const more = byInstant[1].read - byInstant[0].read;
  t.diagnostic(`rows read: ${JSON.stringify({ byVersion: byVersion[1].read, byInstant: byInstant.map(({ read }) => read) })}`);
  assert.ok(more >= 0 && more <= 3 * Math.ceil(Math.log2(lengths[1] / lengths[0])), `${more} rows more for the instant`);
});

test('an instance that never heard of a source takes a delivery from it at version 100,000 at once', async () => {
  const ids = await probes();
  const listeners = ids.map(() => fresh('listener'));
  for (const id of listeners) await append(id);
  for (const id of listeners) await journalled(core, 'probe', id, patient);
  const before = await core.counts();
  const costs = await Promise.all(listeners.map((listener, which) => cost('probe', listener, async () => {
    await tell(ids[which], listener);
    await heard(listener);
    await journalled(core, 'probe', listener, patient);
  })));
  same(costs);
  const after = await core.counts();
  assert.equal(after.calls['/part'] ?? 0, before.calls['/part'] ?? 0, 'nothing before it has to be read from the source');
  for (const [which, id] of listeners.entries()) {
    assert.deepEqual((await core.state('probe', id)).state.heard, [`${ids[which]} ${lengths[which] + 2}`]);
  }
});

test('a deadline costs the same at any length', async (t) => {
  const resource = await addResource(core);
  const ids = lengths.map(() => fresh('claim'));
  const begin = (id, n, day = 1 + 3 * n) =>
    core.command('claim', 'CreateClaim', days(resource, `2027-01-0${day}`, `2027-01-0${day + 1}`), { aggregateId: id });
  for (const [n, id] of ids.entries()) {
    await begin(id, n);
    await settled(core, id);
    await journalled(core, 'claim', id);
  }
  await core.stop();
  // As if the resource had not answered: they are PENDING, and what follows changes nothing of that.
  const due = Date.now() + 40_000;
  ids.forEach((id, which) => inDatabase(core, 'claim', id, (database) => {
    database.exec('DELETE FROM events WHERE version > 1');
    database.prepare("UPDATE events SET data = json_set(data, '$.confirmBy', ?) WHERE version = 1").run(new Date(due).toISOString());
    lengthen(database, lengths[which], 'HoldReturned', JSON.stringify({ resourceId: resource }));
  }));
  ids.forEach((id) => journalledTo('claim', id));
  await core.start();
  for (const [n, id] of ids.entries()) {
    const { body } = await begin(id, n);
    assert.equal(body.code, 'CLAIM_EXISTS', 'it is awake, and has set its alarm');
    assert.equal((await core.state('claim', id)).state.status, 'PENDING');
  }
  assert.ok(Date.now() < due - 3_000, 'the runtime was back in time');
  const costs = await both('claim', ids, async (id) => {
    const { status } = await settled(core, id, { within: 60_000 });
    assert.equal(status, 'EXPIRED');
    await journalledUpTo(id, 'claim');
  });
  t.diagnostic(JSON.stringify(costs[1]));
  same(costs);
});
