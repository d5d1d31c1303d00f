// Commands that go by a queue: the door answers once they lie on it; the outcome is found by the command's id.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { addResource, days, resource101, settled } from './claims.mjs';
import { fresh, serve, until } from './harness.mjs';
import { alarmOf, inDatabase, ring, rows } from './storage.mjs';
import { token } from './tokens.mjs';

const core = await serve('probe', { BUS_ATTEMPTS: '2' }, { switched: true });
const few = await serve('probe', { QUEUED_REFUSALS_PER_PRINCIPAL: '3' });
const operator = core.as(token('operator', 'sam'));
const patient = { within: 60_000 };

const printed = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(new URL('../../schema/json/queued.json', import.meta.url), 'utf8')));
const prefer = { prefer: 'respond-async' };
const meter = (name, payload, more) => ({ aggregateType: 'meter', name, payload, ...more });
const report = (aggregateId, reading, more) =>
  meter('UpdateMeter', { status: 'OK', reading, observedAt: new Date(Date.UTC(2026, 0, 1) + reading).toISOString() }, { aggregateId, commandId: fresh('command'), ...more });

/** Sends by queue what the door must take; gives the answer. */
async function queue(body, by = operator, headers = {}) {
  const { status, headers: said, body: answer } = await by.post('/commands', body, { ...prefer, ...headers });
  assert.equal(status, 202, JSON.stringify(answer));
  assert.equal(said.get('preference-applied'), 'respond-async');
  for (const one of [answer].flat().filter(({ queued }) => queued)) {
    const { status: _, ...rest } = one;
    assert.ok(printed(Array.isArray(answer) ? rest : one), JSON.stringify([printed.errors, one]));
  }
  if (!Array.isArray(answer)) assert.match(said.get('location'), new RegExp(`^/aggregates/${answer.aggregateType}/.*/commands/`));
  return answer;
}

const outcome = ({ aggregateType, aggregateId, commandId }, by = operator) =>
  by.request(`/aggregates/${aggregateType}/${aggregateId}/commands/${commandId}`);

/** Waits until a command has an outcome, and gives that. */
const ended = (one, by = operator) =>
  until(`${one.commandId} has an outcome`, async () => {
    const { status, body } = await outcome(one, by);
    if (status === 404) return assert.equal(body.code, 'UNKNOWN_OUTCOME');
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }, patient);

async function aMeter() {
  const id = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
  return id;
}

const readings = async (id) => (await core.events('meter', id)).slice(1).map(({ data }) => data.reading);
const run = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

test('a queued command is accepted later: its outcome is found by its id, and its event is told to those who watch', async () => {
  const id = await aMeter();
  const watcher = await core.watch('meter', id);
  const one = report(id, 1);
  const { prefer: _, ...answer } = await queue(one);
  assert.deepEqual(answer, { commandId: one.commandId, aggregateType: 'meter', aggregateId: id, queued: true });
  const accepted = await ended(one);
  assert.deepEqual([accepted.status, accepted.version, accepted.commandId], [202, 2, one.commandId]);
  assert.equal((await watcher.event(2)).event.commandid, one.commandId);
  const { commandResult } = await core.ask(
    'query ($id: ID!, $of: ID!) { commandResult(id: $id, aggregateType: METER, aggregateId: $of) { ... on Accepted { version } } }',
    { id: one.commandId, of: id },
  );
  assert.deepEqual(commandResult, { version: 2 });
  const [, event] = await core.events('meter', id);
  assert.deepEqual([event.actor, event.actorrole], ['sam', 'operator'], 'its sender travels with it');
});

test('ids that are left out are made up, and a process goes on as ever', async () => {
  const resource = await addResource(core);
  const ana = core.as(token('owner', 'ana'));
  const answer = await queue({ aggregateType: 'claim', name: 'CreateClaim', payload: days(resource, '2030-01-01', '2030-01-03') }, ana);
  assert.equal((await ended(answer, ana)).version, 1);
  assert.equal((await settled(core, answer.aggregateId)).status, 'CONFIRMED');
});

test('a refusal is a fact that its sender can ask for, and nobody else who may not see the instance', async () => {
  const id = await aMeter();
  const decommission = meter('DecommissionMeter', {}, { aggregateId: id, commandId: fresh('command') });
  await queue(decommission);
  await ended(decommission);
  const watcher = await core.watch('meter', id, { headers: { authorization: `Bearer ${token('operator', 'sam')}` } });
  const late = report(id, 1);
  await queue(late);
  const refused = await ended(late);
  assert.deepEqual([refused.status, refused.code, refused.commandId], [422, 'METER_DECOMMISSIONED', late.commandId]);
  await until('the socket of its sender is told', () => watcher.frames.some(({ type, commandId }) => type === 'rejected' && commandId === late.commandId));
  const { commandResult } = await core.ask(
    'query ($id: ID!, $of: ID!) { commandResult(id: $id, aggregateType: METER, aggregateId: $of) { ... on Rejected { code commandId } } }',
    { id: late.commandId, of: id },
  );
  assert.deepEqual(commandResult, { code: 'METER_DECOMMISSIONED', commandId: late.commandId });
  // A stranger may not send it, and is told so when it asks. Nobody else is: it has left nothing with the meter.
  const eve = core.as(token('owner', 'eve'));
  const hers = report(id, 2);
  await queue(hers, eve);
  assert.equal((await ended(hers, eve)).code, 'FORBIDDEN');
  for (const other of [operator, core.as(token('owner', 'ana')), core.as(token('owner', 'ben'))]) {
    const { status, body } = await outcome(hers, other);
    assert.deepEqual([status, body.code], [404, 'UNKNOWN_OUTCOME']);
  }
  assert.equal((await outcome(late, eve)).status, 404);
  // The first outcome stays.
  const { body: again } = await operator.post('/commands', late);
  assert.equal(again.code, 'METER_DECOMMISSIONED');
  const { body: other } = await operator.post('/commands', { ...late, payload: { ...late.payload, reading: 7 } });
  assert.equal(other.code, 'IDEMPOTENCY_KEY_REUSED');
});

test('what a stranger queues is answered as if there were no instance, and answers nobody else under the same id', async () => {
  const resource = await addResource(core);
  const [ana, eve] = ['ana', 'eve'].map((name) => core.as(token('owner', name)));
  const taken = fresh('claim');
  const began = await ana.command('claim', 'CreateClaim', days(resource, '2031-01-01', '2031-01-03'), { aggregateId: taken });
  await settled(core, taken);
  const commandId = fresh('command');
  const create = (aggregateId, end, more) =>
    ({ aggregateType: 'claim', aggregateId, commandId, name: 'CreateClaim', payload: days('nowhere', '2031-01-01', end, 'eve'), ...more });
  const answers = async (aggregateId, commands) => {
    const told = [];
    for (const [end, more] of commands) {
      const [one, before] = [create(aggregateId, end, more), told.at(-1)?.code];
      await queue(one, eve);
      told.push(await until('it is decided', async () => {
        const { body } = await outcome(one, eve);
        return body.code !== 'UNKNOWN_OUTCOME' && body.code !== before && body;
      }, patient));
    }
    return told.map(({ instance: _, ...rest }) => rest);
  };
  const commands = [['2031-01-03'], ['2031-01-03', { expectedVersion: 5 }], ['2031-01-04'], ['2031-01-05', { expectedVersion: 1 }]];
  const free = await answers(fresh('claim'), commands);
  assert.deepEqual(free.map(({ code }) => code), ['RESOURCE_UNKNOWN', 'VERSION_CONFLICT', 'RESOURCE_UNKNOWN', 'VERSION_CONFLICT']);
  assert.deepEqual(await answers(taken, commands), free);
  // Under an id that she has guessed: one that the owner has used, and one that it will use.
  const cancel = (commandId) => ({ aggregateType: 'claim', aggregateId: taken, commandId, name: 'CancelClaim', payload: {} });
  for (const guessed of [began.body.commandId, commandId]) {
    await queue(cancel(guessed), eve);
    await until('it is refused', async () => (await outcome(cancel(guessed), eve)).body.code === 'FORBIDDEN', patient);
  }
  const { status, body } = await ana.post('/commands', cancel(commandId));
  assert.deepEqual([status, body.duplicate], [202, false], JSON.stringify(body));
  const table = "SELECT name FROM sqlite_master WHERE name = 'outcomes'";
  assert.deepEqual(rows(core, 'claim', taken, table), [], 'nothing of hers lies there');
});

test('what meets no instance is refused for its sender alone, also when the instance begins meanwhile; sent again it is decided anew', async () => {
  const id = fresh('meter');
  const machine = core.as(token('machine', id));
  const early = report(id, 1);
  await core.keep();
  await queue(early, machine);
  const texts = await core.kept();
  await core.letters(texts, 'COMMANDS');
  const { code } = await ended(early, machine);
  assert.equal(code, 'METER_UNKNOWN');
  for (const other of [operator, core.as(token('owner', id)), core.as(token('machine', 'another'))]) {
    assert.equal((await outcome(early, other)).status, 404, 'whoever has not sent it learns nothing');
  }
  await core.killAndRestart();
  assert.equal((await outcome(early, machine)).body.code, code, 'it is not forgotten');

  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
  await core.letters([...texts, ...texts], 'COMMANDS'); // the queue brings it again
  const next = report(id, 2);
  await queue(next, machine);
  assert.equal((await ended(next, machine)).version, 2);
  assert.equal((await outcome(early, machine)).body.code, code, 'it stays refused');
  assert.deepEqual(await readings(id), [2]);

  await queue(early, machine);
  await until('it is decided anew', async () => (await outcome(early, machine)).body.status === 202);
  assert.deepEqual(await readings(id), [2, 1]);
});

test('of what is kept for a sender the latest stays until it is over, and goes with what is over by then', async () => {
  const eve = few.as(token('owner', 'eve'));
  const sent = run(1, 4).map((n) => report(fresh('meter'), n));
  for (const one of sent) {
    await queue(one, eve);
    assert.equal((await ended(one, eve)).code, 'FORBIDDEN');
  }
  const told = async () => {
    const answers = [];
    for (const one of sent) answers.push((await outcome(one, eve)).status);
    return answers;
  };
  assert.deepEqual(await told(), [404, 200, 200, 200]);
  await few.stop();
  const named = [few, 'session', 'owner:eve'];
  const apart = () => rows(...named, 'SELECT command, expires_at FROM apart ORDER BY seq');
  const kept = apart();
  assert.deepEqual(kept.map(({ command }) => command), sent.slice(1).map(({ commandId }) => commandId));
  const hour = 3_600_000;
  assert.equal(alarmOf(...named), kept[0].expires_at + hour, 'an hour later, so that many go at a time');
  // Two days pass for all but the last, and the alarm rings.
  inDatabase(...named, (database) =>
    database.prepare('UPDATE apart SET expires_at = expires_at - 2 * 86400000 WHERE command <> ?').run(kept[2].command));
  ring(...named);
  await few.start();
  assert.deepEqual(await told(), [404, 404, 404, 200]);
  await until('it waits for the last one', () => alarmOf(...named) === kept[2].expires_at + hour);
  await few.stop();
  assert.deepEqual(apart(), [kept[2]]);
  await few.start();
});

test('what the door can judge is refused at once, and nothing is queued', async () => {
  const id = await aMeter();
  for (const [body, status, code] of [
    [{ ...report(id, 1), payload: { status: 'OK' } }, 422, 'MISSING_FIELD'],
    [{ ...report(id, 1), name: 'BurnMeter' }, 422, 'UNKNOWN_COMMAND'],
    [{ ...report(id, 1), aggregateType: 'moon' }, 404, 'UNKNOWN_AGGREGATE'],
    [{ aggregateType: 'claim', aggregateId: id, name: 'ConfirmClaim', payload: {} }, 403, 'COMMAND_INTERNAL'],
  ]) {
    const answer = await operator.post('/commands', body, prefer);
    assert.deepEqual([answer.status, answer.body.code, answer.headers.get('preference-applied')], [status, code, null]);
  }
  const stranger = await core.as(undefined).post('/commands', report(id, 1), prefer);
  assert.deepEqual([stranger.status, stranger.body.code], [401, 'UNAUTHENTICATED']);
  const watches = await core.as(token('service', 'front')).post('/commands', report(id, 1), prefer);
  assert.deepEqual([watches.status, watches.body.code], [403, 'FORBIDDEN']);
  const ids = run(1, 100).map((n) => report(id, n, { metadata: { baggage: 'x'.repeat(1_024), correlationId: 'x'.repeat(128), causationId: 'y'.repeat(128) } }));
  const large = await operator.post('/commands', ids, prefer);
  assert.deepEqual([large.status, large.headers.get('preference-applied'), large.body[99].version], [200, null, 101], 'no message holds it: decided at once');
});

test('the commands of a batch for one instance are decided in their order, and each has its own answer', async () => {
  const [one, other] = [await aMeter(), await aMeter()];
  const batch = run(1, 60).flatMap((n) => [report(one, n), report(other, n)]).slice(0, 99);
  const answers = await queue([...batch, { ...report(one, 1), payload: {} }]);
  assert.deepEqual(answers.map(({ status }) => status), [...batch.map(() => 202), 422]);
  assert.deepEqual(answers.slice(0, 99).map(({ commandId }) => commandId), batch.map(({ commandId }) => commandId));
  await ended(batch.at(-1));
  await ended(batch.at(-2));
  assert.deepEqual([await readings(one), await readings(other)], [run(1, 50), run(1, 49)]);
});

test('what the queue does not take is answered command by command, each with its id', async () => {
  const id = await aMeter();
  const [one, { commandId: _, ...two }] = [report(id, 1), report(id, 2)];
  await core.queue('away');
  const single = await operator.post('/commands', two, prefer);
  const batch = await operator.post('/commands', [one, two, 'rubbish'], prefer);
  await core.queue('well');
  assert.deepEqual([single.status, single.body.code], [503, 'UNAVAILABLE']);
  assert.deepEqual([batch.status, batch.headers.get('preference-applied')], [200, null]);
  assert.deepEqual(batch.body.map(({ status }) => status), [503, 503, 422]);
  assert.equal(batch.body[0].commandId, one.commandId);
  for (const { commandId } of [single.body, batch.body[1]]) assert.match(commandId, /^[0-9a-f-]{36}$/);
  await queue([one, { ...two, commandId: batch.body[1].commandId }]);
  await ended({ ...two, commandId: batch.body[1].commandId });
  assert.deepEqual(await readings(id), [1, 2]);
});

test('requests of one sender are decided in the order in which they were sent, however the queue brings them', async () => {
  const id = await aMeter();
  await core.keep();
  const sent = run(1, 12).map((n) => report(id, n));
  for (const one of sent) await queue(one);
  const texts = await core.kept();
  assert.equal(texts.length, 12);
  for (const text of texts.reverse()) await core.letters([text], 'COMMANDS'); // the last one first, each twice
  await core.letters(texts, 'COMMANDS');
  for (const one of sent) assert.equal((await ended(one)).status, 202);
  assert.deepEqual(await readings(id), run(1, 12));
});

test('a sender names the command before, where its requests reach the script in different places', async () => {
  const id = await aMeter();
  const [first, second] = [report(id, 1), report(id, 2)];
  await core.keep();
  await queue(second, operator, { 'edgefold-after': first.commandId });
  const texts = await core.kept();
  await core.letters(texts, 'COMMANDS');
  await new Promise((done) => setTimeout(done, 1_500));
  assert.equal((await outcome(second)).status, 404, 'it waits');
  await queue(first);
  await ended(second);
  assert.deepEqual(await readings(id), [1, 2]);
  for (const none of ['.', '..', '"."']) {
    const { status, body } = await operator.post('/commands', report(id, 3), { ...prefer, 'edgefold-after': none });
    assert.deepEqual([status, body.code, body.field], [422, 'INVALID_FIELD', 'Edgefold-After'], none);
  }
  const two = await operator.post('/commands', [report(id, 3), report(await aMeter(), 3)], { ...prefer, 'edgefold-after': 'x' });
  assert.deepEqual([two.status, two.body.code, two.body.field], [422, 'INVALID_FIELD', 'Edgefold-After']);
});

test('a command that is sent by queue and directly, and twice, is decided once', async () => {
  const id = await aMeter();
  const [one, two] = [report(id, 1), report(id, 2)];
  await Promise.all([queue(one), operator.post('/commands', one), queue(one)]);
  await ended(one);
  await queue(two);
  await ended(two);
  const { body } = await operator.post('/commands', two);
  assert.deepEqual([body.duplicate, body.version], [true, 3]);
  assert.deepEqual(await readings(id), [1, 2]);
});

test('what the queue has taken is not lost when the runtime is killed, and is decided once', async () => {
  const id = await aMeter();
  await core.keep();
  const sent = run(1, 5).map((n) => report(id, n));
  for (const one of sent) await queue(one);
  const texts = await core.kept();
  await core.killAndRestart();
  assert.deepEqual(await readings(id), []);
  await core.letters([...texts, ...texts], 'COMMANDS');
  // Once more, as the queue does when a consumer dies before it has said that it is done.
  await until('some are decided', async () => (await readings(id)).length > 0);
  await core.killAndRestart();
  await core.letters(texts, 'COMMANDS');
  for (const one of sent) await ended(one);
  assert.deepEqual(await readings(id), run(1, 5));
});

test('a caller whose token has ended meanwhile is judged as it was when it sent', async () => {
  const id = await aMeter();
  const brief = core.as(token('machine', id, { exp: Math.floor(Date.now() / 1000) + 3 }));
  const one = report(id, 1);
  await core.keep();
  await queue(one, brief);
  const texts = await core.kept();
  await until('the token has ended', async () => (await brief.post('/commands', one)).status === 401, { within: 100_000 });
  await core.letters(texts, 'COMMANDS');
  assert.equal((await ended(one)).status, 202);
});

test('while D1 is away commands go by queue as ever', async () => {
  const id = await aMeter();
  await core.d1('away');
  const one = report(id, 1);
  await queue(one);
  assert.equal((await ended(one)).status, 202);
  await core.d1('well');
});

test('a command that fails again and again has that as its outcome; what comes after it goes on', async () => {
  const id = fresh('probe');
  const probe = (name, payload) => ({ aggregateType: 'probe', aggregateId: id, name, payload, commandId: fresh('command') });
  const [poison, next] = [probe('Panic', { place: 'DECIDE' }), probe('Append', { count: 1 })];
  await queue([poison, next]);
  const failed = await ended(poison);
  assert.deepEqual([failed.status, failed.code, failed.commandId], [500, 'INTERNAL', poison.commandId]);
  assert.equal((await ended(next)).version, 1);
});

test('what the platform has given up is not tried any more: it has failed, and may be sent again', async () => {
  const id = await aMeter();
  const one = report(id, 1);
  await core.keep();
  await queue(one);
  await core.letters(await core.kept(), 'DEAD_COMMANDS');
  const failed = await ended(one);
  assert.deepEqual([failed.status, failed.code], [500, 'INTERNAL']);
  await queue(one);
  await until('it is decided', async () => (await outcome(one)).body.status === 202);
  assert.deepEqual(await readings(id), [1]);
});

test('a resource that is added by queue twice is there once', async () => {
  const add = { aggregateType: 'resource', aggregateId: fresh('resource'), name: 'AddResource', payload: resource101, commandId: fresh('command') };
  await queue([add, { ...add, commandId: fresh('command') }]);
  await ended(add);
  assert.equal((await core.events('resource', add.aggregateId)).length, 1);
});
