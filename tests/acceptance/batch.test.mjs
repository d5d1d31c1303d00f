// Several commands at once: as an array at `POST /commands`, and as `commands` on the native socket.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder, isUuid7, isUuid8 } from './events.mjs';
import { fresh, serve, until } from './harness.mjs';
import { addResource, days, resource101, settled } from './claims.mjs';

const core = await serve();

const add = (aggregateId, more = {}) => ({ aggregateType: 'resource', aggregateId, name: 'AddResource', payload: resource101, ...more });
const close = (aggregateId, more = {}) => ({ aggregateType: 'resource', aggregateId, name: 'CloseResource', payload: {}, ...more });
const report = (aggregateId, reading, more = {}) => ({
  aggregateType: 'meter',
  aggregateId,
  name: 'UpdateMeter',
  payload: { status: 'OK', reading, observedAt: new Date(Date.UTC(2026, 0, 1) + reading).toISOString() },
  ...more,
});
const register = (aggregateId) => ({
  aggregateType: 'meter', aggregateId, name: 'RegisterMeter', payload: { model: 'Thermo 2', ownerId: 'ana' },
});

/** Sends a batch that is answered by itself; gives the answers. */
async function batch(items, headers) {
  const { status, headers: told, body } = await core.post('/commands', items, headers);
  assert.equal(status, 200, JSON.stringify(body));
  assert.match(told.get('content-type'), /^application\/json/);
  assert.equal(body.length, items.length);
  return body;
}
const statuses = (answers) => answers.map(({ status }) => status);
const versions = (answers) => answers.map(({ version }) => version);

// ── over HTTP ──

test('commands for one instance are decided in the order in which they stand', async () => {
  const id = fresh('meter');
  const answers = await batch([register(id), ...[1, 2, 3, 4].map((reading) => report(id, reading))]);
  assert.deepEqual(statuses(answers), [202, 202, 202, 202, 202]);
  assert.deepEqual(versions(answers), [1, 2, 3, 4, 5]);
  const events = await core.events('meter', id);
  checkOrder(events);
  assert.deepEqual(events.slice(1).map(({ data }) => data.reading), [1, 2, 3, 4]);
});

test('each item is answered what it would have been answered alone', async () => {
  const [id, alone] = [fresh('resource'), fresh('resource')];
  const [answer] = await batch([add(id, { commandId: 'c' })]);
  const single = await core.send('resource', 'AddResource', resource101, { aggregateId: alone, commandId: 'c' });
  const neutral = ({ events, aggregateId, ...rest }) => ({ ...rest, events: events.map(({ id: _, ...event }) => event) });
  assert.deepEqual(neutral(answer), { ...neutral(single), status: 202 });
  const [refused] = await batch([add(id, { commandId: 'd' })]);
  const { body } = await core.command('resource', 'AddResource', resource101, { aggregateId: alone, commandId: 'd' });
  assert.deepEqual(refused, body);
});

test('answers come back in the order of the items, whatever instances they are for', async () => {
  const [a, b, c] = [fresh('resource'), fresh('resource'), fresh('meter')];
  const items = [add(a), register(c), add(b), close(a), report(c, 1), close(b), report(c, 2), add(a)];
  const answers = await batch(items);
  assert.deepEqual(statuses(answers), [202, 202, 202, 202, 202, 202, 202, 422]);
  assert.deepEqual(answers.slice(0, 7).map(({ aggregateId }) => aggregateId), items.slice(0, 7).map(({ aggregateId }) => aggregateId));
  assert.deepEqual(versions(answers), [1, 1, 1, 2, 2, 2, 3, undefined]);
  assert.equal(answers[7].code, 'RESOURCE_EXISTS');
});

test('an item that is refused does not touch the others', async () => {
  const [id, other] = [fresh('resource'), fresh('resource')];
  const answers = await batch([
    add(id),
    7,
    add(id),
    null,
    { aggregateType: 'resource' },
    close(id, { mood: 'good' }),
    { ...add(other), aggregateType: 'spaceship' },
    { ...add(other), name: 'PaintResource' },
    add(other, { payload: { ...resource101, capacity: 0 } }),
    { aggregateType: 'resource', aggregateId: id, name: 'ReleaseResource', payload: { claimId: 'x' } },
    { aggregateType: 'resource', name: 'CloseResource', payload: {} },
    close(id),
  ]);
  assert.deepEqual(statuses(answers), [202, 422, 422, 422, 422, 422, 404, 422, 422, 403, 422, 202]);
  assert.deepEqual(answers.map(({ code }) => code), [
    undefined, 'INVALID_FIELD', 'RESOURCE_EXISTS', 'INVALID_FIELD', 'MISSING_FIELD', 'UNKNOWN_FIELD', 'UNKNOWN_AGGREGATE',
    'UNKNOWN_COMMAND', 'INVALID_FIELD', 'COMMAND_INTERNAL', 'MISSING_FIELD', undefined,
  ]);
  assert.deepEqual((await core.events('resource', id)).map(({ type }) => type), ['ResourceAdded', 'ResourceClosed']);
  assert.equal(await core.state('resource', other), undefined);
});

test('an item may leave its id out when it begins a stream', async () => {
  const item = { aggregateType: 'resource', name: 'AddResource', payload: resource101 };
  const answers = await batch([item, item]);
  assert.deepEqual(statuses(answers), [202, 202]);
  for (const { aggregateId, commandId } of answers) {
    isUuid8(aggregateId);
    isUuid7(commandId);
  }
  assert.notEqual(answers[0].aggregateId, answers[1].aggregateId);
});

test('a batch holds 1 to 100 commands', async () => {
  const id = fresh('meter');
  const full = [register(id), ...Array.from({ length: 99 }, (_, n) => report(id, n))];
  assert.deepEqual(new Set(statuses(await batch(full))), new Set([202]));
  assert.equal((await core.state('meter', id)).version, 100);
  for (const items of [[], [...full, report(id, 100)]]) {
    const { status, body } = await core.post('/commands', items);
    assert.deepEqual([status, body.code, body.field], [422, 'INVALID_BATCH', 'message']);
  }
  assert.equal((await core.state('meter', id)).version, 100);
});

test('a command that stands twice in a batch is decided once', async () => {
  const id = fresh('resource');
  const [first, second, third] = await batch([
    add(id, { commandId: 'c' }), add(id, { commandId: 'c' }), close(id, { commandId: 'c' }),
  ]);
  assert.deepEqual([first.duplicate, second], [false, { ...first, duplicate: true }]);
  assert.deepEqual([third.status, third.code], [422, 'IDEMPOTENCY_KEY_REUSED']);
  assert.equal((await core.events('resource', id)).length, 1);
});

test('a batch that is sent again is answered its first outcomes', async () => {
  const id = fresh('meter');
  const items = [register(id), report(id, 1), report(id, 2)].map((item, n) => ({ ...item, commandId: `c${n}` }));
  const first = await batch(items);
  await core.evict('meter', id);
  assert.deepEqual(await batch(items), first.map((answer) => ({ ...answer, duplicate: true })));
  assert.equal((await core.events('meter', id)).length, 3);
});

test('three hundred commands that are sent again to an object that was unloaded are answered their first outcomes', async () => {
  const id = fresh('meter');
  await batch([register(id)]);
  // The places of most of them are stored together; the latest are found in the last events.
  const items = (round) => Array.from({ length: 100 }, (_, n) => ({ ...report(id, 100 * round + n), commandId: `c${round}-${n}` }));
  const first = [];
  for (const round of [0, 1, 2]) first.push(await batch(items(round)));
  await core.evict('meter', id);
  for (const round of [2, 0, 1]) {
    assert.deepEqual(await batch(items(round)), first[round].map((answer) => ({ ...answer, duplicate: true })));
  }
  assert.equal((await core.events('meter', id)).length, 301);
});

test('expected versions chain within a batch', async () => {
  const id = fresh('meter');
  const answers = await batch([
    { ...register(id), expectedVersion: 0 },
    report(id, 1, { expectedVersion: 1 }),
    report(id, 2, { expectedVersion: 1 }), // behind: the one before it has moved the head
    report(id, 3, { expectedVersion: 2 }),
    report(id, 4, { expectedVersion: 9 }),
    report(id, 5),
  ]);
  assert.deepEqual(statuses(answers), [202, 202, 409, 202, 409, 202]);
  assert.deepEqual(answers.map(({ currentVersion }) => currentVersion), [undefined, undefined, 2, undefined, 3, undefined]);
  assert.deepEqual((await core.events('meter', id)).slice(1).map(({ data }) => data.reading), [1, 3, 5]);
});

test('commands that rest on another object are decided in their place too', async () => {
  const resource = await addResource(core);
  const [one, two] = [fresh('claim'), fresh('claim')];
  const claim = (aggregateId, from, to) => ({
    aggregateType: 'claim', aggregateId, name: 'CreateClaim', payload: days(resource, from, to),
  });
  const cancelling = { aggregateType: 'claim', aggregateId: one, name: 'CancelClaim', payload: {} };
  const answers = await batch([
    claim(one, '2027-01-01', '2027-01-03'), claim(two, '2027-01-02', '2027-01-04'), cancelling, claim(one, '2027-01-01', '2027-01-03'),
  ]);
  assert.deepEqual(statuses(answers), [202, 202, 202, 422]);
  assert.deepEqual(versions(answers), [1, 1, 2, undefined]);
  assert.equal((await settled(core, one)).status, 'CANCELLED');
  await settled(core, two);
});

test('batches for one instance that are sent at once leave one stream without gaps', async () => {
  const id = fresh('meter');
  await batch([register(id)]);
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, b) => batch(Array.from({ length: 25 }, (_, n) => report(id, 1000 * b + n)))),
  );
  const told = all.flatMap(versions);
  assert.deepEqual([...told].sort((a, b) => a - b), Array.from({ length: 200 }, (_, n) => n + 2));
  for (const answers of all) assert.deepEqual(versions(answers), [...versions(answers)].sort((a, b) => a - b));
  checkOrder(await core.events('meter', id));
});

test('an Idempotency-Key is the command id of a single command', async () => {
  const [id, key] = [fresh('resource'), fresh('key')];
  const post = (message) => core.post('/commands', message, { 'idempotency-key': key });
  const first = await post(add(id));
  assert.deepEqual([first.status, first.body.commandId, first.body.duplicate], [202, key, false]);
  for (const message of [add(id), add(id, { commandId: key })]) {
    const { status, body } = await post(message);
    assert.deepEqual([status, body], [202, { ...first.body, duplicate: true }]);
  }
  const { status, body } = await post(close(id));
  assert.deepEqual([status, body.code], [422, 'IDEMPOTENCY_KEY_REUSED']);
});

test('an Idempotency-Key that names another command than the body, is no id, or comes with a batch is refused', async () => {
  const id = fresh('resource');
  for (const [key, message] of [
    ['one', add(id, { commandId: 'other' })],
    ['a b', add(id)],
    ['a/b', add(id)],
    ['', add(id)],
    ['x'.repeat(129), add(id)],
    ['one', [add(id)]],
  ]) {
    const { status, body } = await core.post('/commands', message, { 'idempotency-key': key });
    assert.deepEqual([status, body.code, body.field], [422, 'INVALID_FIELD', 'Idempotency-Key'], `key ${key}`);
  }
  assert.equal(await core.state('resource', id), undefined);
});

// ── on the native socket ──

const answersOf = (watcher) => watcher.frames.filter(({ type }) => type === 'accepted' || type === 'rejected');
/** Waits until so many commands were answered; gives the answers. */
const answered = (watcher, count) =>
  until(`${count} commands are answered`, () => answersOf(watcher).length >= count && answersOf(watcher));
const asked = (id, { name, payload }, more = {}) => ({ id, name, payload, ...more });

/** A meter that is watched by a client that has caught up. */
async function watchedMeter() {
  const id = fresh('meter');
  await batch([register(id)]);
  const watcher = await core.watch('meter', id);
  await watcher.caughtUp();
  return [id, watcher];
}

test('a command on the socket is answered with its id, and its event arrives as well', async () => {
  const [id, watcher] = await watchedMeter();
  watcher.say({ type: 'command', ...asked('7', report(id, 21.5), { commandId: 'c', expectedVersion: 1 }) });
  const [answer] = await answered(watcher, 1);
  assert.deepEqual(
    [answer.type, answer.id, answer.status, answer.commandId, answer.version, answer.duplicate],
    ['accepted', '7', 202, 'c', 2, false],
  );
  const { event } = await watcher.event(2);
  assert.deepEqual([event.id, event.commandid, event.data.reading], [answer.events[0].id, 'c', 21.5]);
  watcher.say({ type: 'command', ...asked('8', report(id, 21.5), { commandId: 'c', expectedVersion: 1 }) });
  const [, again] = await answered(watcher, 2);
  assert.deepEqual(again, { ...answer, id: '8', duplicate: true });
  assert.deepEqual(watcher.versions, [1, 2]);
  await watcher.close();
});

test('a refusal on the socket has the code, and the socket stays', async () => {
  const [id, watcher] = await watchedMeter();
  const refusals = {
    UNKNOWN_COMMAND: [asked('a', { name: 'Paint', payload: {} }), 422],
    UNKNOWN_FIELD: [asked('b', { name: 'DecommissionMeter', payload: { why: 'x' } }), 422],
    MISSING_FIELD: [asked('c', { name: 'UpdateMeter', payload: {} }), 422],
    VERSION_CONFLICT: [asked('d', report(id, 1), { expectedVersion: 9 }), 409],
    METER_EXISTS: [asked('e', register(id)), 422],
  };
  for (const [command] of Object.values(refusals)) watcher.say({ type: 'command', ...command });
  const answers = await answered(watcher, 5);
  assert.deepEqual(
    answers.map(({ type, id, status, code }) => [type, id, status, code]),
    Object.entries(refusals).map(([code, [command, status]]) => ['rejected', command.id, status, code]),
  );
  assert.equal(answers[3].currentVersion, 1);
  assert.equal((await core.state('meter', id)).version, 1);
  watcher.say({ type: 'command', ...asked('f', report(id, 1)) });
  await watcher.event(2);
  await watcher.close();
});

test('a command of the system itself is refused on the socket', async () => {
  const resource = await addResource(core);
  const watcher = await core.watch('resource', resource);
  watcher.say({ type: 'command', id: '1', name: 'ReleaseResource', payload: { claimId: 'x' } });
  const [{ type, status, code }] = await answered(watcher, 1);
  assert.deepEqual([type, status, code], ['rejected', 403, 'COMMAND_INTERNAL']);
  await watcher.close();
});

test('several commands on the socket are answered one by one, in order', async () => {
  const [id, watcher] = await watchedMeter();
  const commands = [
    asked('a', report(id, 1)),
    asked('b', report(id, 2), { expectedVersion: 9 }),
    asked('c', { name: 'Paint', payload: {} }),
    asked('d', report(id, 3), { expectedVersion: 2 }),
    asked('e', register(id)),
    asked('f', { name: 'DecommissionMeter', payload: {} }),
    asked('g', report(id, 4)),
  ];
  watcher.say({ type: 'commands', commands });
  const answers = await answered(watcher, 7);
  assert.deepEqual(
    answers.map(({ type, id, version, code }) => [type, id, version ?? code]),
    [
      ['accepted', 'a', 2],
      ['rejected', 'b', 'VERSION_CONFLICT'],
      ['rejected', 'c', 'UNKNOWN_COMMAND'],
      ['accepted', 'd', 3],
      ['rejected', 'e', 'METER_EXISTS'],
      ['accepted', 'f', 4],
      ['rejected', 'g', 'METER_DECOMMISSIONED'],
    ],
  );
  await watcher.event(4);
  assert.deepEqual(watcher.events, await core.events('meter', id));
  await watcher.close();
});

test('100 commands in one message are taken, 101 and none are an error', async () => {
  const [id, watcher] = await watchedMeter();
  const many = (count) => Array.from({ length: count }, (_, n) => asked(`${n}`, report(id, n)));
  watcher.say({ type: 'commands', commands: many(101) });
  watcher.say({ type: 'commands', commands: [] });
  const errors = () => watcher.frames.filter(({ type }) => type === 'error');
  await until('both are refused', () => errors().length === 2);
  assert.deepEqual(errors().map(({ code }) => code), ['INVALID_BATCH', 'INVALID_BATCH']);
  assert.equal((await core.state('meter', id)).version, 1);
  watcher.say({ type: 'commands', commands: many(100) });
  const answers = await answered(watcher, 100);
  assert.deepEqual(answers.map(({ type, id, version }) => [type, id, version]), many(100).map(({ id }, n) => ['accepted', id, n + 2]));
  await watcher.event(101);
  checkOrder(watcher.events);
  await watcher.close();
});

test('a command that cannot be read is an error, and the socket stays', async () => {
  const [id, watcher] = await watchedMeter();
  const nonsense = [
    { type: 'command' },
    { type: 'command', id: 7, name: 'DecommissionMeter', payload: {} },
    { type: 'command', id: '7', payload: {} },
    { type: 'command', id: '7', name: 'DecommissionMeter', payload: {}, expectedVersion: -1 },
    { type: 'command', id: '7', name: 'DecommissionMeter', payload: {}, expectedversion: 1 },
    { type: 'command', id: '7', name: 'DecommissionMeter', payload: {}, commandId: 'a/b' },
    { type: 'command', id: '7', name: 'DecommissionMeter', payload: {}, aggregateId: 'another' },
    { type: 'commands' },
    { type: 'commands', commands: {} },
    { type: 'commands', commands: [asked('1', report(id, 1)), {}] },
  ];
  for (const said of nonsense) watcher.say(said);
  const errors = () => watcher.frames.filter(({ type }) => type === 'error');
  await until('each is answered', () => errors().length === nonsense.length);
  for (const { code } of errors()) assert.equal(code, 'MALFORMED_MESSAGE');
  assert.equal((await core.state('meter', id)).version, 1);
  watcher.say({ type: 'command', ...asked('1', report(id, 1)) });
  await watcher.event(2);
  await watcher.close();
});

test('a command on the socket of an evicted object wakes it', async () => {
  const [id, watcher] = await watchedMeter();
  await core.evict('meter', id);
  watcher.say({ type: 'command', ...asked('1', report(id, 1)) });
  const [{ type, version }] = await answered(watcher, 1);
  assert.deepEqual([type, version], ['accepted', 2]);
  await watcher.event(2);
  await watcher.close();
});
