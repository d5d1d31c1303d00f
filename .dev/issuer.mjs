// An issuer of tokens for this machine, as OpenID Connect has them: whoever says a name is signed in as a guest of that name. It signs
// with a key that it makes at its start and publishes at /jwks.
import { createHash, generateKeyPairSync, randomUUID, sign as signWith } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Seconds that a token lasts. */
const lasting = 3600;
/** Milliseconds within which a code has to be exchanged. */
const brief = 60_000;

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const digest = (text) => createHash('sha256').update(text).digest('base64url');
const escaped = (text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

const page = (search) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Who are you?</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 1.0625rem/1.55 system-ui, sans-serif }
  main { max-width: 22rem; margin: 18vh auto; padding: 0 1.25rem }
  label, input, button { display: block; width: 100%; font: inherit; box-sizing: border-box }
  input, button { margin-top: .5rem; padding: .6rem .8rem }
</style>
<main>
  <h1>Who are you?</h1>
  <p>The issuer of this machine believes every name.</p>
  <form method="post" action="/authorize?${escaped(search)}">
    <label>Name <input name="name" required pattern="[\\w.@\\-]{1,64}" autocomplete="username" autofocus></label>
    <button>Go on</button>
  </form>
</main>
`;

/** Starts it; `url` is what its tokens say as `iss`. `client` is who may exchange codes: `{id, secret}`. */
export async function startIssuer({ port = 0, host = '127.0.0.1', audience = 'edgefold', client }) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  const codes = new Map();
  const renewals = new Map();
  let url;

  /** A token of a guest; `claims` are others or more than a guest's. */
  function token(sub, claims) {
    const now = Math.floor(Date.now() / 1000);
    const body = { iss: url, aud: audience, sub, role: 'guest', iat: now, exp: now + lasting, ...claims };
    const text = `${part({ alg: 'ES256', typ: 'JWT', kid })}.${part(body)}`;
    return `${text}.${signWith('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  /** The name becomes a code, with which the browser goes back to where it came from. Only pages of this machine get one. */
  function authorise(asked, name) {
    const back = new URL(asked.get('redirect_uri'));
    if (asked.get('client_id') !== client.id || !['127.0.0.1', 'localhost'].includes(back.hostname)) return [400, 'text/plain', 'nobody knows that client'];
    if (!/^[\w.@-]{1,64}$/.test(name)) return [400, 'text/plain', 'that is no name'];
    const code = randomUUID();
    codes.set(code, { name, back: back.href, challenge: asked.get('code_challenge'), until: Date.now() + brief });
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state') ?? '');
    return [303, 'text/plain', '', { location: back.href }];
  }

  /** A code counts once, for whoever has asked for it. */
  function exchange(form) {
    const code = form.get('code');
    const { name, back, challenge, until } = codes.get(code) ?? {};
    codes.delete(code);
    const isClient = form.get('client_id') === client.id && form.get('client_secret') === client.secret;
    const isGood = isClient && Date.now() < until && form.get('redirect_uri') === back && digest(form.get('code_verifier') ?? '') === challenge;
    if (!isGood) return ungranted;
    const renewal = randomUUID();
    renewals.set(renewal, name);
    return granted(name, { refresh_token: renewal });
  }

  /** A token of renewal counts until the issuer ends. */
  function renew(form) {
    const isClient = form.get('client_id') === client.id && form.get('client_secret') === client.secret;
    const name = isClient && renewals.get(form.get('refresh_token'));
    return name ? granted(name) : ungranted;
  }

  const ungranted = [400, 'application/json', JSON.stringify({ error: 'invalid_grant' })];
  const granted = (name, more) => [200, 'application/json', JSON.stringify({ access_token: token(name), token_type: 'Bearer', expires_in: lasting, ...more })];

  async function answer(request) {
    const { pathname, search, searchParams } = new URL(request.url, url);
    let text = '';
    for await (const chunk of request) text += chunk;
    const form = new URLSearchParams(text);
    switch (`${request.method} ${pathname}`) {
      case 'GET /jwks': return [200, 'application/json', JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }] })];
      case 'GET /authorize': return [200, 'text/html', page(search.slice(1))];
      case 'POST /authorize': return authorise(searchParams, form.get('name') ?? '');
      case 'POST /token': return form.get('grant_type') === 'refresh_token' ? renew(form) : exchange(form);
      default: return [404, 'text/plain', ''];
    }
  }

  const server = createServer(async (request, response) => {
    const [status, type, body, headers] = await answer(request).catch(() => [400, 'text/plain', 'that cannot be read']);
    response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store', ...headers }).end(body);
  }).listen(port, host);
  await once(server, 'listening');
  url = `http://${host}:${server.address().port}`;
  const close = () => (server.close(), server.closeAllConnections());
  return { url, token, close };
}

/** What a core is set to, so that it takes the tokens of an issuer, and those of the storefront itself, which only looks. */
export const coreSettings = ({ issuer, audience = 'edgefold', secret }) => ({
  AUTH_JWKS_URL_2: `${issuer}/jwks`, AUTH_ISSUER_2: issuer, AUTH_AUDIENCE_2: audience, AUTH_ROLES_2: 'guest=guest',
  AUTH_SECRET_3: secret, AUTH_ISSUER_3: 'storefront', AUTH_AUDIENCE_3: audience, AUTH_ROLES_3: 'service=service',
});

/** What a storefront is set to. */
export const storefrontSettings = ({ core, issuer, audience = 'edgefold', secret, client, hotel = 'grand' }) => ({
  CORE_URL: core, ISSUER: issuer, AUDIENCE: audience, JWKS_URL: `${issuer}/jwks`, AUTHORIZE_URL: `${issuer}/authorize`, TOKEN_URL: `${issuer}/token`,
  CLIENT_ID: client.id, CLIENT_SECRET: client.secret, SERVICE_SECRET: secret, HOTEL: hotel,
});
