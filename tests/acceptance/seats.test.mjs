// A principal has so many GraphQL sockets open, and no more.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { until } from './harness.mjs';
import { rows } from './storage.mjs';
import { token, vars } from './tokens.mjs';

const core = Object.assign(new Core(configs.probe, { ...vars, SESSIONS_PER_PRINCIPAL: '2' }), { switched: true });
before(() => core.start());
after(() => core.close());

const [ana, ben] = ['ana', 'ben'].map((name) => token('owner', name));
const talk = async (who) => (await core.talk()).init(who);

/** Tries to get in. Says whether it could. */
async function tries(who) {
  const talker = await core.talk();
  talker.say({ type: 'connection_init', payload: { token: who } });
  const acknowledged = talker.frame('connection_ack', ({ type }) => type === 'connection_ack').then(() => true, () => false);
  const refused = talker.closed.then(({ code, reason }) => {
    assert.deepEqual([code, reason], [4431, 'Too many sockets']);
    return false;
  });
  const entered = await Promise.race([acknowledged, refused]);
  if (entered) await talker.close();
  return entered;
}

test('one socket too many is closed with 4431; another principal is not concerned; a closed one makes resource', async () => {
  const open = [await talk(ana), await talk(ana)];
  assert.equal(await tries(ana), false);
  assert.equal(await tries(ben), true);
  assert.equal(await tries(token('operator', 'ana')), true, 'another role is another principal');
  await core.evictSessions();
  assert.equal(await tries(ana), false, 'those that hibernate count');
  open[0].say({ type: 'ping', payload: { token: ana } }); // a renewed token takes no second seat
  await open[0].ping();
  await open[1].close();
  await until('there is resource again', () => tries(ana));
  open[0].say('nonsense'); // closed by the server
  await open[0].closed;
  await until('there is resource for two', async () => {
    const first = await talk(ana);
    const both = await tries(ana);
    await first.close();
    return both;
  });
});

test('whoever is refused again and again does not wake the open ones each time', async () => {
  const dora = token('owner', 'dora');
  const open = [await talk(dora), await talk(dora)];
  const asked = async () => (await core.counts()).calls['/alive'] ?? 0;
  const before = await asked();
  for (let n = 0; n < 10; n++) assert.equal(await tries(dora), false);
  const times = ((await asked()) - before) / open.length;
  assert.ok(times >= 1 && times < 10, `they were asked ${times} times`);
  for (const talker of open) await talker.close();
});

test('sockets that died without a word take no resource', async () => {
  await Promise.all([talk(ana), talk(ana)]);
  await core.killAndRestart();
  const open = [await talk(ana), await talk(ana)];
  assert.equal(await tries(ana), false);
  for (const talker of open) await talker.ping();
});

test('a socket that closes while it is being let in keeps no seat', async () => {
  const payload = { token: token('owner', 'cleo') };
  await (await talk(payload.token)).close();
  for (let n = 0; n < 20; n++) {
    const talker = await core.talk();
    talker.say({ type: 'connection_init', payload });
    await talker.close();
  }
  await until('every seat is free', () => rows(core, 'session', 'owner:cleo', 'SELECT session FROM seats').length === 0);
});
