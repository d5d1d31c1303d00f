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
const signed = (alg, kid, { privateKey }, more) => {
  const text = `${b64({ alg, kid })}.${b64(claims('operator', 'sam', more))}`;
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
