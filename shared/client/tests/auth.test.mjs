// Tokens: good ones, forged ones, and the keys of an issuer.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign as signWith } from 'node:crypto';
import { test } from 'node:test';
import { signer, verifier } from '@edgefold/client/auth';
import { sign } from '../../../.dev/token.mjs';

const [secret, issuer, audience] = ['the key of the tests, 32 bytes or more', 'https://issuer.test', 'edgefold'];
const now = () => Math.floor(Date.now() / 1000);
const claims = (more) => ({ sub: 'ana', role: 'guest', iss: issuer, aud: audience, exp: now() + 600, ...more });
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const verify = verifier({ secret, issuer, audience });
const refused = (token, why, by = verify) => assert.rejects(by(token), (error) => error.code === 'INVALID_TOKEN' && error.final && why.test(error.detail));

test('a good token says who it is', async () => {
  const exp = now() + 600;
  const { subject, role, expiresAt, via } = await verify(sign(claims({ exp, act: { sub: 'shop' } }), secret));
  assert.deepEqual({ subject, role, via }, { subject: 'ana', role: 'guest', via: 'shop' });
  assert.equal(expiresAt, exp * 1000);
});

test('whatever is wrong with a token is said', async () => {
  const good = sign(claims(), secret);
  const [head, body, signature] = good.split('.');
  await refused(undefined, /no token/);
  await refused('a.b', /no token/);
  await refused('a.b.c', /no token/);
  await refused(`${head}.${part(claims({ role: 'staff' }))}.${signature}`, /signature is wrong/);
  await refused(`${head}.${body}.AAAA`, /signature is wrong/);
  await refused(`${part({ alg: 'none' })}.${body}.`, /not signed with none/);
  await refused(`${part({ alg: 'toString' })}.${body}.AAAA`, /not signed with toString/);
  await refused(sign(claims(), 'another key, which is as long as it'), /signature is wrong/);
  await refused(sign(claims({ exp: now() - 61 }), secret), /has expired/);
  await refused(sign(claims({ exp: undefined }), secret), /no claim exp/);
  await refused(sign(claims({ exp: 'soon' }), secret), /no instant/);
  await refused(sign(claims({ nbf: now() + 120 }), secret), /nbf lies in the future/);
  await refused(sign(claims({ iat: now() + 120 }), secret), /iat lies in the future/);
  await refused(sign(claims({ iss: 'https://evil.test' }), secret), /another issuer/);
  await refused(sign(claims({ aud: 'others' }), secret), /another audience/);
  await refused(sign(claims({ sub: undefined }), secret), /no claim sub/);
  await refused(sign(claims({ role: undefined }), secret), /no claim role/);
});

test('clocks may differ by a minute, and an audience may be one of several', async () => {
  await verify(sign(claims({ exp: now() - 50, nbf: now() + 50, aud: ['others', audience] }), secret));
});

test('the role may lie where the issuer puts it', async () => {
  const realm = verifier({ secret, roleClaim: '/realm_access/roles' });
  assert.equal((await realm(sign({ sub: 'ana', exp: now() + 9, realm_access: { roles: ['guest', 'x'] } }, secret))).role, 'guest');
  const url = verifier({ secret, roleClaim: 'https://hotel.test/role' });
  assert.equal((await url(sign({ sub: 'ana', exp: now() + 9, 'https://hotel.test/role': 'staff' }, secret))).role, 'staff');
});

const kinds = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};
const published = (kid, { publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid });
const signed = (alg, kid, { privateKey }, more) => {
  const text = `${part({ alg, kid })}.${part(claims(more))}`;
  return `${text}.${signWith(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};
/** An issuer that publishes these keys. */
function issuerOf(keys) {
  const it = { keys, asked: 0, away: false };
  it.fetch = async () => {
    it.asked++;
    if (it.away) throw new TypeError('away');
    return Response.json({ keys: it.keys });
  };
  it.verify = verifier({ jwks: 'https://issuer.test/jwks', issuer, audience, fetch: it.fetch });
  return it;
}

test('the keys of an issuer are fetched once, and each kind counts', async () => {
  const pairs = Object.fromEntries(Object.entries(kinds).map(([alg, make]) => [alg, make()]));
  const it = issuerOf(Object.entries(pairs).map(([alg, pair]) => published(alg, pair)));
  for (const [alg, pair] of Object.entries(pairs)) assert.equal((await it.verify(signed(alg, alg, pair))).subject, 'ana', alg);
  assert.equal(it.asked, 1);
  for (let made = 0; made < 9; made++) await refused(signed('ES256', `made up ${made}`, pairs.ES256), /unknown key/, it.verify);
  assert.equal(it.asked, 1, 'made-up keys do not become requests');
  await refused(signed('ES256', 'ES256', kinds.ES256()), /signature is wrong/, it.verify);
  const pem = pairs.RS256.publicKey.export({ type: 'spki', format: 'pem' });
  await refused(sign(claims(), pem), /not signed with HS256/, it.verify); // a public key is no secret
});

test('an issuer that is away is nobody\'s fault, and its last keys count', async () => {
  const pair = kinds.ES256();
  const it = issuerOf([published('key', pair)]);
  it.away = true;
  await assert.rejects(it.verify(signed('ES256', 'key', pair)), { code: 'UNAVAILABLE', final: false });
  it.away = false;
  await it.verify(signed('ES256', 'key', pair));
  it.away = true;
  await it.verify(signed('ES256', 'key', pair));
});

test('a key set without issuer or audience is for anybody, and is not taken', () => {
  assert.throws(() => verifier({ jwks: 'https://issuer.test/jwks', issuer }), /an issuer and an audience/);
  assert.throws(() => verifier({}), /a secret or a key set/);
});

test('a signed token is good, and made again only when half of its time is over', async () => {
  const token = signer({ secret, issuer, audience, subject: 'ana', role: 'guest', via: 'storefront' });
  const { subject, role, via } = await verify(await token());
  assert.deepEqual({ subject, role, via }, { subject: 'ana', role: 'guest', via: 'storefront' });
  assert.equal(await token(), await token());
  const short = signer({ secret, subject: 'ana', role: 'guest', seconds: 0 });
  const first = await short();
  await new Promise((done) => setTimeout(done, 1_100));
  assert.notEqual(await short(), first);
});
