// GraphiQL: a page of the development server. What is deployed has none, and sends nobody there.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configs, Core } from '../../../tests/acceptance/core.mjs';
import { develop } from '../../../tests/acceptance/development.mjs';
import { vars } from '../../../tests/acceptance/tokens.mjs';

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', authorization: undefined };
const open = (core, path = '/graphql') => core.request(path, { headers: browser, redirect: 'manual' });

test('in production a browser is answered as anybody is, and there is no page', async () => {
  const core = new Core(configs.core, vars);
  after(() => core.close());
  await core.start();
  const { status, headers, body } = await open(core);
  assert.deepEqual([status, body.errors[0].extensions.code], [400, 'MALFORMED_REQUEST']);
  assert.match(headers.get('content-type'), /^application\/json/);
  assert.equal((await open(core, '/graphiql/')).status, 404);
});

test('in development a browser that opens the door is led to the page, and a client that asks is answered', async () => {
  const core = new Core(configs.core, { ...vars, ENVIRONMENT: 'development' });
  after(() => core.close());
  await core.start();
  const { status, headers } = await open(core);
  assert.deepEqual([status, headers.get('location')], [303, '/graphiql/']);
  const asked = await open(core, '/graphql?query=%7B__typename%7D');
  assert.deepEqual([asked.status, asked.body.data], [200, { __typename: 'Query' }]);
});

test('the development server has the page, whole: nothing of it comes from elsewhere', async () => {
  const url = await develop();
  const response = await fetch(`${url}/graphql`, { headers: { accept: browser.accept } });
  const page = await response.text();
  assert.deepEqual([response.status, new URL(response.url).pathname], [200, '/graphiql/']);
  assert.match(response.headers.get('content-type'), /^text\/html/);
  const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => new URL(part, response.url));
  const parts = named.filter(({ protocol }) => protocol !== 'data:');
  assert.equal(parts.length, 2);
  for (const part of parts) {
    assert.equal(part.origin, url);
    const { status, headers } = await fetch(part);
    assert.equal(status, 200, part.pathname);
    assert.match(headers.get('content-type'), /javascript|css/);
  }
  const api = await fetch(`${url}/graphql?query=${encodeURIComponent('{ __schema { queryType { name } } }')}`);
  assert.equal((await api.json()).data.__schema.queryType.name, 'Query');
});
