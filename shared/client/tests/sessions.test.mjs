// Over the real core: tokens, tickets, too many sockets, sessions that sleep.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '@edgefold/client';
import WebSocket from 'ws';
import { proxy } from '../../../tests/acceptance/proxy.mjs';
import { serve } from '../../../tests/acceptance/harness.mjs';
import { bearer, seconds, token, vars } from '../../../tests/acceptance/tokens.mjs';
import { addResource, cancel, Cancel, client, reserve, settled, Waited, Watched } from './claims.mjs';
import { collected, until } from './documents.mjs';

const core = await serve('probe', { ...vars, SESSIONS_PER_PRINCIPAL: '3' });
const network = await proxy(core);
const days = (resourceId, n) => ({ userId: 'many', resourceId, dateStart: `2031-0${n}-01`, dateEnd: `2031-0${n}-03` });

// First: where sockets were closed a moment ago, the runtime waits ten seconds before it unloads their sessions.
test('a ticket opens a socket that asks and watches, and sends nothing', async () => {
  const id = await reserve(core, await addResource(core), '2031-01-01', '2031-01-03');
  await settled(core, id);
  let made = 0;
  const ticket = async () => {
    made++;
    return (await core.post('/tickets', {}, bearer(token('owner', 'ana')))).body.ticket;
  };
  const page = client(network.url, { token: undefined, ticket });
  const watch = page.watch(Watched, { id });
  collected(watch);
  await until('it is live', () => watch.state === 'live');
  assert.equal((await page.query('{ me { subject } }')).me.subject, 'ana');
  assert.ok((await core.evictSessions()) >= 1, 'the session slept');
  await cancel(core, id);
  await until('it hears of it', () => watch.current.row.status === 'CANCELLED');
  assert.equal(made, 1);
  await assert.rejects(page.send(Cancel, { id }), { code: 'FORBIDDEN' });
  network.cut();
  await until('it is behind', () => watch.state === 'behind');
  await until('it is live', () => watch.state === 'live');
  assert.equal(made, 2);
  watch.close();
});

test('a token is renewed over the socket that there is', async () => {
  const opened = [];
  class Counted extends WebSocket {
    constructor(...args) {
      super(...args);
      opened.push(this);
    }
  }
  let asked = 0;
  // The core allows for 60 s of skew: the first one counts for 4 s more.
  const give = () => token('operator', 'sam', { exp: seconds() + (asked++ ? 3600 : -56) });
  const mine = client(core.url, { token: give, WebSocket: Counted });
  const id = await reserve(core, await addResource(core), '2031-01-01', '2031-01-03');
  await settled(core, id);
  const watch = mine.watch(Watched, { id });
  collected(watch);
  await until('it is live', () => watch.state === 'live');
  await sleep(5_000); // longer than the first token counts
  await cancel(core, id);
  await until('it hears of it', () => watch.current.row.status === 'CANCELLED');
  assert.equal(opened.length, 1);
  watch.close();
});

test('who has no newer token is signed out', async () => {
  const expired = token('operator', 'sam', { exp: seconds() - 58 });
  const watch = client(core.url, { token: expired }).watch(Watched, { id: await reserve(core, await addResource(core), '2031-01-01', '2031-01-03') });
  await assert.rejects(collected(watch).over, { code: 'SIGNED_OUT', status: 4401 });
  assert.equal(watch.state, 'signedOut');
});

test('who has too many sockets waits until one is free', async () => {
  const mine = { token: () => token('owner', 'many') };
  const resource = await addResource(core);
  const pages = Array.from({ length: 4 }, (_, n) => {
    const id = newId();
    const watch = client(core.url, mine).watch(Waited, { id });
    return { id, n, watch, ...collected(watch) };
  });
  await client(core.url, mine).query('{ me { subject } }');
  for (const { id, n } of pages) await core.send('claim', 'CreateClaim', days(resource, n + 1), { aggregateId: id });
  const served = () => pages.filter(({ seen }) => seen.length);
  await until('as many as may are served', () => served().length === 3);
  await sleep(500);
  const [last] = pages.filter(({ seen }) => !seen.length);
  assert.deepEqual([served().length, last.watch.state], [3, 'connecting'], 'nobody is told that it is over');
  served()[0].watch.close();
  await until('the last one has its turn', () => last.seen.length);
  assert.equal(last.seen[0].event.version, 1);
  for (const { watch } of pages) watch.close();
});
