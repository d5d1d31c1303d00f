// A runtime that ends takes its sockets with it, and says nothing. What their sessions have stored goes all the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { isEmpty, rows, tables } from './storage.mjs';
import { seconds, token } from './tokens.mjs';

const skew = 60; // s that a token counts longer than it says: CLOCK_SKEW_MS in shared/kernel/src/limits.rs

/** Some sessions follow a meter and its category, and the runtime is killed. Gives the meter, and what is left of them. */
async function vanished(core, more) {
  const meter = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: meter });
  const who = token('operator', 'sam', more);
  for (let n = 0; n < 3; n++) {
    const talker = await (await core.talk()).init(who);
    await talker.next(talker.subscribe(`subscription { it: meter(id: "${meter}") { cursor } }`));
    talker.subscribe('subscription { it: meters { cursor } }');
    await talker.ping();
  }
  const all = await core.sessions();
  await core.kill();
  const left = all.filter((id) => tables(core, 'session', id).includes('operations'));
  assert.equal(left.length, 3);
  await core.start();
  return { meter, left };
}

/** Waits until nothing is left of these sessions. Whoever counts the sockets finds out by itself, and keeps its count. */
async function gone(core, left) {
  await until('nothing is left of them', () => left.every((id) => isEmpty(core, 'session', id)), { within: 60_000 });
  await core.stop();
  for (const id of left) assert.ok(!tables(core, 'session', id).includes('operations'));
  assert.equal(rows(core, 'session', 'operator:sam', 'SELECT session FROM seats').length, 3);
}

test('when its token ends, nothing is left of a session whose socket has vanished', async () => {
  const core = await serve();
  const { left } = await vanished(core, { exp: seconds() - skew + 20 });
  await gone(core, left);
});

test('a stream that tells such a session anything lets it go at once', async () => {
  const core = await serve();
  const { meter, left } = await vanished(core);
  await core.send('meter', 'UpdateMeter', { status: 'OK', reading: 1, observedAt: '2026-01-31T12:00:00Z' }, { aggregateId: meter });
  await gone(core, left);
});
