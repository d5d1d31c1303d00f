// The development server as `npm start` runs it, with storage of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { assets, bundleGraphiql } from '../../.dev/graphiql.mjs';
import { wrangler } from '../../.dev/wrangler.mjs';
import { until } from './harness.mjs';

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Starts it; it ends with the test file, or with the test that calls this. Gives the address that it serves at. */
export async function develop() {
  await bundleGraphiql();
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'edgefold-development-'))];
  const groups = [];
  const start = (...args) => {
    const [command, words, options] = wrangler(...args, '--persist-to', folder);
    const child = spawn(command, words, { ...options, env: { ...options.env, CI: 'true' }, stdio: 'ignore', detached: true });
    groups.push(child.pid);
    return child;
  };
  after(() => {
    for (const group of groups) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {
        // it has ended
      }
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  await new Promise((done) => start('d1', 'migrations', 'apply', 'edgefold', '--local').once('exit', done));
  const inspector = ['--inspector-port', `${await freePort()}`];
  start('dev', '--ip', '127.0.0.1', '--port', `${port}`, ...inspector, '--assets', assets, '--var', 'ENVIRONMENT:development');
  const url = `http://127.0.0.1:${port}`;
  const well = () => fetch(`${url}/healthz`).then(({ status }) => status === 200, () => false);
  await until('it serves', well, { within: 240_000 });
  return url;
}
