// `npm start`: set up, build, serve on this machine.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build } from './build.mjs';
import { assets, bundleGraphiql } from './graphiql.mjs';
import { root, tools } from './pins.mjs';
import { end, main, Problem, run, start, tail } from './process.mjs';
import { setup } from './setup.mjs';
import { wrangler } from './wrangler.mjs';

const patience = 60_000; // ms until the Worker must have answered
const port = Number(process.env.PORT || 8787);
const url = `http://127.0.0.1:${port}`;

function checkPort() {
  if (!(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new Problem(`PORT=${process.env.PORT} is not a port number`);
  }
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', ({ code }) => {
      const why = code === 'EADDRINUSE' ? 'is taken by another process' : `cannot be used (${code})`;
      fail(new Problem(`port ${port} ${why}. Choose another one: PORT=${port + 1} npm start`));
    });
    server.listen(port, '127.0.0.1', () => server.close(done));
  });
}

/** D1's tables are part of the code: bring them up to date before the code runs. */
async function migrate() {
  const config = readFileSync(join(root, 'wrangler.toml'), 'utf8');
  if (!/^\[\[d1_databases\]\]/m.test(config)) return;
  const log = join(tools, 'log', 'migrations.log');
  const [command, args, options] = wrangler('d1', 'migrations', 'apply', 'edgefold', '--local');
  // CI=true: apply without asking.
  const ok = await run(command, args, { ...options, env: { ...options.env, CI: 'true' }, log });
  if (!ok) throw new Problem(`the D1 migrations failed. The end of .tools/log/migrations.log:\n\n${tail(log)}`);
}

async function healthy(ended) {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
      await response.body?.cancel();
      if (response.status === 200) return true;
    } catch {
      // not listening yet
    }
    const over = await Promise.race([ended, new Promise((done) => setTimeout(done, 200))]);
    if (over) return false;
  }
  return false;
}

await main(async () => {
  await checkPort(); // before the minutes that a first build takes
  await setup();
  await build();
  await bundleGraphiql();
  await migrate();
  await checkPort(); // somebody may have taken it meanwhile; wrangler would silently choose another
  const { child, ended } = start(
    ...wrangler('dev', '--ip', '127.0.0.1', '--port', String(port), '--assets', assets, '--show-interactive-dev-session=false'),
  );
  if (!(await healthy(ended))) {
    await end(child.pid);
    throw new Problem(`the Worker did not answer on ${url}/healthz; see the messages above`);
  }
  console.log(`
edgefold  is running. Ctrl-C stops it; its data stays in .wrangler/state.

  POST ${url}/commands                   send a command, see README.md
  POST ${url}/graphql                    mutations and read models; in a browser it is GraphiQL
  GET  ${url}/aggregates/{type}/{id}     the state; /events behind it is the stream
  ws   ${url.replace('http', 'ws')}/aggregates/{type}/{id}       watch and command one instance
  GET  ${url}/healthz                    is it well?
`);
  const { code } = await ended;
  throw new Problem(`wrangler ended by itself (status ${code})`);
});
