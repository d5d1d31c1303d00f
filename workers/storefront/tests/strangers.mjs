// Who sees what: other guests, forged cookies, and what the cache gives to whom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secret, sign } from '../../../.dev/token.mjs';
import { fresh, until } from '../../../tests/acceptance/harness.mjs';
import { nights as claim, settled } from '../../reservation/tests/hotel.mjs';
import { it, visit } from './together.mjs';
import { nights } from './visitor.mjs';

const get = (path, cookie) => fetch(it.origin + path, { headers: cookie ? { cookie } : {}, redirect: 'manual' });
async function reserve(room) {
  const [id, { from, until }] = [fresh('reservation'), nights()];
  await it.core.send('reservation', 'CreateReservation', claim(room, from, until, 'ana'), { aggregateId: id });
  await settled(it.core, id);
  return id;
}
async function stats() {
  const text = await (await get('/stats', it.cookie('ana'))).text();
  return Object.fromEntries([...text.matchAll(/<dt>([^<]+)<\/dt><dd>(\d+)[^<]*<\/dd>/g)].map(([, name, value]) => [name, Number(value)]));
}

test("another guest gets 404 for ana's reservation, also when the cache has it", async () => {
  const id = await reserve(await it.room('130'));
  const before = await stats();
  assert.equal((await get(`/reservations/${id}`, it.cookie('bob'))).status, 404);
  const mine = await get(`/reservations/${id}`, it.cookie('ana'));
  assert.equal(mine.status, 200);
  assert.equal(mine.headers.get('cache-control'), 'private, no-cache');
  const { page, status, heading } = await visit('bob', `/reservations/${id}`);
  assert.equal(status, 404);
  await heading('There is nothing here');
  assert.ok(!(await page.content()).includes('Room 130'), 'nothing of it is in the page');
  const after = await stats();
  assert.equal(after['Kept from others'] - before['Kept from others'], 2);
  assert.equal((await get('/reservations/none', it.cookie('bob'))).status, 404, 'as for what there is not');
});

test('a cookie that is forged, too old, or for something else is none, for pages, commands and tickets', async () => {
  const id = await reserve(await it.room('131'));
  await get(`/reservations/${id}`, it.cookie('ana')); // the cache has it
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: it.issuer.url, aud: 'edgefold', sub: 'ana', role: 'guest', exp: now + 600 };
  const [head, , signature] = it.issuer.token('bob').split('.');
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forged = {
    'signed with another key': sign(claims, secret()),
    "somebody else's signature": `${head}.${part(claims)}.${signature}`,
    'not signed': `${part({ alg: 'none' })}.${part(claims)}.`,
    'too old': it.issuer.token('ana', { exp: now - 120 }),
    'for another audience': it.issuer.token('ana', { aud: 'other' }),
    'no token': 'ana',
  };
  for (const [how, text] of Object.entries(forged)) {
    const cookie = `session=${text}`;
    const page = await get(`/reservations/${id}`, cookie);
    assert.deepEqual([page.status, page.headers.get('location')], [302, `/sign-in?to=${encodeURIComponent(`/reservations/${id}`)}`], how);
    const post = (path) => fetch(it.origin + path, { method: 'POST', headers: { cookie, origin: it.origin }, body: new URLSearchParams({ commandId: fresh('c') }), redirect: 'manual' });
    assert.equal((await post('/ticket')).status, 401, how);
    assert.equal((await post(`/reservations/${id}`)).status, 302, how);
  }
  assert.equal((await it.core.state('reservation', id)).state.status, 'CONFIRMED');
});

test('a form of another site does nothing', async () => {
  const id = await reserve(await it.room('132'));
  const sent = await fetch(`${it.origin}/reservations/${id}`, { method: 'POST', headers: { cookie: it.cookie('ana'), origin: 'https://elsewhere.test' }, body: new URLSearchParams({ commandId: fresh('c') }), redirect: 'manual' });
  assert.ok(sent.status >= 400, `got ${sent.status}`);
  assert.equal((await it.core.state('reservation', id)).state.status, 'CONFIRMED');
});

test('signing in goes on only within this site, and only with the state that it began with', async () => {
  const begin = await fetch(`${it.origin}/sign-in`, { method: 'POST', headers: { origin: it.origin }, body: new URLSearchParams({ to: '//elsewhere.test/x' }), redirect: 'manual' });
  const cookie = begin.headers.get('set-cookie').split(';')[0];
  const authorised = await fetch(begin.headers.get('location'), { method: 'POST', body: new URLSearchParams({ name: 'ana' }), redirect: 'manual' });
  const back = authorised.headers.get('location').replace(it.origin, '');
  const stranger = await get(back.replace(/state=[^&]*/, 'state=other'), cookie);
  assert.deepEqual([stranger.headers.get('location'), stranger.headers.getSetCookie()], ['/sign-in', []]);
  const done = await get(back, cookie);
  assert.equal(done.headers.get('location'), '/');
  assert.match(done.headers.getSetCookie()[0], /^session=.+; HttpOnly; SameSite=Lax/);
});

test('a session goes on while its guest looks, for as long as the issuer says so', async () => {
  const begin = await fetch(`${it.origin}/sign-in`, { method: 'POST', headers: { origin: it.origin }, body: new URLSearchParams({ to: '/' }), redirect: 'manual' });
  const authorised = await fetch(begin.headers.get('location'), { method: 'POST', body: new URLSearchParams({ name: 'ana' }), redirect: 'manual' });
  const done = await get(authorised.headers.get('location').replace(it.origin, ''), begin.headers.get('set-cookie').split(';')[0]);
  const renewal = done.headers.getSetCookie().find((text) => text.startsWith('renewal=')).split(';')[0];
  const old = `session=${it.issuer.token('ana', { exp: Math.floor(Date.now() / 1000) - 120 })}`;
  const page = await get('/reservations', `${old}; ${renewal}`);
  assert.equal(page.status, 200);
  assert.match(page.headers.getSetCookie()[0], /^session=.+; HttpOnly; SameSite=Lax/);
  assert.equal((await get('/reservations', old)).status, 302);
});

test('the cache answers the second time, and tells hits, misses and ages', async (t) => {
  const room = await it.room('133');
  await get('/stats', it.cookie('ana'));
  const times = { miss: [], hit: [] };
  const timed = async (path) => {
    const since = performance.now();
    const answer = await get(path, it.cookie('ana'));
    await answer.text();
    assert.equal(answer.status, 200);
    return performance.now() - since;
  };
  await timed('/stats'); // the connection is there
  for (let n = 0; n < 5; n++) {
    const id = await reserve(room);
    const before = await stats();
    times.miss.push(await timed(`/reservations/${id}`));
    for (let m = 0; m < 5; m++) times.hit.push(await timed(`/reservations/${id}`));
    const after = await stats();
    assert.ok(after.Misses - before.Misses <= 2 && after.Hits - before.Hits >= 10, 'a page reads a reservation and a room');
  }
  await until('every entry is fresh', async () => {
    const now = await stats();
    return now.Live === now.Entries && now['Age of the oldest'] === 0;
  });
  const [miss, hit] = Object.values(times).map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)].toFixed(1));
  t.diagnostic(`a page that the cache does not have ${miss} ms, one that it has ${hit} ms`);
});
