// Sessions of a site that renders its pages, with an issuer beside it: sign-in, the way back, a session that goes on, the end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sessions } from '@edgefold/client/auth';
import { startIssuer } from '../../../.dev/issuer.mjs';

const [site, client] = ['http://localhost:4000', { id: 'shop', secret: 'the secret of the shop' }];
let issuer, own;
before(async () => {
  issuer = await startIssuer({ client });
  const { url } = issuer;
  own = sessions({ jwks: `${url}/jwks`, issuer: url, audience: 'edgefold', authorizeUrl: `${url}/authorize`, tokenUrl: `${url}/token`, clientId: client.id, clientSecret: client.secret });
});
after(() => issuer.close());

const asked = (path, cookies = {}) => new Request(site + path, { headers: { cookie: Object.entries(cookies).map((pair) => pair.join('=')).join('; ') } });
const cookiesOf = (response) => Object.fromEntries(response.headers.getSetCookie().map((text) => text.split(';')[0].split(/=(.*)/s).slice(0, 2)));
const ago = (seconds) => Math.floor(Date.now() / 1000) - seconds;

/** Signs in as somebody, and goes to `to` after it; gives the last answer. */
async function signedIn(name, to, change = (url) => url) {
  const begin = await own.signIn(asked('/sign-in'), to);
  const authorised = await fetch(begin.headers.get('location'), { method: 'POST', body: new URLSearchParams({ name }), redirect: 'manual' });
  const back = new URL(change(authorised.headers.get('location')));
  return own.signedIn(asked(back.pathname + back.search, cookiesOf(begin)));
}

test('whoever comes back from the issuer is signed in, in cookies that no script reads', async () => {
  const done = await signedIn('ana', '/rooms?guests=2');
  assert.deepEqual([done.status, done.headers.get('location')], [302, '/rooms?guests=2']);
  for (const text of done.headers.getSetCookie()) assert.match(text, /; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
  const { session, renewal, signing } = cookiesOf(done);
  assert.ok(renewal && signing === '');
  const who = await own.who(asked('/', { session }));
  assert.deepEqual([who.subject, who.role, own.token(asked('/', { session }))], ['ana', 'guest', session]);
  assert.equal(await own.who(asked('/')), undefined);
  assert.equal(await own.who(asked('/', { session: `${session}x` })), undefined);
});

test('a sign-in goes on only within the site, only as it began, and only once', async () => {
  for (const to of ['//elsewhere.test/x', 'https://elsewhere.test/', '/\\elsewhere.test', 'http://[']) {
    assert.equal((await signedIn('ana', to)).headers.get('location'), '/', to);
  }
  for (const change of [(url) => url.replace(/state=[^&]*/, 'state=other'), (url) => url.replace(/code=[^&]*/, 'code=other')]) {
    const refused = await signedIn('ana', '/', change);
    assert.deepEqual([refused.headers.get('location'), refused.headers.getSetCookie()], ['/sign-in', []]);
  }
  const stranger = await own.signedIn(asked('/signed-in?code=a&state=b'));
  assert.equal(stranger.headers.get('location'), '/sign-in');
});

test('a token that has nearly ended gives way to a new one; what is asked for meanwhile is answered with it', async () => {
  const { renewal } = cookiesOf(await signedIn('ana', '/'));
  for (const session of [undefined, issuer.token('ana', { exp: ago(120) }), issuer.token('ana', { exp: ago(-30) })]) {
    const request = asked('/', { other: '1', ...(session && { session }), renewal });
    const answer = await own.kept(request, async (request) => Response.json([(await own.who(request))?.subject, request.headers.get('cookie').includes('other=1')]));
    assert.deepEqual(await answer.json(), ['ana', true]);
    const { exp } = JSON.parse(atob(cookiesOf(answer).session.split('.')[1]));
    assert.ok(exp > ago(-600));
  }
  const good = { session: issuer.token('ana'), renewal };
  assert.deepEqual((await own.kept(asked('/', good), () => new Response())).headers.getSetCookie(), [], 'one that lasts stays');
});

test('without a token of renewal that counts, an old session has ended', async () => {
  const session = issuer.token('ana', { exp: ago(120) });
  for (const renewal of [undefined, 'made-up']) {
    const answer = await own.kept(asked('/', { session, ...(renewal && { renewal }) }), async (request) => Response.json((await own.who(request)) ?? null));
    assert.deepEqual([await answer.json(), answer.headers.getSetCookie()], [null, []]);
  }
});

test('who signs out is signed out, also with a session that was just renewed', async () => {
  const { renewal } = cookiesOf(await signedIn('ana', '/'));
  const out = await own.kept(asked('/sign-out', { renewal }), (request) => own.signOut(request));
  assert.deepEqual([out.headers.get('location'), cookiesOf(out)], ['/sign-in', { session: '', renewal: '' }]);
});

test('a ticket is for who has signed in', async () => {
  const tokens = [];
  const core = { fetch: async (url, { method, headers }) => (tokens.push([url, method, headers.authorization]), Response.json({ ticket: 'a.b' }, { status: 201 })) };
  const session = issuer.token('ana');
  const given = await own.ticket(asked('/ticket', { session }), core);
  assert.deepEqual([given.status, await given.text(), given.headers.get('cache-control')], [201, 'a.b', 'no-store']);
  assert.equal((await own.ticket(asked('/ticket'), core)).status, 401);
  assert.deepEqual(tokens, [['https://core/tickets', 'POST', `Bearer ${session}`]]);
});
