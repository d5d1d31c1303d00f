// Old event versions are lifted wherever they are read, and what is stored stays as it is. A database from the past is
// made here by writing old rows into the one of an object while the runtime is stopped.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkOrder } from './events.mjs';
import { fresh, serve, until } from './harness.mjs';
import { journalOf, journalled } from './journal.mjs';
import { inDatabase, rows } from './storage.mjs';
import { token } from './tokens.mjs';

/** What nobody has confirmed is sent again sooner than the usual minute. */
const soon = { SEND_AGAIN_SECONDS: '20' };

const registered = (core, id) =>
  core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });

/** An event as this or an earlier release would have stored it. */
function insert(database, version, type, schemaVersion, data) {
  const time = Date.UTC(2026, 0, 2) + version;
  const id = `018f0000-0000-7000-8000-${String(version).padStart(12, '0')}`;
  database
    .prepare(
      'INSERT INTO events (version, id, type, schema_version, time, command_id, metadata, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    .run(version, id, type, schemaVersion, time, `old-${version}`, '{}', data);
}

const all = 'SELECT * FROM events ORDER BY version';
/** The same report as each schema version stores it. */
const [v1, v2, v3] = [
  '{"status":"WARN","value":21.5,"at":1767268800250}',
  '{"status":"WARN","value":21.5,"observedAt":"2026-01-01T12:00:00.250Z"}',
  '{"status":"WARN","reading":21.5,"observedAt":"2026-01-01T12:00:00.250Z"}',
];
const now = JSON.parse(v3);

/** A meter whose stream has a report of each schema version, on a runtime that is stopped. */
async function oldMeter(core) {
  const id = fresh('meter');
  await registered(core, id);
  await journalled(core, 'meter', id);
  await core.stop();
  inDatabase(core, 'meter', id, (database) => {
    for (const [index, data] of [v1, v2, v3].entries()) insert(database, index + 2, 'MeterUpdated', index + 1, data);
  });
  return [id, rows(core, 'meter', id, all)];
}

/** Puts older data of some versions into the journal, each of the schema version before. The runtime is stopped. */
function journalAsOf(core, id, older) {
  inDatabase(core, 'journal', 'meter/0', (database) => {
    for (const { position, appends } of database.prepare('SELECT position, appends FROM entries').all()) {
      const changed = JSON.parse(appends);
      for (const event of changed.filter((append) => append.id === id).flatMap(({ events }) => events)) {
        const version = Number(event.sequence);
        if (!older[version]) continue;
        Object.assign(event, { data: JSON.parse(older[version]), dataschema: `urn:edgefold:meter:MeterUpdated:${version - 1}` });
      }
      database.prepare('UPDATE entries SET appends = ? WHERE position = ?').run(JSON.stringify(changed), position);
    }
  });
}

/** What is shown of the three reports: each as the current version has it. */
function checkLifted(events) {
  checkOrder(events);
  for (const { type, data, dataschema } of events.slice(1, 4)) {
    assert.deepEqual([type, data], ['MeterUpdated', now]);
    assert.equal(dataschema, 'urn:edgefold:meter:MeterUpdated:3');
  }
}

/** The same of what GraphQL shows: a list of its events. */
function checkLiftedEvents(events) {
  assert.deepEqual(events.slice(0, 4).map(({ version }) => version), [1, 2, 3, 4]);
  for (const { type, data, dataSchema } of events.slice(1, 4)) {
    assert.deepEqual([type, data, dataSchema], ['MeterUpdated', now, 'urn:edgefold:meter:MeterUpdated:3']);
  }
}

const shown = 'type version dataSchema data';

/** What GraphQL shows of the stream: its history, and everything that can be subscribed to. */
async function checkGraphql(core, id, count) {
  const page = `query ($id: ID!) { events(aggregateType: METER, aggregateId: $id) { nodes { ${shown} } edges { node { ${shown} } } } }`;
  const { events } = await core.ask(page, { id });
  for (const list of [events.nodes, events.edges.map(({ node }) => node)]) checkLiftedEvents(list);

  const talker = await (await core.talk()).init(token('operator', 'sam'));
  const [one, bare, all] = [
    `meter(id: $id, after: "0") { event { ${shown} } meter { reading observedAt readings } }`,
    `events(aggregateType: METER, aggregateId: $id, after: "0") { ${shown} }`,
    `meters(filter: { ownerId: "ana" }, after: "0") { event { ${shown} aggregateId } }`,
  ].map((field) => talker.subscribe(`subscription ${field.includes('$id') ? '($id: ID!)' : ''} { it: ${field} }`, { id }));
  const items = async (operation) => (await talker.next(operation, count)).map(({ data }) => data.it);
  const states = await items(one);
  checkLiftedEvents(states.map(({ event }) => event));
  assert.deepEqual(states.slice(0, 4).map(({ meter }) => meter.readings), [0, 1, 2, 3]);
  for (const { meter } of states.slice(1, 4)) assert.deepEqual([meter.reading, meter.observedAt], [now.reading, now.observedAt]);
  checkLiftedEvents(await items(bare));
  const category = (await items(all)).map(({ event }) => event);
  assert.deepEqual(new Set(category.map(({ aggregateId }) => aggregateId)), new Set([id]));
  checkLiftedEvents(category);
  talker.terminate();
}

// Each has a runtime of its own, and some wait for an alarm: side by side.
describe('a stream from another release', { concurrency: true }, () => {
  for (const [how, wake] of Object.entries({
    'by the alarm': undefined,
    'with the next command': (core, id) =>
      core.send('meter', 'UpdateMeter', { status: 'OK', reading: 1, observedAt: '2026-01-02T00:00:00Z' }, { aggregateId: id }),
  })) {
    test(`events of old versions are lifted at every door, in the journal and in the read model, sent ${how}`, async () => {
      const core = await serve('probe', soon);
      const [id, stored] = await oldMeter(core);
      assert.deepEqual(stored.slice(1).map(({ schema_version, data }) => [schema_version, data]), [[1, v1], [2, v2], [3, v3]]);
      await core.start();

      // The fold, now and then.
      const { version, state } = await core.state('meter', id);
      assert.deepEqual([version, state.status, state.reading, state.observedAt], [4, now.status, now.reading, now.observedAt]);
      assert.deepEqual([state.readings, state.late], [3, 0]);
      for (const [at, readings] of [[1, 0], [2, 1], [3, 2], [4, 3]]) {
        const { body } = await core.request(`/aggregates/meter/${id}?version=${at}`);
        assert.deepEqual([body.state.readings, body.state.reading], [readings, readings ? now.reading : undefined]);
      }
      // The stream, as a page and on the socket.
      checkLifted(await core.events('meter', id));
      const watcher = await core.watch('meter', id);
      await watcher.caughtUp();
      checkLifted(watcher.events);
      const { meter: past } = await core.ask('query ($id: ID!) { meter(id: $id, atVersion: 2) { reading observedAt } }', { id });
      assert.deepEqual(past, { reading: now.reading, observedAt: now.observedAt });

      // What nobody has confirmed is sent: the object's stored events are its outbox.
      await wake?.(core, id); // or the alarm rings, 60 s after the first event
      checkLifted(await journalled(core, 'meter', id, { within: 90_000 }));
      const head = (await core.state('meter', id)).version;
      const row = 'version status reading observedAt readings late';
      const { meter } = await core.ask(`query ($id: ID!) { meter(id: $id) { ${row} } }`, { id });
      const current = (await core.state('meter', id)).state;
      assert.deepEqual(meter, {
        version: head, status: current.status, reading: current.reading, observedAt: current.observedAt,
        readings: current.readings, late: current.late,
      });
      const least = [{ type: 'METER', id, version: head }];
      const { meters } = await core.ask(`query ($least: [MinVersion!]) { meters(minVersion: $least) { nodes { ${row} } } }`, { least });
      assert.deepEqual(meters.nodes, [meter]);
      checkLifted(journalOf(core, 'meter', id).map(({ event }) => event));
      await checkGraphql(core, id, head);

      // An earlier release has journalled what was current then: a category, which is fed from there, lifts it too.
      await core.stop();
      journalAsOf(core, id, { 2: v1, 3: v2 });
      await core.start();
      assert.deepEqual(journalOf(core, 'meter', id).slice(1, 3).map(({ event }) => event.data), [v1, v2].map((data) => JSON.parse(data)));
      await checkGraphql(core, id, head);

      // What is stored is what was stored.
      await core.stop();
      assert.deepEqual(rows(core, 'meter', id, all).slice(0, stored.length), stored);
    });
  }

  test('an event of a type that nobody knows is a fault of its stream, and of no other', async () => {
    const core = await serve();
    const [broken, sound] = [fresh('meter'), fresh('meter')];
    for (const id of [broken, sound]) {
      await registered(core, id);
      await journalled(core, 'meter', id);
    }
    await core.stop();
    inDatabase(core, 'meter', broken, (database) => insert(database, 2, 'MeterPainted', 1, '{"colour":"red"}'));
    const stored = rows(core, 'meter', broken, all);
    await core.start();

    const report = { status: 'OK', reading: 1, observedAt: '2026-01-02T00:00:00Z' };
    const faults = [
      await core.request(`/aggregates/meter/${broken}`),
      await core.request(`/aggregates/meter/${broken}/events`),
      await core.request(`/aggregates/meter/${broken}?version=2`),
      await core.command('meter', 'UpdateMeter', report, { aggregateId: broken }),
    ];
    for (const { status, headers, body } of faults) {
      assert.deepEqual([status, body.code, body.status], [503, 'NEWER_CODE_NEEDED', 503]);
      assert.equal(headers.get('content-type'), 'application/problem+json');
      assert.doesNotMatch(JSON.stringify(body), /MeterPainted/, 'the text of a fault is for the log');
    }
    const refusal = await core.watch('meter', broken).then(() => undefined, (error) => error);
    assert.equal(refusal?.status, 503);
    const [one, other] = (await core.post('/commands', [
      { aggregateType: 'meter', aggregateId: broken, name: 'UpdateMeter', payload: report },
      { aggregateType: 'meter', aggregateId: sound, name: 'UpdateMeter', payload: report },
    ])).body;
    assert.deepEqual([one.status, one.code, other.status], [503, 'NEWER_CODE_NEEDED', 202]);
    assert.ok((await core.logs()).some(({ message }) => /MeterPainted/.test(message)), 'the log names it');

    // The others are served, and what they append arrives.
    await journalled(core, 'meter', sound);
    const fine = fresh('meter');
    await registered(core, fine);
    await journalled(core, 'meter', fine);
    await core.stop();
    assert.deepEqual(rows(core, 'meter', broken, all), stored);
  });

  test('an event of a version that this code does not know yet is a fault of its stream too', async () => {
    const core = await serve();
    const id = fresh('meter');
    await registered(core, id);
    await core.stop();
    inDatabase(core, 'meter', id, (database) => insert(database, 2, 'MeterUpdated', 4, v3));
    await core.start();
    const { status, body } = await core.request(`/aggregates/meter/${id}`);
    assert.deepEqual([status, body.code], [503, 'NEWER_CODE_NEEDED']);
  });

  test('data that do not fit a version that this code knows are unreadable, and no newer code is waited for', async () => {
    const core = await serve();
    const id = fresh('meter');
    await registered(core, id);
    await core.stop();
    inDatabase(core, 'meter', id, (database) => insert(database, 2, 'MeterUpdated', 3, v1));
    await core.start();
    const { status, body } = await core.request(`/aggregates/meter/${id}`);
    assert.deepEqual([status, body.code], [500, 'UNREADABLE']);
  });

  test('a stream that was unreadable goes on by itself as soon as it can be read', async () => {
    const core = await serve('probe', soon);
    const id = fresh('meter');
    await registered(core, id);
    await journalled(core, 'meter', id);
    await core.stop();
    inDatabase(core, 'meter', id, (database) => {
      insert(database, 2, 'MeterUpdated', 3, v3);
      insert(database, 3, 'MeterPainted', 1, '{}');
    });
    await core.start();
    // The alarm that was set with the first event rings, and finds a stream that it cannot read.
    await until('the alarm has rung', async () => (await core.logs()).some(({ message }) => /MeterPainted/.test(message)), {
      within: 40_000,
    });
    await core.stop();
    inDatabase(core, 'meter', id, (database) => database.exec('DELETE FROM events WHERE version = 3')); // as a release that knows it
    await core.start();
    await until(
      'what was not sent is sent',
      () => journalOf(core, 'meter', id).length === 2,
      { within: 120_000 },
    );
    await journalled(core, 'meter', id);
  });
});
