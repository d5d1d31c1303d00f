// A stream has up to 900 sessions that follow it. Each of them is told of every event; one more is refused, and whoever
// leaves makes resource.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve, until } from './harness.mjs';
import { addResource } from './claims.mjs';
import { token } from './tokens.mjs';

const most = 900; // FOLLOWERS in shared/kernel/src/limits.rs
const seats = 20; // FOLLOWERS_PER_PRINCIPAL there: as many of them are one principal's
const core = await serve();
const following = 'subscription ($id: ID!) { resource(id: $id) { cursor } }';
const cursors = (talker, id) => talker.results(id).map(({ data }) => data.resource.cursor);

/** A session of its own. */
const session = async (n) => (await core.talk()).init(token('operator', `sam-${Math.floor(n / seats)}`));

test('900 sessions follow one stream and are told of every event; the next one is refused, and waits for resource', async () => {
  const [resource, other] = [await addResource(core), await addResource(core)];
  const sessions = [];
  for (let n = 0; n < most; n += 25) {
    const some = Array.from({ length: 25 }, async (_, index) => {
      const talker = await session(n + index);
      const id = talker.subscribe(following, { id: resource });
      await talker.next(id);
      return { talker, id };
    });
    sessions.push(...(await Promise.all(some)));
  }
  const [first, second] = sessions;
  // Who follows already has as many operations as a socket may have.
  const twice = first.talker.subscribe(following, { id: resource });
  await first.talker.next(twice);

  const late = await session(most);
  const refused = late.subscribe(following, { id: resource });
  const { type, payload } = await late.ended(refused);
  assert.deepEqual([type, payload[0].extensions.code, late.results(refused)], ['error', 'TOO_MANY_FOLLOWERS', []]);
  const elsewhere = late.subscribe(following, { id: other });
  await late.next(elsewhere);
  const watcher = await core.watch('resource', resource); // the native socket has no such bound
  await watcher.caughtUp();

  await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  await until('everybody is told', () => sessions.every(({ talker, id }) => talker.results(id).length >= 2), { within: 60_000 });
  for (const { talker, id } of sessions) assert.deepEqual(cursors(talker, id), ['1', '2']);
  assert.deepEqual(cursors(first.talker, twice), ['1', '2']);
  await watcher.event(2);

  second.talker.complete(second.id);
  const resource901 = await until('there is resource', async () => {
    const id = late.subscribe(following, { id: resource });
    await late.seen('an answer', () => late.of(id).length > 0);
    return late.results(id).length && id;
  });
  assert.deepEqual(cursors(late, resource901), ['2']);
  late.complete(elsewhere);
  assert.deepEqual((await core.logs()).filter(({ level }) => level === 'error'), []);
});
