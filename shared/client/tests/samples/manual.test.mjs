// The recipes of the manual, as they stand there: compiled, and run against the core that is deployed.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCore } from '@edgefold/client';
import { startIssuer } from '../../../../.dev/issuer.mjs';
import { fresh, serve } from '../../../../tests/acceptance/harness.mjs';
import { proxy } from '../../../../tests/acceptance/proxy.mjs';
import { token, vars } from '../../../../tests/acceptance/tokens.mjs';
import { addRoom, cancel, reserve, settled, year } from '../../../../workers/reservation/tests/hotel.mjs';
import { collected, hotel, until, Watched } from '../documents.mjs';
import { blocks, bundled, compile, imported, nameless } from './blocks.mjs';

const guest = { name: 'front', text: await bundled('server.ts'), classes: { CACHE: 'Cache' }, vars: { SECRET: vars.AUTH_SECRET, ISSUER: vars.AUTH_ISSUER, AUDIENCE: vars.AUTH_AUDIENCE } };
const core = await serve('core', {}, { guest });
const front = await core.direct('front');
const ana = createCore({ url: core.url, token: () => token('guest', 'ana') });
after(() => ana.close());
const visit = (path, session, options) => fetch(`${front}${path}`, { ...options, headers: session ? { cookie: `theme=dark; session=${session}` } : {} });
const nights = (roomId, month = 1) => ({ roomId, dateStart: `${year}-0${month}-01`, dateEnd: `${year}-0${month}-03` });

test('every block compiles', async () => {
  assert.deepEqual([...blocks.keys()], ['index.html', 'page.ts', 'documents.ts', 'form.ts', 'list.ts', 'free.ts', 'optimistic.ts', 'session.ts', 'sign_in.ts', 'server.ts', 'svelte.ts', 'booking.test.ts', 'blocked.ts']);
  assert.equal(nameless, 0);
  await compile();
});

test('forms', async () => {
  const { bookingForm } = await imported('form.ts');
  const submit = bookingForm(ana);
  const room = await addRoom(core);
  const refused = await submit({ ...nights(room), dateEnd: `${year}-01-01` });
  assert.equal(refused.field, 'dateEnd', JSON.stringify(refused));
  const { booked } = await submit(nights(room));
  assert.equal((await settled(core, booked)).status, 'CONFIRMED');
});

test('sign-in by an issuer', async () => {
  const issuer = await startIssuer({ client: { id: 'shop', secret: 'the secret of the shop' } });
  after(issuer.close);
  const { default: site } = await imported('sign_in.ts');
  const env = { ISSUER: issuer.url, AUDIENCE: 'edgefold', CLIENT_SECRET: 'the secret of the shop', CORE: { fetch: () => Response.json({ ticket: 'a.b' }) } };
  const go = (path, cookie = '', method = 'GET') => site.fetch(new Request(`http://localhost${path}`, { method, headers: { cookie } }), env);
  const cookies = (response) => response.headers.getSetCookie().map((text) => text.split(';')[0]).join('; ');
  assert.equal((await go('/rooms')).status, 401);
  const off = await go('/sign-in', '', 'POST');
  const authorised = await fetch(off.headers.get('location'), { method: 'POST', body: new URLSearchParams({ name: 'ana' }), redirect: 'manual' });
  const back = new URL(authorised.headers.get('location'));
  const done = await go(back.pathname + back.search, cookies(off));
  assert.equal(done.headers.get('location'), '/rooms');
  assert.equal(await (await go('/rooms', cookies(done))).text(), 'Hello ana');
  assert.equal(await (await go('/ticket', cookies(done), 'POST')).text(), 'a.b');
});

test('where websockets are blocked', async () => {
  const { coreAt } = await imported('blocked.ts');
  const mine = coreAt((await proxy(core, { upgrades: false })).url, async () => token('guest', 'ana'));
  after(() => mine.close());
  const { seen } = collected(mine.watch(Watched, { id: await reserve(core, await addRoom(core), `${year}-05-01`, `${year}-05-03`) }));
  await until('it is CONFIRMED', () => seen.at(-1)?.row.status === 'CONFIRMED');
});

test('lists and optimistic rows', async () => {
  const [{ mine, minePage }, { book }] = [await imported('list.ts'), await imported('optimistic.ts')];
  const list = mine(ana, await minePage(ana));
  const { seen } = collected(list);
  await until('it is live', () => list.state === 'live');
  const sent = book(ana, list, nights(await addRoom(core)));
  assert.equal(list.current.rows[0].tentative, true);
  const { id } = await sent;
  await until('it is CONFIRMED', () => list.current.rows.find((row) => row.id === id)?.status === 'CONFIRMED');
  assert.ok(seen.length >= 3);
  list.close();
});

test('rooms that are free', async () => {
  const { freeRooms } = await imported('free.ts');
  const hotelId = fresh('hotel');
  for (const number of ['1', '2']) await core.send('room', 'AddRoom', { hotelId, number, capacity: 2, nightlyRate: 100 }, { aggregateId: `${hotelId}-${number}` });
  const free = freeRooms(ana, hotelId, `${year}-03-01`, `${year}-03-04`);
  collected(free);
  const numbers = () => free.current?.rows.map(({ number }) => number).join();
  await until('both are free', () => numbers() === '1,2');
  const id = await reserve(core, `${hotelId}-1`, `${year}-03-02`, `${year}-03-03`);
  await until('one is taken', () => numbers() === '2');
  await cancel(core, id);
  await until('it is free again', () => numbers() === '1,2');
  assert.equal(free.state, 'live');
  free.close();
});

test('sign-in and the cache: only whom it concerns, and nobody with a forged cookie', async () => {
  const id = await reserve(core, await addRoom(core), `${year}-01-01`, `${year}-01-03`, fresh('reservation'));
  await settled(core, id);
  const [his, others, staff] = [token('guest', 'ana'), token('guest', 'bob'), token('staff', 'sam')];
  const forged = `${his.split('.')[0]}.${Buffer.from(JSON.stringify({ sub: 'ana', role: 'guest', exp: 9e9 })).toString('base64url')}.AAAA`;
  for (let round = 0; round < 2; round++) {
    const answer = await visit(`/${id}`, his);
    assert.match(await answer.text(), /<h1>CONFIRMED<\/h1><body data-cursor="2" data-age="0">/);
    assert.equal((await visit(`/${id}`, staff)).status, 200);
    assert.deepEqual([(await visit(`/${id}`, others)).status, (await visit(`/${id}`, forged)).status, (await visit(`/${id}`)).status], [404, 401, 401]);
  }
  assert.equal((await visit(`/${fresh('nobody')}`, staff)).status, 404);
  const { hits, misses, refused } = await (await visit('/stats')).json();
  assert.deepEqual([hits, misses, refused], [5, 2, 2]);
  assert.equal((await visit('/ticket', forged, { method: 'POST' })).status, 401);
  const page = createCore({ url: core.url, ticket: async () => (await visit('/ticket', his, { method: 'POST' })).text() });
  assert.equal((await page.query('{ me { subject } }')).me.subject, 'ana');
  page.close();
});

test('another framework', async () => {
  const [{ readable }, { LiveReservation }] = [await imported('svelte.ts'), await imported('documents.ts')];
  const fake = hotel();
  fake.put('reservation', { id: 'a', status: 'PENDING' });
  const shown = [];
  const leave = readable(fake.core.watch(LiveReservation, { id: 'a' })).subscribe(({ current, state }) => shown.push(`${current?.row.status} ${state}`));
  await until('it is live', () => shown.at(-1) === 'PENDING live');
  fake.confirm('a');
  await until('it is CONFIRMED', () => shown.at(-1) === 'CONFIRMED live');
  assert.equal(shown[0], 'undefined connecting');
  leave();
  await sleep(10);
  fake.expire('a');
  assert.equal(shown.at(-1), 'CONFIRMED live');
});

test('unit tests', async () => {
  const { test } = await imported('booking.test.ts');
  await test(assert);
});

