// A panic in an operation of a GraphQL socket ends that operation, and the client hears so; the socket and its other
// operations go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const followed = 'subscription ($id: ID!, $after: String, $panicsAt: Int) { panicking(id: $id, after: $after, panicsAt: $panicsAt) }';
const append = (id, count = 1) => core.send('probe', 'Append', { count }, { aggregateId: id });
const talk = async () => (await core.talk()).init(token('operator', 'sam'));
const cursors = (talker, id) => talker.results(id).map(({ data }) => data.panicking);

/** Waits until an operation has ended as a fault of ours. */
async function failed(talker, id) {
  const { type, payload } = await talker.ended(id);
  assert.deepEqual([type, payload.map(({ extensions }) => extensions.code)], ['error', ['INTERNAL']]);
  assert.doesNotMatch(JSON.stringify(payload), /the probe panics/, 'the text of a panic is for the log');
}

for (const [when, query, panicsAt] of [
  ['a query', 'query { fine(panics: true) }'],
  ['a subscription that begins', followed, 0],
  ['a subscription at what is stored', followed, 1],
]) {
  test(`a panic in ${when} ends it alone`, async () => {
    const id = fresh('probe');
    await append(id, 2);
    const talker = await talk();
    const other = talker.subscribe(followed, { id, after: '0' });
    await talker.next(other, 2);
    const bad = talker.subscribe(query, { id, after: '0', panicsAt }, 'bad');
    await failed(talker, bad);
    assert.deepEqual(talker.results(bad), []);
    await append(id);
    await talker.next(other, 3);
    // Its name is free again, and what is asked under it is answered.
    talker.frames.length = 0;
    talker.subscribe('{ fine(panics: false) }', undefined, 'bad');
    await talker.ended('bad');
    assert.deepEqual(talker.results('bad'), [{ data: { fine: true } }]);
    assert.ok(talker.isOpen);
  });
}

for (const [how, asleep] of [['awake', false], ['hibernated', true]]) {
  test(`a panic at a live event ends its subscription alone, on a session that is ${how}`, async () => {
    const id = fresh('probe');
    await append(id, 2);
    const talker = await talk();
    const [bad, other] = [talker.subscribe(followed, { id, after: '0', panicsAt: 4 }), talker.subscribe(followed, { id, after: '0' })];
    await Promise.all([talker.next(bad, 2), talker.next(other, 2)]);
    if (asleep) assert.ok((await core.evictSessions()) >= 1);
    await append(id);
    await Promise.all([talker.next(bad, 3), talker.next(other, 3)]);
    await append(id);
    await failed(talker, bad);
    await append(id);
    await talker.next(other, 5);
    assert.deepEqual([cursors(talker, bad), cursors(talker, other)], [['1', '2', '3'], ['1', '2', '3', '4', '5']]);
    // Nothing is kept of it.
    await core.evictSessions();
    await append(id);
    await talker.next(other, 6);
    await talker.ping();
    assert.deepEqual(talker.of(bad).map(({ type }) => type), ['next', 'next', 'next', 'error']);
  });
}

test('a panic is told in the log', async () => {
  const talker = await talk();
  await failed(talker, talker.subscribe('{ fine(panics: true) }'));
  const said = (await core.logs()).map(({ message }) => message);
  assert.ok(said.some((text) => /the probe panics in a query/.test(text)));
});
