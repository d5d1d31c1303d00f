// From the start of a bare runtime to its first answer: nothing but workerd, the script and its objects' folder. There is no queue
// and no D1, which the first answers do not need.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bearer, token, vars } from '../acceptance/tokens.mjs';
import { parseToml } from '../acceptance/toml.mjs';
import { median } from './figures.mjs';

// The very workerd that wrangler runs on, without the Node script around it.
const require = createRequire(import.meta.url);
const packaged = createRequire(createRequire(require.resolve('wrangler')).resolve('workerd'));
const workerd = join(dirname(packaged.resolve(`@cloudflare/workerd-${process.platform}-${process.arch === 'x64' ? '64' : process.arch}/package.json`)), 'bin/workerd');

const configFile = fileURLToPath(new URL('../../wrangler.toml', import.meta.url));
const config = parseToml(readFileSync(configFile, 'utf8'));
const list = (items) => `[${items.join(', ')}]`;
const text = JSON.stringify;

/** A configuration of workerd for one script. */
const written = (modules, { classes = [], bindings = [] } = {}) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "disk", disk = (path = "storage", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = ${list(modules.map(([name, kind]) => `(name = ${text(name)}, ${kind} = embed ${text(name)})`))},
  compatibilityDate = ${text(config.compatibility_date)},
  compatibilityFlags = ${list(config.compatibility_flags.map(text))},
  durableObjectNamespaces = ${list(classes.map((name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`))},
  durableObjectStorage = (localDisk = "disk"),
  bindings = ${list(bindings)},
);`;

function hello(folder) {
  writeFileSync(join(folder, 'index.js'), "export default { fetch: () => new Response('hello') };\n");
  return written([['index.js', 'esModule']]);
}

function core(folder) {
  const built = dirname(join(dirname(configFile), config.main));
  for (const name of ['index.js', 'index_bg.wasm']) copyFileSync(join(built, name), join(folder, name));
  const objects = config.durable_objects.bindings;
  return written([['index.js', 'esModule'], ['index_bg.wasm', 'wasm']], {
    classes: objects.map(({ class_name }) => class_name),
    bindings: [
      ...objects.map(({ name, class_name }) => `(name = ${text(name)}, durableObjectNamespace = ${text(class_name)})`),
      ...Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ],
  });
}

const post = (path, body) => ({
  method: 'POST', path, body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...bearer(token('staff', 'bench')) },
});
const device = { aggregateType: 'device', aggregateId: 'first', name: 'RegisterDevice', payload: { model: 'bench', ownerId: 'bench' } };

const cases = [
  { name: 'hello world in JavaScript', script: hello, ask: { path: '/' }, status: 200 },
  { name: 'GET /healthz', script: core, ask: { path: '/healthz' }, status: 200 },
  { name: 'a first command', script: core, ask: post('/commands', device), status: 202 },
  { name: 'a first GraphQL answer', script: core, ask: post('/graphql', { query: '{ __typename }' }), status: 200 },
];

/** Asks once. A first request has no connection to go on with. */
const asked = (port, { body, ...options }) =>
  new Promise((done, fail) => {
    const sent = request({ host: '127.0.0.1', port, agent: false, ...options }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => done({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', fail).end(body);
  });

/** Milliseconds from the start of the process until the answer is there; each start has a storage of its own. */
async function first({ script, ask, status }) {
  const folder = mkdtempSync(join(tmpdir(), 'edgefold-start-'));
  let child;
  try {
    mkdirSync(join(folder, 'storage'));
    writeFileSync(join(folder, 'config.capnp'), script(folder));
    const begun = performance.now();
    child = spawn(workerd, ['serve', 'config.capnp', '--control-fd=3'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
    const { value } = await createInterface(child.stdio[3])[Symbol.asyncIterator]().next();
    const { port } = JSON.parse(value);
    const answer = await asked(port, ask);
    const took = performance.now() - begun;
    if (answer.status !== status) throw new Error(`${ask.path} answered ${answer.status}: ${answer.body}`);
    return took;
  } finally {
    const ended = child && new Promise((done) => child.once('exit', done));
    child?.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Medians of so many starts, in turns; one before them brings the files into memory. */
export async function firstAnswers(starts) {
  const times = cases.map(() => []);
  for (let start = 0; start <= starts; start++) {
    for (const [index, one] of cases.entries()) {
      const ms = await first(one);
      if (start) times[index].push(ms);
    }
  }
  return cases.map(({ name }, index) => ({
    name, starts, ms: median(times[index]), fastest: Math.min(...times[index]), slowest: Math.max(...times[index]),
    beyond: median(times[index]) - median(times[0]),
  }));
}
