// Subscriptions that resume: everything after the cursor, then live; no loss, no repeat, in order, whatever happens to the
// client, the network, the session or the runtime.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { fresh, serve, until } from './harness.mjs';
import { addResource, cancel, days, reserve, resource101, settled } from './claims.mjs';
import { proxy } from './proxy.mjs';
import { released } from './release.mjs';
import { rows } from './storage.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const operator = token('operator', 'sam');
const talk = async (who = operator) => (await core.talk()).init(who);

const documents = {
  claim: `subscription ($id: ID!, $after: String) { it: claim(id: $id, after: $after) {
    cursor event { id type version aggregateType aggregateId data } claim { id version status userId createdAt } } }`,
  meter: `subscription ($id: ID!, $after: String) { it: meter(id: $id, after: $after) {
    cursor caughtUp event { version } meter { version reading } } }`,
  events: `subscription ($type: AggregateType!, $id: ID!, $after: String) { it: events(aggregateType: $type, aggregateId: $id, after: $after) {
    id cursor type version time aggregateType aggregateId dataSchema data commandId correlationId causationId traceparent actor actorRole } }`,
};
const items = (talker, id) => talker.results(id).map(({ data, errors }) => {
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.it;
});
const cursors = (talker, id) => items(talker, id).map(({ cursor }) => Number(cursor));
const run = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

const reports = (id, from, count) =>
  Array.from({ length: count }, (_, n) => ({
    aggregateType: 'meter',
    aggregateId: id,
    name: 'UpdateMeter',
    payload: { status: 'OK', reading: from + n, observedAt: new Date(Date.UTC(2026, 0, 1) + from + n).toISOString() },
  }));

/** Appends so many events to a meter that is at version `head`. */
async function append(id, head, count) {
  const { status, body } = await core.post('/commands', reports(id, head, count));
  assert.deepEqual([status, new Set(body.map((answer) => answer.status))], [200, new Set([202])]);
}

/** A meter with so many events. */
async function meter(events) {
  const id = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
  for (let head = 1; head < events; head += 100) await append(id, head, Math.min(100, events - head));
  return id;
}

/** Watches a meter after a cursor. */
function watch(talker, id, after) {
  return talker.subscribe(documents.meter, { id, after: after === undefined ? undefined : String(after) });
}

/**
 * Waits until a subscription has come so far; checks that it has each event after `after` once, in order, with its state, and
 * that it says when it has caught up: with an event or, if there was none, with an item of its own.
 */
async function whole(talker, id, after, head) {
  await talker.next(id);
  const bare = items(talker, id)[0].event ? 0 : 1;
  await talker.next(id, bare + head - after);
  await talker.ping();
  const [all, changes] = [items(talker, id), items(talker, id).slice(bare)];
  if (bare) assert.deepEqual(all[0], { cursor: String(after), caughtUp: true, event: null, meter: null });
  assert.deepEqual(changes.map(({ cursor }) => Number(cursor)), run(after + 1, head));
  for (const { event, meter } of changes) {
    assert.deepEqual([meter.version, meter.reading], [event.version, event.version === 1 ? null : event.version - 1]);
  }
  const caughtUp = all.findIndex((item) => item.caughtUp);
  assert.ok(caughtUp >= 0 && all.slice(caughtUp).every((item) => item.caughtUp), 'it has caught up, and stays so');
}

test('the flow of a front end: PENDING at once, CONFIRMED when the resource has answered', async () => {
  const [talker, resource] = [await talk(token('owner', 'ana')), await addResource(core)];
  const command = talker.subscribe(
    'mutation ($input: CreateClaimInput!) { createClaim(input: $input) { ... on Accepted { aggregateId confirmWithinMs } } }',
    { input: days(resource, '2027-01-01', '2027-01-03') },
  );
  const [{ data: { createClaim: { aggregateId: id } } }] = await talker.next(command);
  const watching = talker.subscribe(documents.claim, { id, after: '0' });
  await talker.next(watching, 2);
  const [pending, confirmed] = items(talker, watching);
  assert.deepEqual([pending.claim.status, confirmed.claim.status], ['PENDING', 'CONFIRMED']);
  const [created] = await core.events('claim', id);
  assert.deepEqual(pending, {
    cursor: '1',
    event: { id: created.id, type: 'ClaimCreated', version: 1, aggregateType: 'CLAIM', aggregateId: id, data: created.data },
    claim: { id, version: 1, status: 'PENDING', userId: 'ana', createdAt: created.time },
  });
  // Without a cursor the current state comes at once, with the event that led to it.
  const late = talker.subscribe(documents.claim, { id });
  assert.deepEqual((await talker.next(late))[0].data.it, confirmed);
  await cancel(core, id);
  for (const one of [watching, late]) {
    await talker.next(one, one === late ? 2 : 3);
    assert.equal(items(talker, one).at(-1).claim.status, 'CANCELLED');
  }
});

test('events yields the stream as it is stored, of any aggregate', async () => {
  const [talker, resource] = [await talk(), await addResource(core)];
  const id = await reserve(core, resource, '2027-01-01', '2027-01-03');
  await settled(core, id);
  for (const [type, instance] of [['claim', id], ['resource', resource]]) {
    const watching = talker.subscribe(documents.events, { type: type.toUpperCase(), id: instance });
    const stored = await core.events(type, instance);
    await talker.next(watching, stored.length);
    const shown = ({ dataschema, commandid, correlationid = null, causationid = null, traceparent = null, ...event }) => ({
      id: event.id, cursor: String(Number(event.sequence)), type: event.type, version: Number(event.sequence), time: event.time,
      aggregateType: type.toUpperCase(), aggregateId: event.subject, dataSchema: dataschema, data: event.data, commandId: commandid,
      correlationId: correlationid, causationId: causationid, traceparent,
      actor: event.actorrole === 'system' ? null : event.actor, actorRole: event.actorrole === 'system' ? null : event.actorrole.toUpperCase(),
    });
    assert.deepEqual(items(talker, watching), stored.map(shown));
    const rest = talker.subscribe(documents.events, { type: type.toUpperCase(), id: instance, after: '1' });
    await talker.next(rest, stored.length - 1);
    assert.deepEqual(items(talker, rest), stored.slice(1).map(shown));
  }
});

test('every aggregate can be watched', async () => {
  const talker = await talk();
  const send = async (type, name, payload) => [type, (await core.send(type, name, payload)).aggregateId];
  const resource = await send('resource', 'AddResource', resource101);
  const made = [
    resource,
    await send('claim', 'CreateClaim', days(resource[1], '2027-01-01', '2027-01-03')),
    await send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }),
  ];
  for (const [type, id] of made) {
    const watching = talker.subscribe(`subscription { it: ${type}(id: "${id}", after: "0") { cursor event { aggregateType } ${type} { id version } } }`);
    const [{ data }] = await talker.next(watching);
    assert.deepEqual(data.it, { cursor: '1', event: { aggregateType: type.toUpperCase() }, [type]: { id, version: 1 } });
  }
});

test('a cursor that is none, or ahead of the stream, is refused clearly', async () => {
  const [talker, id] = [await talk(), await meter(3)];
  for (const after of ['4', '-1', '', 'x', '1.5', '99999999999999999999']) {
    const { type, payload } = await talker.ended(watch(talker, id, after));
    assert.deepEqual([type, payload[0].extensions.code], ['error', 'INVALID_CURSOR'], after);
  }
  const { payload } = await talker.ended(talker.subscribe(documents.events, { type: 'METER', id, after: '4' }));
  assert.equal(payload[0].extensions.code, 'INVALID_CURSOR');
  await whole(talker, watch(talker, id, 2), 2, 3);
});

test('what is not there and what is not theirs look the same', async () => {
  const id = await reserve(core, await addResource(core), '2027-01-01', '2027-01-03');
  const asked = async (who, of, variables) => {
    const talker = await talk(who);
    const { type, payload } = await talker.ended(talker.subscribe(documents[of], variables));
    assert.equal(type, 'error');
    return payload[0].extensions.code;
  };
  for (const who of [token('owner', 'ben'), token('machine', 'ana'), token('admin', 'ana')]) {
    for (const instance of [id, fresh('none')]) {
      assert.equal(await asked(who, 'claim', { id: instance }), 'UNKNOWN_INSTANCE');
      assert.equal(await asked(who, 'events', { type: 'CLAIM', id: instance }), 'UNKNOWN_INSTANCE');
    }
  }
  assert.equal(await asked(operator, 'claim', { id: fresh('none') }), 'UNKNOWN_INSTANCE');
  assert.equal(await asked(operator, 'events', { type: 'SPACESHIP', id }), 'GRAPHQL_VALIDATION_FAILED');
  assert.equal(await asked(operator, 'claim', { id: 'a/b' }), 'INVALID_FIELD');
});

test('backfill, then live', async () => {
  const [talker, id] = [await talk(), await meter(250)];
  const [all, tail, live] = [watch(talker, id, 0), watch(talker, id, 249), watch(talker, id, 250)];
  await whole(talker, all, 0, 250);
  await whole(talker, tail, 249, 250);
  await whole(talker, live, 250, 250);
  assert.deepEqual(items(talker, all).findIndex(({ caughtUp }) => caughtUp), 249, 'with the last event that was there');
  await append(id, 250, 1);
  await append(id, 251, 3);
  for (const [watching, after] of [[all, 0], [tail, 249], [live, 250]]) await whole(talker, watching, after, 254);
});

test('exactly once over the handover, however the joins and the appends interleave', async () => {
  const [id, talkers] = [await meter(1_000), await Promise.all(Array.from({ length: 4 }, () => talk()))];
  let head = 1_000;
  const watching = [];
  for (let round = 0; round < 16; round++) {
    const [talker, after] = [talkers[round % 4], [0, 1, 700, 999, 1_000][round % 5]];
    watching.push([talker, watch(talker, id, after), after]);
    await append(id, head, 20);
    head += 20;
  }
  for (const [talker, one, after] of watching) await whole(talker, one, after, head);
});

test('a session that hibernates is woken by an event, which comes to the right operation', async () => {
  const [talker, meters] = [await talk(), [await meter(1), await meter(1)]];
  const watching = meters.map((id) => watch(talker, id, 0));
  await Promise.all(watching.map((one) => talker.next(one)));
  for (let head = 1; head < 4; head++) {
    assert.ok(await core.evictSessions());
    talker.say('{"type":"ping"}'); // answered without the session
    await until('it is answered', () => talker.frames.filter(({ type }) => type === 'pong').length >= head);
    await append(meters[head % 2], Math.ceil(head / 2), 1);
    await talker.next(watching[head % 2], Math.ceil(head / 2) + 1);
  }
  assert.deepEqual(watching.map((one) => cursors(talker, one)), [[1, 2], [1, 2, 3]]);
  // Both asleep, the session and what it follows.
  await core.evictSessions();
  for (const id of meters) await core.evict('meter', id);
  await append(meters[0], 2, 1);
  await whole(talker, watching[0], 0, 3);
  // And it can still be spoken to.
  await core.evictSessions();
  talker.complete(watching[0]);
  const another = watch(talker, meters[0], 1);
  await whole(talker, another, 1, 3);
  await append(meters[0], 3, 1);
  await whole(talker, another, 1, 4);
  assert.deepEqual(cursors(talker, watching[0]), [1, 2, 3]);
});

test('events that come while everything is evicted again and again come once, in order', async () => {
  const [talker, id] = [await talk(), await meter(1)];
  const watching = watch(talker, id, 0);
  await talker.next(watching);
  let done = false;
  const evicting = (async () => {
    while (!done) await Promise.all([core.evictSessions(), core.evict('meter', id)]);
  })();
  for (let head = 1; head < 201; head += 10) await append(id, head, 10);
  done = true;
  await evicting;
  await talker.next(watching, 201).catch(() => {});
  assert.deepEqual(cursors(talker, watching), run(1, 201));
});

test('a client whose connection a proxy cuts again and again sees one stream without gaps', async () => {
  const id = await meter(1);
  const network = await proxy(core);
  const client = createClient({
    url: `${network.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${operator}` },
    retryAttempts: 0,
  });
  const seen = [];
  const writer = (async () => {
    for (let head = 1; head < 301; head += 10) await append(id, head, 10);
  })();
  while (seen.length < 301) {
    const variables = { id, after: String(seen.length) };
    const before = seen.length;
    try {
      for await (const { data } of client.iterate({ query: documents.meter, variables })) {
        if (!data.it.event) continue; // it has caught up with the writer
        seen.push(Number(data.it.cursor));
        if (seen.length >= 301) break;
        if (seen.length - before >= 40) network.cut();
      }
    } catch {
      // cut off: it comes back with its cursor
    }
  }
  await writer;
  assert.deepEqual(seen, run(1, 301));
  await client.dispose();
});

test('after the runtime is killed a client comes back with its cursor, and gets what it missed', async () => {
  const [before, id] = [await talk(), await meter(5)];
  const watching = watch(before, id, 0);
  await whole(before, watching, 0, 5);
  await core.killAndRestart();
  await before.closed;
  await append(id, 5, 2);
  const after = await talk();
  const again = watch(after, id, cursors(before, watching).at(-1));
  await whole(after, again, 5, 7);
  await append(id, 7, 1); // the follower that died with its socket holds nobody up
  await whole(after, again, 5, 8);
});

test('after a new deploy a client comes back with its cursor, and gets what it missed', async () => {
  const [before, id] = [await talk(), await meter(3)];
  const watching = watch(before, id, 0);
  await whole(before, watching, 0, 3);
  await released(core, async () => {
    await before.closed;
    await append(id, 3, 2);
    const after = await talk();
    await whole(after, watch(after, id, 3), 3, 5);
  });
});

test('a client that does not read is closed with 4430 and misses nothing; nobody waits for it', async () => {
  const id = await meter(1);
  const [stuck, reads] = [await talk(), await talk()];
  const [slow, fast] = [watch(stuck, id, 0), watch(reads, id, 0)];
  await Promise.all([stuck.next(slow), reads.next(fast)]);
  stuck.pause();
  for (let head = 1; head < 12_001; head += 100) await append(id, head, 100);
  await whole(reads, fast, 0, 12_001);
  await new Promise((done) => setTimeout(done, 12_000)); // longer than a reader may take to answer
  stuck.resume();
  const { code, reason } = await stuck.closed;
  assert.deepEqual([code, reason], [4430, 'Slow consumer: come back with your cursors']);
  const last = cursors(stuck, slow).at(-1);
  assert.ok(last < 12_001, 'not all of it was sent');
  assert.deepEqual(cursors(stuck, slow), run(1, last));
  const back = await talk();
  await whole(back, watch(back, id, last), last, 12_001);
});

test('a client that answers no question gets a window, and no more', async () => {
  const id = await meter(8_000);
  const naive = await core.talk({ answers: false });
  await naive.init(operator);
  const watching = watch(naive, id, 0);
  const { payload } = await naive.frame('ping', ({ type }) => type === 'ping');
  await naive.ping();
  const had = cursors(naive, watching).length;
  assert.ok(had < 8_000, `${had} of 8000 events`);
  naive.say({ type: 'pong', payload: { number: payload.number + 1 } }); // answers another question
  await naive.ping();
  assert.equal(cursors(naive, watching).length, had);
  await core.evictSessions();
  naive.say({ type: 'pong', payload });
  await naive.next(watching, Math.min(8_000, had + 100));
  assert.deepEqual(cursors(naive, watching), run(1, cursors(naive, watching).length));
});

test('who closes its socket is forgotten, with everything that was kept for it', async () => {
  const [talker, resource] = [await talk(), await addResource(core)];
  const watching = talker.subscribe('subscription ($id: ID!) { resource(id: $id) { cursor } }', { id: resource });
  await talker.next(watching);
  await talker.close();
  const followers = () => rows(core, 'resource', resource, 'SELECT session FROM followers');
  await until('the resource forgets it', async () => {
    await core.stop();
    const left = followers();
    await core.start();
    return left.length === 0;
  });
  await core.stop();
  const folder = join(core.storage, `do/${core.script}-SessionObject`);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite')) {
    const database = new DatabaseSync(join(folder, file));
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = 'operations'").all();
    if (tables.length) assert.ok(database.prepare('SELECT * FROM operations').all().every(({ asked }) => !asked.includes(resource)));
    database.close();
  }
  await core.start();
});
