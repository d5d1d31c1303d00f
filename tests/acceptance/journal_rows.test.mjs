// What an event costs in the journal and in D1: rows written, alone and in batches, and calls.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { counters as countersOf, journalled, row } from './journal.mjs';

const core = await serve('probe', {}, { switched: true });
const patient = { within: 60_000 };
const append = (id, count = 1) => core.send('probe', 'Append', { count }, { aggregateId: id });
const counters = () => countersOf(core, 'probe');
const written = async (id, version) => {
  await journalled(core, 'probe', id, patient);
  await until('the row is there', async () => (await row(core, 'probe', id))?.version === version, patient);
};

/** Rows that the journal writes, and calls to D1, for so many events. */
async function cost(events, work) {
  const [before, calls] = [await counters(), await core.d1Calls()];
  // An object that nobody asks anything falls asleep, and forgets what it has counted.
  const awake = setInterval(() => counters().catch(() => {}), 2_000);
  await work().finally(() => clearInterval(awake));
  const after = await counters();
  assert.ok(after.rowsRead >= before.rowsRead, 'the journal was not unloaded meanwhile');
  return { rows: (after.rowsWritten - before.rowsWritten) / events, calls: ((await core.d1Calls()) - calls) / events };
}

test('an event that comes alone costs two rows and one call to D1, whether its stream is new or old', async (t) => {
  const [warm, old] = [fresh('probe'), fresh('probe')];
  for (const id of [warm, old]) {
    await append(id);
    await written(id, 1);
  }
  const streams = Array.from({ length: 10 }, () => fresh('probe'));
  const young = await cost(streams.length, async () => {
    for (const id of streams) {
      await append(id);
      await written(id, 1);
    }
  });
  const later = await cost(10, async () => {
    for (let version = 2; version <= 11; version++) {
      await append(old);
      await written(old, version);
    }
  });
  t.diagnostic(JSON.stringify({ young, later }));
  for (const { rows, calls } of [young, later]) {
    assert.ok(rows <= 2, `${rows} rows`);
    // The test itself asks D1 past the switch. Now and then a checkpoint goes along, and costs no call.
    assert.ok(calls <= 1.1, `${calls} calls`);
  }
});

test('a hundred events at once cost little more than a row each, of one stream or of many', async (t) => {
  const one = fresh('probe');
  const ofOne = await cost(100, async () => {
    await append(one, 100);
    await written(one, 100);
  });
  const many = Array.from({ length: 100 }, () => fresh('probe'));
  const ofMany = await cost(100, async () => {
    await Promise.all(many.map((id) => append(id)));
    for (const id of many) await written(id, 1);
  });
  t.diagnostic(JSON.stringify({ ofOne, ofMany }));
  assert.ok(ofOne.rows <= 1.2, `${ofOne.rows} rows`);
  assert.ok(ofOne.calls <= 0.1, `${ofOne.calls} calls`);
  // How many come together depends on the machine.
  assert.ok(ofMany.rows < 2, `${ofMany.rows} rows`);
  assert.ok(ofMany.calls < 1, `${ofMany.calls} calls`);
});
