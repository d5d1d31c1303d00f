// Pages in browsers: from which origins they may call, at every door.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, serve } from './harness.mjs';
import { resource101 } from './claims.mjs';
import { vars } from './tokens.mjs';

const home = 'https://app.example';
const foreign = 'https://evil.example';
const started = async (settings) => {
  const core = new Core(configs.probe, { ...vars, ...settings });
  after(() => core.close());
  return core.start();
};
const core = await started({ ALLOWED_ORIGINS: `${home}, http://localhost:*` });
const resource = fresh('resource');
before(() => core.send('resource', 'AddResource', resource101, { aggregateId: resource }));

const doors = [
  ['POST', '/commands', { aggregateType: 'resource', name: 'AddResource', payload: resource101 }],
  ['GET', `/aggregates/resource/${resource}`],
  ['GET', `/aggregates/resource/${resource}/events`],
  ['POST', '/graphql', { query: '{ __typename }' }],
  ['GET', '/graphql?query=%7B__typename%7D'],
  ['GET', '/healthz'],
  ['GET', '/nothing'],
];
const call = ([method, path, body], headers, at = core) => {
  const options = { method, headers: { ...headers, ...(body && { 'content-type': 'application/json' }) } };
  return at.request(path, { ...options, ...(body && { body: JSON.stringify(body) }) });
};
const allowed = ({ headers }) => headers.get('access-control-allow-origin');

for (const door of doors) {
  const name = door.slice(0, 2).join(' ');

  test(`${name}: a page of a listed origin is answered, and no other page may read it`, async () => {
    for (const origin of [home, 'http://localhost:5173', core.url]) {
      const answer = await call(door, { origin });
      assert.ok(answer.status < 500 && answer.status !== 403, `${answer.status}`);
      assert.equal(allowed(answer), origin);
      assert.match(answer.headers.get('vary'), /\bOrigin\b/);
      assert.match(answer.headers.get('access-control-expose-headers'), /\betag\b/);
      assert.equal(answer.headers.get('access-control-allow-credentials'), null);
    }
  });

  test(`${name}: a page of a foreign origin is refused`, async () => {
    for (const origin of [foreign, 'null', 'http://localhost.evil.example', home.replace('https', 'http')]) {
      const answer = await call(door, { origin });
      const code = answer.body.code ?? answer.body.errors?.[0].extensions.code;
      assert.deepEqual([answer.status, code, allowed(answer)], [403, 'ORIGIN_FORBIDDEN', null], origin);
      assert.match(answer.headers.get('vary'), /\bOrigin\b/);
    }
  });

  test(`${name}: who is no browser is not asked, and a cache is told that pages are`, async () => {
    const answer = await call(door, {});
    assert.notEqual(answer.status, 403);
    assert.deepEqual([allowed(answer), answer.headers.get('vary')], [null, 'Authorization, Origin']);
  });

  test(`${name}: a browser asks before it sends a token, and needs none for that`, async () => {
    const asks = { 'access-control-request-method': door[0], 'access-control-request-headers': 'authorization,content-type' };
    const preflight = (origin) => call(['OPTIONS', door[1]], { authorization: undefined, origin, ...asks });
    const { status, headers, body } = await preflight(home);
    assert.deepEqual([status, body, headers.get('access-control-allow-origin')], [204, '', home]);
    assert.match(headers.get('access-control-allow-methods'), new RegExp(`\\b${door[0]}\\b`));
    for (const name of ['authorization', 'content-type', 'idempotency-key']) {
      assert.match(headers.get('access-control-allow-headers'), new RegExp(`\\b${name}\\b`));
    }
    assert.ok(Number(headers.get('access-control-max-age')) > 0);
    const refused = await preflight(foreign);
    assert.deepEqual([refused.status, allowed(refused)], [403, null]);
  });
}

test('a command of a page of a foreign origin changes nothing', async () => {
  const aggregateId = fresh('resource');
  const message = { aggregateType: 'resource', aggregateId, name: 'AddResource', payload: resource101 };
  assert.equal((await core.post('/commands', message, { origin: foreign })).status, 403);
  assert.equal(await core.state('resource', aggregateId), undefined);
});

test('a native socket opens for a page of a listed origin, and not for one of a foreign origin', async () => {
  const headers = (origin) => ({ headers: { ...core.headers, origin } });
  const watcher = await core.watch('resource', resource, headers(home));
  await watcher.caughtUp();
  const refusal = await core.watch('resource', resource, headers(foreign)).catch((error) => error);
  assert.deepEqual([refusal.status, JSON.parse(refusal.text).code], [403, 'ORIGIN_FORBIDDEN']);
});

test('the GraphQL socket opens for a page of a listed origin, and not for one of a foreign origin', async () => {
  const talker = await core.talk({ headers: { origin: home } });
  assert.equal(talker.protocol, 'graphql-transport-ws');
  await assert.rejects(core.talk({ headers: { origin: foreign } }), /403/);
});

test('unset, only the own origin may call; in development this machine may', async () => {
  const closed = await serve();
  const at = (core, origin) => call(['GET', '/healthz'], { origin }, core).then(({ status }) => status);
  assert.deepEqual([await at(closed, closed.url), await at(closed, 'http://localhost:3000')], [200, 403]);
  const home = await started({ ENVIRONMENT: 'development' });
  assert.deepEqual([await at(home, 'http://localhost:3000'), await at(home, foreign)], [200, 403]);
});

test('the schema is shown in development, and in production where it is switched on', async () => {
  const query = '{ __schema { queryType { name } } }';
  const code = async (settings) => {
    const at = await started(settings);
    const { body } = await at.post('/graphql', { query });
    return body.data?.__schema.queryType.name ?? body.errors[0].extensions.code;
  };
  const settings = [{ ENVIRONMENT: 'development' }, {}, { GRAPHQL_INTROSPECTION: 'on' }];
  assert.deepEqual(await Promise.all(settings.map(code)), ['Query', 'INTROSPECTION_OFF', 'Query']);
});
