// Over the real core: commands, cuts, restarts, lists.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId, Refused } from '@edgefold/client';
import WebSocket from 'ws';
import { proxy } from '../../../tests/acceptance/proxy.mjs';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { addResource, cancel, client, Create, CreateShown, Listed, ListedLive, reserve, settled, Waited, Watched } from './claims.mjs';
import { collected, until } from './documents.mjs';

const core = await serve();
const network = await proxy(core);
const days = (resourceId, n = 1) => ({ userId: 'ana', resourceId, dateStart: `2031-0${n}-01`, dateEnd: `2031-0${n}-03` });
const versions = (seen) => seen.map(({ event }) => event?.version).filter(Boolean);

test('a claim is sent, watched, and CONFIRMED', async () => {
  const mine = client(core.url);
  const sent = await mine.send(Create, { input: days(await addResource(core)) });
  assert.ok(sent.version === 1 && Date.parse(sent.confirmBy) > Date.now());
  const seen = [];
  for await (const update of mine.watch(Watched, { id: sent.id }, { until: ({ row }) => row.status !== 'PENDING' })) seen.push(update);
  assert.equal(seen.at(-1).row.status, 'CONFIRMED');
  assert.equal((await core.state('claim', sent.id)).state.status, 'CONFIRMED');
});

test('a refusal names the field; a document that is wrong is final', async () => {
  const mine = client(core.url);
  const refused = await mine.send(Create, { input: { ...days('r'), dateEnd: '2030-01-01' } }).catch((error) => error);
  assert.ok(refused instanceof Refused);
  assert.deepEqual([refused.code, refused.field, refused.final], ['DATES_REVERSED', 'dateEnd', true]);
  await assert.rejects(mine.query('{ spaceship }'), { code: 'GRAPHQL_VALIDATION_FAILED', final: true });
  await assert.rejects(client(core.url, { token: 'none' }).query('{ me { subject } }'), { code: 'INVALID_TOKEN', final: true, status: 401 });
  await assert.rejects(collected(mine.watch(Watched, { id: fresh('nobody') })).over, { code: 'UNKNOWN_INSTANCE', final: true });
});

test('a command whose answer is lost takes effect once', async () => {
  const mine = client(network.url);
  const resource = await addResource(core);
  for (const pause of [0, 5, 10, 20]) {
    const id = newId();
    const sending = mine.send(Create, { id, input: days(resource, pause / 5 + 1) });
    await sleep(pause);
    network.cut();
    assert.equal((await sending).id, id);
    assert.equal((await core.events('claim', id)).filter(({ type }) => type === 'ClaimCreated').length, 1);
  }
  assert.equal((await mine.query(Listed, { filter: { resourceId: resource } })).claims.nodes.length, 3, 'the page has three');
});

test('each event comes once and in order, over a cut and a killed runtime', async () => {
  const mine = client(network.url, { WebSocket });
  const id = await reserve(core, await addResource(core), '2031-01-01', '2031-01-03');
  await settled(core, id);
  const watch = mine.watch(Watched, { id }, { after: '0' });
  const { seen } = collected(watch);
  await until('what is stored has come', () => seen.length === 2);
  network.down();
  await until('it is behind', () => watch.state === 'behind');
  network.mend();
  await until('it is live', () => watch.state === 'live');
  await core.killAndRestart();
  await cancel(core, id);
  await until('what it missed has come', () => versions(seen).length === 3);
  assert.deepEqual(versions(seen), [1, 2, 3]);
  assert.equal(watch.current.row.status, 'CANCELLED');
  watch.close();
});

test('a network that is cut again and again: every command takes effect once, every event comes once', async () => {
  const mine = client(network.url, { WebSocket });
  const resource = await addResource(core);
  const events = [];
  const stop = mine.follow(ListedLive, { filter: { resourceId: resource }, after: '0' }, {
    next: ({ data }) => data.claims.event && events.push(`${data.claims.event.aggregateId} ${data.claims.event.version}`),
    ended: (error) => events.push(String(error)),
  });
  const cutting = (async () => {
    for (let cuts = 0; cuts < 5; cuts++) {
      await sleep(150);
      network.cut();
    }
  })();
  const ids = Array.from({ length: 12 }, newId);
  const input = (n) => ({ userId: 'ana', resourceId: resource, dateStart: `2032-${String(n + 1).padStart(2, '0')}-01`, dateEnd: `2032-${String(n + 1).padStart(2, '0')}-03` });
  const sent = await Promise.all(ids.map((id, n) => mine.send(Create, { id, input: input(n) })));
  await cutting;
  assert.deepEqual(sent.map(({ id }) => id), ids);
  await until('all are CONFIRMED', () => events.length >= 24);
  await sleep(300);
  stop();
  assert.deepEqual([...events].sort(), ids.flatMap((id) => [`${id} 1`, `${id} 2`]).sort());
});

test('a list meets its updates without a gap; a row that leaves leaves', async () => {
  const mine = client(network.url);
  const resource = await addResource(core);
  const filter = { resourceId: resource, status: 'CONFIRMED' };
  const confirmed = async (month) => {
    const id = await reserve(core, resource, `2031-0${month}-01`, `2031-0${month}-03`);
    await settled(core, id);
    return id;
  };
  const ids = [];
  for (const month of [1, 2, 3, 4]) ids.push(await confirmed(month));
  const list = mine.list(Listed, { filter });
  let initial; // of two pages
  await until('the list has all of them', async () => (initial = await list.page()).claims.nodes.length === 4);
  assert.deepEqual(initial.claims.nodes.map(({ id }) => id).sort(), [...ids].sort());
  ids.push(await confirmed(5)); // between the list and its updates
  await cancel(core, ids[0]);
  const live = list.live(ListedLive, { initial });
  collected(live);
  const shown = () => live.current.rows.map(({ id }) => id).sort().join();
  await until('the new one is there, and the cancelled one is not', () => shown() === [...ids.slice(1)].sort().join());
  network.down();
  await until('it is behind', () => live.state === 'behind');
  ids.push(await confirmed(6));
  await cancel(core, ids[1]);
  network.mend();
  await until('it has what it missed', () => shown() === [...ids.slice(2)].sort().join());
  live.close();
});

test('a page may watch before it sends', async () => {
  const mine = client(core.url);
  const id = newId();
  const watch = mine.watch(Waited, { id }, { initial: { id, status: 'PENDING' }, until: ({ row }) => row.status === 'CONFIRMED' });
  const { seen, over } = collected(watch);
  await until('it is shown', () => seen.length === 1);
  const input = days(await addResource(core));
  await mine.send(Create, { id, input });
  await over;
  assert.deepEqual([seen[0].tentative, ...versions(seen)], [true, 1, 2]);
});

test('the answer to a command carries the instance, and the list shows that', async () => {
  const mine = client(core.url);
  const resource = await addResource(core);
  const live = mine.list(Listed, { filter: { resourceId: resource } }).live(ListedLive);
  const { seen } = collected(live);
  await until('it is live', () => live.state === 'live');
  const id = newId();
  const sent = mine.send(CreateShown, { id, input: days(resource) });
  live.expect({ id, version: 0, status: 'PENDING' }, sent);
  assert.equal(live.current.rows[0].tentative, true);
  const { answer, confirmBy } = await sent;
  assert.deepEqual(answer.claim, { id, version: 1, status: 'PENDING', confirmBy });
  await until('it is CONFIRMED', () => live.current.rows[0].status === 'CONFIRMED');
  const shown = seen.map(({ rows: [row] }) => row && `${row.version}${row.tentative ? ' tentative' : ''}`);
  assert.ok(shown.includes('1'), `the state of the answer, or its event: ${shown}`);
  live.close();
});
