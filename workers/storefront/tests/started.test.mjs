// `npm run storefront`, in a copy of the project, as somebody has it who has just cloned it: it is there, a guest signs in and sees the
// rooms, and Ctrl-C leaves nothing behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { copied } from '../../../.dev/copy.mjs';
import { nodeEnv } from '../../../.dev/toolchain.mjs';
import { until } from '../../../tests/acceptance/harness.mjs';

const patience = { within: 300_000 }; // two development servers, on a machine that may have other things to do

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Whether anybody is left in a group of processes. */
function isThere(group) {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

test('it serves core, issuer and pages; a guest signs in and sees five rooms; Ctrl-C ends all of it', async (t) => {
  const pages = 'workers/storefront';
  const links = ['node_modules', '.tools', 'build', 'shared/client/dist', 'shared/client/generated', `${pages}/node_modules`, `${pages}/build`];
  const cwd = await copied('storefront', { links });
  const [core, site, issuer] = [await freePort(), await freePort(), await freePort()];
  const env = { ...process.env, ...nodeEnv(), PORT: `${core}`, STOREFRONT_PORT: `${site}`, ISSUER_PORT: `${issuer}` };
  const child = spawn('npm', ['run', 'storefront', '--', '--release', '--rooms'], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => isThere(child.pid) && process.kill(-child.pid, 'SIGKILL'));
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text));
  const ended = new Promise((done) => child.once('exit', done));
  const at = `http://127.0.0.1:${site}`;
  await until('it says where it is', () => {
    assert.equal(child.exitCode, null, printed);
    return printed.includes(`the storefront is at ${at}`);
  }, patience);

  const cookies = new Map();
  /** As a browser that follows nobody. */
  async function go(url, form) {
    const headers = { cookie: [...cookies].map((pair) => pair.join('=')).join('; '), origin: at };
    const body = form && new URLSearchParams(form);
    const answer = await fetch(new URL(url, at), { method: form ? 'POST' : 'GET', headers, body, redirect: 'manual' });
    if (new URL(url, at).origin === at) for (const text of answer.headers.getSetCookie()) cookies.set(...text.split(';')[0].split(/=(.*)/s));
    return { status: answer.status, to: answer.headers.get('location'), text: await answer.text() };
  }
  const { to: door } = await go('/');
  assert.match(door, /^\/sign-in/);
  const { to: authorise } = await go(door, { to: '/' });
  assert.match(authorise, new RegExp(`^http://127.0.0.1:${issuer}/authorize`));
  const { to: back } = await go(authorise, { name: 'ana' });
  const { to: rooms } = await go(back);
  assert.equal(new URL(rooms, at).pathname, '/');
  await until('the rooms are listed', async () => {
    const { status, text } = await go('/');
    return status === 200 && ['101', '102', '201', '202', '301'].every((number) => text.includes(number)) && text.includes('ana');
  });

  process.kill(-child.pid, 'SIGINT');
  await ended;
  await until('nobody is left', () => !isThere(child.pid));
  for (const port of [core, site, issuer]) await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
});
