// The description of the HTTP doors is served, and every response of the doors is held against it in `npm test -- openapi`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { serve } from '../../../tests/acceptance/harness.mjs';

const core = await serve('core');
const printed = JSON.parse(readFileSync(new URL('../../../schema/openapi.json', import.meta.url), 'utf8'));

test('whoever asks is shown the description, as it is printed', async () => {
  const { status, headers, body } = await core.as(undefined).request('/openapi.json');
  assert.deepEqual([status, headers.get('content-type')], [200, 'application/json']);
  assert.deepEqual(body, printed);
  assert.match(body.openapi, /^3\.1\./);
});

test('it is read only', async () => {
  const { status, headers } = await core.request('/openapi.json', { method: 'DELETE' });
  assert.deepEqual([status, headers.get('allow')], [405, 'GET, HEAD']);
  const head = await fetch(`${core.url}/openapi.json`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
});

test('there is a door where it says so, which wants a token where it says so', async () => {
  for (const [path, methods] of Object.entries(printed.paths)) {
    const there = path.replace('{type}', 'room').replace(/\{\w+\}/, 'a');
    for (const [method, { security = printed.security }] of Object.entries(methods)) {
      const options = { method: method.toUpperCase(), ...(method === 'post' && { body: '{}' }) };
      const headers = { 'content-type': 'application/json' };
      const { status, body } = await core.as(undefined).request(there, { ...options, headers });
      const isOpen = !security.length || security.some((one) => !Object.keys(one).length);
      assert.equal(status === 401, !isOpen, `${method} ${path} ${status}`);
      assert.notEqual(body.code, 'UNKNOWN_PATH', path);
    }
  }
});
