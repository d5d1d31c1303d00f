// From a command id to every event and command that it caused, over all aggregates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { addResource, cancel, holds, days, reserve, settled as answered } from './claims.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const line = ({ kind, aggregateType, name }) => `${aggregateType} ${kind === 'event' ? 'happened' : 'asked'}: ${name}`;
const path = (id, query = '') => `/correlations/${encodeURIComponent(id)}${query}`;

/** Waits until so many entries are listed; gives them. */
const listed = (id, count, as = core) =>
  until(`${count} entries are listed for ${id}`, async () => {
    const { status, body } = await as.request(path(id));
    return status === 200 && body.entries.length >= count && body.entries;
  });

/** What is listed, whatever the order: two events may be of the same moment. */
const lines = (entries) => entries.map(line).sort();

/** Checks that each entry is what the streams say, and goes back to the command or to another entry. */
async function checked(entries, command) {
  const ids = new Set([command, ...entries.flatMap(({ eventId, commandId }) => [eventId, commandId])]);
  for (const entry of entries) {
    if (entry.commandId !== command) assert.ok(ids.has(entry.causationId), `${JSON.stringify(entry)} has its cause in the list`);
    if (entry.kind === 'event') {
      const stream = await core.events(entry.aggregateType, entry.aggregateId);
      const event = stream[entry.version - 1];
      assert.deepEqual(
        [entry.eventId, entry.name, entry.commandId, entry.causationId, entry.time, entry.actor, entry.actorRole],
        [event.id, event.type, event.commandid, event.causationid, event.time, event.actor, event.actorrole],
      );
    }
    assert.deepEqual([entry.actor, entry.actorRole], ['sam', 'operator'], 'whoever sent the command is behind all of it');
  }
}

test('what a command names as its correlation is listed with it, and what was asked for is a command like any other', async () => {
  const resource = await addResource(core);
  const [id, place, leave] = [fresh('claim'), fresh('place'), fresh('leave')];
  await core.send('claim', 'CreateClaim', days(resource, '2030-02-01', '2030-02-03'), { aggregateId: id, commandId: place });
  await answered(core, id);
  const placed = ['claim happened: ClaimConfirmed', 'claim happened: ClaimCreated', 'resource asked: HoldResource', 'resource happened: ResourceHeld'];
  const first = await listed(place, 4);
  assert.deepEqual(lines(first), placed);
  const metadata = { causationId: place, correlationId: place };
  await core.send('claim', 'CancelClaim', {}, { aggregateId: id, commandId: leave, metadata });
  await holds(core, resource, []);
  const all = await listed(place, 7);
  const left = ['claim happened: ClaimCancelled', 'resource asked: ReleaseResource', 'resource happened: ResourceReleased'];
  assert.deepEqual(lines(all), [...placed, ...left].sort());
  await checked(all, place);
  assert.ok(all.every(({ correlationId }) => correlationId === place));
  const claimed = all.filter(({ correlationClaimed }) => correlationClaimed);
  assert.deepEqual(lines(claimed), left, 'only the second command has named one');
  const asked = all.find(({ name }) => name === 'HoldResource');
  assert.equal(asked.aggregateId, resource);
  const [held] = all.filter(({ kind, commandId }) => kind === 'event' && commandId === asked.commandId);
  assert.equal(held.name, 'ResourceHeld');
});

test('a cause alone joins nothing: what belongs together says so with one correlation', async () => {
  const resource = await addResource(core);
  const [id, place, leave] = [fresh('claim'), fresh('place'), fresh('leave')];
  await core.send('claim', 'CreateClaim', days(resource, '2030-02-01', '2030-02-03'), { aggregateId: id, commandId: place });
  await answered(core, id);
  await core.send('claim', 'CancelClaim', {}, { aggregateId: id, commandId: leave, metadata: { causationId: place } });
  await holds(core, resource, []);
  const entries = await listed(leave, 3);
  assert.deepEqual(lines(entries), ['claim happened: ClaimCancelled', 'resource asked: ReleaseResource', 'resource happened: ResourceReleased']);
  await checked(entries, leave);
  assert.ok(entries.every(({ correlationId }) => correlationId === leave));
  assert.equal((await listed(place, 4)).length, 4);
});

test('a command that was refused is listed, and what its refusal led to', async () => {
  const resource = await addResource(core);
  await answered(core, await reserve(core, resource, '2030-03-01', '2030-03-03'));
  const [id, place] = [fresh('claim'), fresh('place')];
  await core.send('claim', 'CreateClaim', days(resource, '2030-03-02', '2030-03-04'), { aggregateId: id, commandId: place });
  assert.equal((await answered(core, id)).status, 'DECLINED');
  const entries = await listed(place, 3);
  assert.deepEqual(lines(entries), ['claim happened: ClaimCreated', 'claim happened: ClaimDeclined', 'resource asked: HoldResource']);
  const [asked, declined] = ['HoldResource', 'ClaimDeclined'].map((name) => entries.find((entry) => entry.name === name));
  assert.equal(declined.commandId, `refused.${asked.commandId}`);
  await checked(entries, place);
});

test('a claim is followed to its resource and back, page by page', async () => {
  const resource = await addResource(core);
  const [id, claim] = [fresh('claim'), fresh('claim')];
  await core.send('claim', 'CreateClaim', days(resource, '2030-01-01', '2030-01-03'), { aggregateId: id, commandId: claim });
  await answered(core, id);
  await cancel(core, id);
  await holds(core, resource, []);
  const expected = [
    'claim happened: ClaimConfirmed', 'claim happened: ClaimCreated', 'resource asked: HoldResource', 'resource happened: ResourceHeld',
  ];
  assert.deepEqual(lines(await listed(claim, 4)), expected, 'the cancellation is another command');
  const pages = [];
  for (let after = 0; after !== null; ) {
    const { status, body } = await core.request(path(claim, `?after=${after}&limit=1`));
    assert.equal(status, 200);
    pages.push(body.entries);
    after = body.next;
  }
  assert.deepEqual(pages.map(({ length }) => length), [1, 1, 1, 1]);
  assert.deepEqual(lines(pages.flat()), expected);
  assert.deepEqual(pages.flat(), (await core.request(path(claim))).body.entries, 'pages and the whole have one order');
  const times = pages.flat().map(({ time }) => time);
  assert.deepEqual(times, times.toSorted(), 'that of time');
});

test('each sees of it what the policies of the instances say: the operator all, an owner its own, and others nothing', async () => {
  const resource = await addResource(core);
  const [ana, ben] = ['ana', 'ben'].map((name) => core.as(token('owner', name)));
  const [id, claim] = [fresh('claim'), fresh('claim')];
  const { status } = await ana.command('claim', 'CreateClaim', days(resource, '2030-01-01', '2030-01-03'), { aggregateId: id, commandId: claim });
  assert.equal(status, 202);
  await listed(claim, 4);
  const own = await ana.request(path(claim));
  assert.deepEqual(lines(own.body.entries), ['claim happened: ClaimConfirmed', 'claim happened: ClaimCreated']);
  const known = await ben.request(path(claim));
  const unknown = await ben.request(path('nobody'));
  for (const { status, body } of [known, unknown]) assert.deepEqual([status, body.code], [404, 'UNKNOWN_CORRELATION']);
  assert.equal(known.body.detail.replace(claim, ''), unknown.body.detail.replace('nobody', ''), 'one cannot be told from the other');
  assert.equal((await ben.request(path(claim, '?after=1'))).status, 404);
  for (const role of ['machine', 'admin']) {
    assert.equal((await core.as(token(role, 'ana')).request(path(claim))).status, 404, `${role} of the same name`);
  }
  assert.equal((await core.as(undefined).request(path(claim))).status, 401);
  assert.equal((await core.as('rubbish').request(path(claim))).status, 401);
});

test('a list that cannot be had is refused with what was expected', async () => {
  for (const [asked, status, code] of [
    [path('nobody'), 404, 'UNKNOWN_CORRELATION'],
    [path('a/b'), 422, 'INVALID_FIELD'],
    [path('x', '?limit=0'), 422, 'INVALID_LIMIT'],
    [path('x', '?limit=101'), 422, 'INVALID_LIMIT'],
    [path('x', '?after=-1'), 422, 'INVALID_CURSOR'],
    [path('x', '?before=1'), 422, 'UNKNOWN_PARAMETER'],
  ]) {
    const { status: found, body } = await core.request(asked);
    assert.deepEqual([found, body.code], [status, code], asked);
  }
  const { status } = await core.post(path('x'), {});
  assert.equal(status, 405);
});
