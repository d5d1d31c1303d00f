// GraphiQL: a page of the development server. What is deployed has none, and sends nobody there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { assets, bundleGraphiql } from '../../.dev/graphiql.mjs';
import { root } from '../../.dev/pins.mjs';
import { nodeBinary, nodeEnv } from '../../.dev/toolchain.mjs';
import { configs, Core } from './core.mjs';
import { until } from './harness.mjs';
import { vars } from './tokens.mjs';

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

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

test('the development server has the page, whole: nothing of it comes from elsewhere', async () => {
  await bundleGraphiql();
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'edgefold-graphiql-'))];
  const args = ['dev', '--ip', '127.0.0.1', '--port', `${port}`, '--inspector-port', `${await freePort()}`, '--assets', assets, '--persist-to', folder, '--var', 'ENVIRONMENT:development'];
  const wrangler = spawn(nodeBinary(), [join(root, 'node_modules/wrangler/bin/wrangler.js'), ...args], {
    cwd: root, env: nodeEnv(), stdio: 'ignore', detached: true,
  });
  after(() => {
    process.kill(-wrangler.pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const url = `http://127.0.0.1:${port}`;
  await until('it serves', () => fetch(`${url}/healthz`).then(({ status }) => status === 200, () => false), { within: 60_000 });
  const response = await fetch(`${url}/graphql`, { headers: { accept: browser.accept } });
  const page = await response.text();
  assert.deepEqual([response.status, new URL(response.url).pathname], [200, '/graphiql/']);
  assert.match(response.headers.get('content-type'), /^text\/html/);
  const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => new URL(part, response.url));
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
