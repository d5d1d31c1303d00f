// `npm start`: set up, build, serve on this machine, and serve each change. `npm start -- --release` serves what is deployed;
// `--var NAME:value` sets a variable of it.
import { Agent, get } from 'node:http';
import { createServer, isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { build, quickWorker, worker } from './build.mjs';
import { assets, bundleGraphiql } from './graphiql.mjs';
import { follow, offer } from './loop.mjs';
import { migrate } from './migrate.mjs';
import { end, main, Problem, start } from './process.mjs';
import { wrangler } from './wrangler.mjs';

const patience = 60_000; // ms until the Worker must have answered
const port = Number(process.env.PORT || 8787);
const host = process.env.HOST || '127.0.0.1';
const everywhere = ['0.0.0.0', '::'].includes(host);
const name = everywhere ? '127.0.0.1' : host;
const url = `http://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;

function checkPort() {
  if (!(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new Problem(`PORT=${process.env.PORT} is not a port number`);
  }
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', ({ code }) => {
      if (code === 'EADDRINUSE') {
        fail(new Problem(`port ${port} is taken by another process. Choose another one: PORT=${port + 1} npm start`));
      } else if (code === 'EACCES') {
        fail(new Problem(`port ${port} may not be used by this user. Choose another one: PORT=8787 npm start`));
      } else {
        fail(new Problem(`HOST=${host} is no address of this machine (${code})`));
      }
    });
    server.listen(port, host, () => server.close(done));
  });
}

/** Whether the Worker says that it is well. An agent of its own: no proxy of the environment can reach this machine. */
const well = () =>
  new Promise((done) => {
    const request = get(`${url}/healthz`, { agent: new Agent(), timeout: 5_000 }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy()).on('error', () => done(false));
  });

async function healthy(ended) {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    if (await well()) return true;
    const over = await Promise.race([ended, new Promise((done) => setTimeout(done, 200))]);
    if (over) return false;
  }
  return false;
}

/** What it means to serve more than this machine. */
const open = `
  Every machine that reaches ${host}:${port} can call it, with a token made from .dev.vars. Pages that come from other hosts
  are refused until ALLOWED_ORIGINS in .dev.vars names their origins, for example ALLOWED_ORIGINS="http://192.168.1.5:3000".
`;

await main(async () => {
  const { values } = parseArgs({ options: { release: { type: 'boolean', default: false }, var: { type: 'string', multiple: true, default: [] } } });
  const script = values.release ? worker : quickWorker;
  await checkPort(); // before the minutes that a first build takes
  await build(script);
  await bundleGraphiql();
  await migrate();
  await checkPort(); // somebody may have taken it meanwhile; wrangler would silently choose another
  const flags = ['--ip', host, '--port', String(port), '--assets', assets, '--show-interactive-dev-session=false', ...values.var.flatMap((one) => ['--var', one])];
  const [command, args, options] = wrangler('dev', offer(script), ...flags);
  const { child, ended } = start(command, args, { ...options, env: { ...options.env, EDGEFOLD_BUILT: 'yes' } });
  if (!(await healthy(ended))) {
    await end(child.pid);
    throw new Problem(`the Worker did not answer on ${url}/healthz; see the messages above`);
  }
  console.log(`
edgefold  is running${values.release ? ' as it is deployed' : ''}. Ctrl-C stops it; its data stays in .wrangler/state.

  POST ${url}/commands                   send a command, see README.md
  POST ${url}/graphql                    mutations and read models; in a browser it is GraphiQL
  GET  ${url}/aggregates/{type}/{id}     the state; /events behind it is the stream
  ws   ${url.replace('http', 'ws')}/aggregates/{type}/{id}       watch and command one instance
  GET  ${url}/healthz                    is it well?
${everywhere ? open : ''}
  A change in the sources is built and served.
`);
  const { code } = await Promise.race([ended, follow(script)]);
  throw new Problem(`wrangler ended by itself (status ${code})`);
});
