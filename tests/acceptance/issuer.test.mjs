// An issuer signs tokens with keys that it publishes: all kinds of them, new ones, and none to be had.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign as signWith } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { resource101 } from './claims.mjs';
import { bearer, claims, seconds, token, vars } from './tokens.mjs';

const kinds = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};
const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const published = (kid, { publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid });
const signed = (alg, kid, { privateKey }, more, header) => {
  const text = `${b64({ alg, kid, ...header })}.${b64(claims('operator', 'sam', more))}`;
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' };
  return `${text}.${signWith(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), key).toString('base64url')}`;
};

/** An issuer that serves these keys, and a core that asks it. */
async function issuer(keys, settings = {}) {
  const it = { keys, asked: 0 };
  const server = createServer((_, response) => {
    it.asked++;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: it.keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  it.close = () => {
    server.close();
    server.closeAllConnections();
  };
  const { AUTH_ISSUER, AUTH_AUDIENCE } = vars;
  const AUTH_JWKS_URL = `http://127.0.0.1:${server.address().port}/keys`;
  it.url = AUTH_JWKS_URL;
  it.core = new Core(configs.probe, { AUTH_ISSUER, AUTH_AUDIENCE, AUTH_JWKS_URL, ...settings });
  after(async () => {
    it.close();
    await it.core.close();
  });
  await it.core.start();
  it.look = async (text) => (await it.core.as(text).request('/aggregates/resource/none')).status;
  return it;
}

test('an issuer signs with RS256, ES256 or EdDSA, and is asked seldom', async () => {
  const pairs = Object.fromEntries(Object.entries(kinds).map(([alg, make]) => [alg, make()]));
  const it = await issuer(Object.entries(pairs).map(([alg, pair]) => published(alg, pair)));
  for (const [alg, pair] of Object.entries(pairs)) {
    assert.equal(await it.look(signed(alg, alg, pair)), 404, alg);
    assert.equal(await it.look(signed(alg, alg, pair, { aud: 'other' })), 401, `${alg}, another audience`);
  }
  const stranger = kinds.ES256();
  assert.equal(await it.look(signed('ES256', 'ES256', stranger)), 401, 'another key of that name');
  assert.equal(await it.look(signed('ES256', 'RS256', pairs.ES256)), 401, 'an algorithm that is not the key’s');
  const pem = pairs.RS256.publicKey.export({ type: 'spki', format: 'pem' });
  assert.equal(await it.look(token('operator', 'sam', {}, pem)), 401, 'a public key is no secret');
  for (let made = 0; made < 20; made++) assert.equal(await it.look(signed('ES256', `made-up-${made}`, stranger)), 401);
  assert.ok(it.asked <= 2, `made-up keys do not become requests: ${it.asked}`);
  it.close();
  assert.equal(await it.look(signed('RS256', 'RS256', pairs.RS256, { iat: 1 })), 404, 'the last good keys count');
});

test('an issuer that rotates its keys is followed while the core runs, and is not hammered meanwhile', async () => {
  const pause = 30; // s between two fetches: KEY_SET_PAUSE_MS in shared/kernel/src/limits.rs
  const [old, young] = [kinds.ES256(), kinds.EdDSA()];
  const it = await issuer([published('old', old)]);
  const began = Date.now();
  assert.equal(await it.look(signed('ES256', 'old', old)), 404);
  it.keys = [published('young', young)];
  let tried = 0;
  const most = () => 1 + Math.ceil((Date.now() - began) / 1000 / pause);
  await until('the new key is taken', async () => {
    const jti = `${tried++}`;
    const strangers = ['a', 'b', 'c'].map((kid) => it.look(signed('ES256', `${kid}-${jti}`, old)));
    assert.deepEqual(await Promise.all(strangers), [401, 401, 401]);
    assert.ok(it.asked <= most(), `asked ${it.asked} times`);
    return (await it.look(signed('EdDSA', 'young', young, { jti }))) === 404;
  }, { within: (pause + 15) * 1000 });
  assert.equal(await it.look(signed('ES256', 'old', old, { jti: 'late' })), 401, 'the key that is gone is gone');
  assert.equal(await it.look(signed('EdDSA', 'young', young, { jti: 'late' })), 404);
  assert.ok(it.asked <= most(), `asked ${it.asked} times`);
});

test('while the issuer is away nobody loses what he has, and everybody hears that it is our fault', async () => {
  const pair = kinds.ES256();
  const { AUTH_SECRET } = vars;
  const it = await issuer([], { AUTH_SECRET });
  it.close();
  const { core } = it;
  const [good, unknown] = [token('operator', 'sam'), signed('ES256', 'key', pair)];
  const resource = fresh('resource');
  core.headers = bearer(good);
  await core.send('resource', 'AddResource', resource101, { aggregateId: resource });

  const problem = await core.as(unknown).request(`/aggregates/resource/${resource}`);
  assert.deepEqual([problem.status, problem.body.code], [503, 'UNAVAILABLE']);
  for (const accept of ['application/graphql-response+json', 'application/json']) {
    const { status, headers, body } = await core.as(unknown).post('/graphql', { query: '{ __typename }' }, { accept });
    assert.deepEqual([status, body.errors[0].extensions.code, body.data], [503, 'UNAVAILABLE', undefined]);
    assert.ok(headers.get('content-type').startsWith(accept));
  }

  const watcher = await core.watch('resource', resource);
  watcher.say({ type: 'authenticate', token: unknown });
  assert.equal((await watcher.frame('fault', ({ type }) => type === 'error')).code, 'UNAVAILABLE');
  await watcher.ping();
  assert.ok(watcher.isOpen, 'its old token counts');
  watcher.terminate();

  const newcomer = await core.talk();
  newcomer.say({ type: 'connection_init', payload: { token: unknown } });
  assert.deepEqual(await newcomer.closed, { code: 1013, reason: 'Try again later' });

  const talker = await (await core.talk()).init(token('operator', 'sam', { exp: seconds() - 55 }));
  talker.say({ type: 'ping', payload: { token: unknown } });
  await talker.frame('pong', ({ type }) => type === 'pong');
  const [{ data }] = await talker.next(talker.subscribe('{ __typename }'));
  assert.equal(data.__typename, 'Query', 'its old token counts');
  assert.equal((await talker.closed).code, 4403, 'until it expires');
});

test('the claims of a real issuer, beside a secret and another issuer', async () => {
  const [one, other] = [kinds.RS256(), kinds.ES256()];
  const second = await issuer([published('other', other)]);
  const it = await issuer([published('one', one)], {
    AUTH_ROLE_CLAIM: '/realm_access/roles',
    AUTH_ROLES: 'hotel-chief=operator, hotel-guest=owner',
    AUTH_SECRET_2: 'the key of the shop, 32 bytes or more',
    AUTH_ISSUER_2: 'shop',
    AUTH_ROLES_2: 'service=service, owner=owner',
    AUTH_JWKS_URL_3: second.url,
    AUTH_ISSUER_3: 'https://auth0.test/',
    AUTH_AUDIENCE_3: '*',
    AUTH_ROLE_CLAIM_3: 'https://hotel.test/role',
    AUTH_SUBJECT_CLAIM_3: 'email',
    AUTH_SUBJECT_PREFIX_3: 'auth0|',
  });
  const who = async (text) => {
    const { status, body } = await it.core.as(text).post('/graphql', { query: '{ me { subject role } }' });
    return status === 200 ? `${body.data.me.role} ${body.data.me.subject}` : body.errors[0].message;
  };
  const keycloak = (roles, more) => signed('RS256', 'one', one, { role: undefined, realm_access: { roles }, ...more });
  assert.equal(await who(keycloak(['offline_access', 'hotel-guest'])), 'OWNER sam');
  assert.equal(await who(keycloak(['hotel-guest', 'hotel-chief'])), 'OPERATOR sam', 'the first of the setting');
  assert.equal(await who(keycloak(['operator'])), 'the claim /realm_access/roles names no role here: "operator"');
  assert.equal(await who(keycloak(undefined)), 'the token has no claim /realm_access/roles');
  const shop = (role, more) => token(role, 'front', { iss: 'shop', aud: undefined, ...more }, 'the key of the shop, 32 bytes or more');
  assert.equal(await who(shop('service')), 'SERVICE front');
  assert.equal(await who(shop('admin')), 'the claim role names no role here: "admin"', 'a key makes the roles that it is for');
  assert.match(await who(shop('service', { iss: vars.AUTH_ISSUER })), /^the token is from another issuer/);
  const auth0 = { iss: 'https://auth0.test/', aud: 'whatever', role: 'admin', 'https://hotel.test/role': 'owner', email: 'ana@hotel.test' };
  assert.equal(await who(signed('ES256', 'other', other, auth0)), 'OWNER auth0|ana@hotel.test');
  assert.equal(await who(signed('ES256', 'other', other, { ...auth0, iss: vars.AUTH_ISSUER })), 'the token is signed with an unknown key');
});

test('a key set without issuer or audience is not used, and a token of another type is for something else', async () => {
  const pair = kinds.EdDSA();
  for (const lacking of ['AUTH_ISSUER', 'AUTH_AUDIENCE']) {
    const it = await issuer([published('key', pair)], { [lacking]: undefined });
    const { status, body } = await it.core.as(signed('EdDSA', 'key', pair)).request('/aggregates/resource/none');
    assert.deepEqual([status, body.code, it.asked], [401, 'AUTH_NOT_CONFIGURED', 0], lacking);
  }
  const it = await issuer([published('key', pair)]);
  for (const [typ, status] of [['at+jwt', 404], ['application/at+jwt', 404], ['JWT', 404], ['logout+jwt', 401]]) {
    assert.equal(await it.look(signed('EdDSA', 'key', pair, {}, { typ })), status, typ);
  }
});
