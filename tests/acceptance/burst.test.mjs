// A burst of events of one stream: its letters carry what it has to say together, and so do the receipts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journalled } from './journal.mjs';

const core = await serve('probe', {}, { switched: true });
const [events, handful] = [100, 5];
const patient = { within: 60_000 };

/** What is sent and called while this is done, and until nothing more has been for a while. */
async function counted(work) {
  const quiet = async () => {
    for (let before = '', now; ; before = now) {
      now = JSON.stringify(await core.counts());
      if (now === before) return JSON.parse(now);
      await new Promise((done) => setTimeout(done, 1_500));
    }
  };
  const before = await quiet();
  await work();
  const after = await quiet();
  const more = (kind, name) => (after[kind][name] ?? 0) - (before[kind][name] ?? 0);
  return {
    bus: more('messages', 'BUS'), journal: more('calls', '/append'),
    delivered: more('calls', '/deliver'), settled: more('calls', '/settled'), parts: more('calls', '/part'), spans: more('calls', '/span'),
  };
}

/** What a burst may cost: few messages and calls, each brought once, and one receipt for each message at most; nothing is read again. */
function isCheap({ bus, journal, delivered, settled, parts, spans }) {
  assert.ok(journal >= 1 && journal <= handful, `${journal} calls of the journal`);
  assert.ok(bus <= handful, `${bus} messages on the bus`);
  assert.ok(delivered <= bus, `${delivered} deliveries of ${bus} messages`);
  assert.ok(settled <= bus, `${settled} receipts for ${bus} messages`);
  assert.deepEqual([parts, spans], [0, 0]);
}

test(`${events} events that another instance wants cost a handful of messages, and one receipt each`, async (t) => {
  const [id, to] = [fresh('probe'), fresh('probe')];
  const costs = await counted(async () => {
    await core.send('probe', 'Tell', { to, count: events }, { aggregateId: id });
    await until('all are heard', async () => (await core.state('probe', to))?.state.heard.length === events, patient);
    for (const one of [id, to]) await journalled(core, 'probe', one, patient);
  });
  t.diagnostic(JSON.stringify(costs));
  // What the other one appends has messages of its own.
  assert.ok(costs.bus >= 1);
  isCheap(costs);
});

test(`${events} commands that one event each asks of another instance cost a handful of messages`, async (t) => {
  const [id, of] = [fresh('probe'), fresh('probe')];
  const costs = await counted(async () => {
    await core.send('probe', 'Ask', { of, count: events }, { aggregateId: id });
    await until('all are heard', async () => (await core.state('probe', of))?.state.heard.length === events, patient);
    for (const one of [id, of]) await journalled(core, 'probe', one, patient);
  });
  t.diagnostic(JSON.stringify(costs));
  assert.ok(costs.bus >= 1);
  isCheap(costs);
});

test(`${events} events that nobody wants cost no message on the bus`, async (t) => {
  const id = fresh('probe');
  const costs = await counted(async () => {
    await core.send('probe', 'Append', { count: events }, { aggregateId: id });
    await journalled(core, 'probe', id, patient);
  });
  t.diagnostic(JSON.stringify(costs));
  assert.equal(costs.bus, 0);
  isCheap(costs);
});

test(`${events} commands that come at once cost far fewer messages than events`, async (t) => {
  const [id, to] = [fresh('probe'), fresh('probe')];
  const costs = await counted(async () => {
    await Promise.all(Array.from({ length: events }, () => core.send('probe', 'Tell', { to, count: 1 }, { aggregateId: id })));
    await until('all are heard', async () => (await core.state('probe', to))?.state.heard.length === events, patient);
    for (const one of [id, to]) await journalled(core, 'probe', one, patient);
  });
  t.diagnostic(JSON.stringify(costs));
  assert.ok(costs.bus <= events / 4, `${costs.bus} messages on the bus`);
  assert.ok(costs.settled <= costs.bus, `${costs.settled} receipts`);
  assert.ok(costs.journal <= events, `${costs.journal} calls of the journal`);
});
