// A process that hosts a script on the real runtime: workerd, with its storage on disk. Requests go straight to the
// script, past the proxies of a development server. It is spoken to by IPC, see subject.mjs.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { peers } from '../../.dev/pins.mjs';
import { around } from '../acceptance/around.mjs';
import { vars } from '../acceptance/tokens.mjs';
import { parseToml } from '../acceptance/toml.mjs';

// The very Miniflare that wrangler runs on.
const require = createRequire(import.meta.url);
const { Miniflare, NoOpLog } = createRequire(require.resolve('wrangler'))('miniflare');

const { script, configFile, folder, fresh, inspect, settings, counted } = JSON.parse(process.argv[2]);
const config = parseToml(readFileSync(configFile, 'utf8'));
const name = script === 'core' ? config.name : script;
const peerClasses = {
  baseline: ['Bare', 'Dedup', 'Queued', 'Journalled', 'Journal'],
  emmett: ['Emmett'],
};
const classes = script === 'core'
  ? config.durable_objects.bindings
  : peerClasses[script].map((class_name) => ({ name: class_name.toUpperCase(), class_name }));
const queue = 'duties';
const [database] = config.d1_databases;
const errors = [];

const mapped = (items, entry) => Object.fromEntries(items.map(entry));

const module = (file) => ({ type: 'esm', contents: readFileSync(file, 'utf8') });

function manifest() {
  if (script === 'emmett') return { mainModule: 'index.js', modulesRoot: '/', modules: { 'index.js': module(peers.bundle) } };
  if (script === 'baseline') {
    const files = ['baseline_worker.js', 'duties_worker.js', 'peers_worker.js'];
    const modules = mapped(files, (file) => [file, module(new URL(file, import.meta.url))]);
    return { mainModule: 'peers_worker.js', modulesRoot: '/', modules };
  }
  const main = join(dirname(configFile), config.main);
  return {
    mainModule: counted ? 'around.mjs' : 'index.js',
    modulesRoot: dirname(main),
    modules: {
      ...(counted && around('index.js', classes.map(({ class_name }) => class_name), { switched: true })),
      'index.js': module(main),
      'index_bg.wasm': { type: 'wasm', contents: readFileSync(join(dirname(main), 'index_bg.wasm')) },
    },
  };
}

const bus = script === 'core' ? {
  env: {
    ...mapped(Object.entries({ ...vars, ...settings }), ([name, value]) => [name, { type: 'text', value }]),
    REQUESTS_PER_PRINCIPAL: { type: 'text', value: '1000000000' }, // one principal sends all of it
    ...mapped(config.queues.producers, ({ binding, queue }) => [binding, { type: 'queue', name: queue }]),
    [database.binding]: { type: 'd1', id: database.database_id },
    // No rate limiter: here an object that writes a row for each request plays its part, on the platform it is a counter in
    // memory. What would be measured is the player.
  },
  triggers: config.queues.consumers.map((consumer) => ({
    type: 'queue',
    name: consumer.queue,
    maxBatchSize: consumer.max_batch_size,
    maxBatchTimeout: consumer.max_batch_timeout,
    maxRetries: consumer.max_retries,
    ...(consumer.dead_letter_queue && { deadLetterQueue: consumer.dead_letter_queue }),
  })),
} : {
  env: { QUEUE: { type: 'queue', name: queue }, DB: { type: 'd1', id: database.database_id } },
  triggers: [{ type: 'queue', name: queue, maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 3 }],
};

const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  ...(inspect && { inspectorPort: 0 }),
  cf: false, // no look-up of a real geography
  telemetry: { enabled: false },
  log: new NoOpLog(),
  handleStructuredLogs: ({ level, message }) => level === 'error' && errors.push(message),
  handleUncaughtError: ({ message }) => errors.push(message),
  resourcePersistencePath: join(folder, 'storage'),
  workers: [{
    config: {
      name,
      compatibilityDate: config.compatibility_date,
      compatibilityFlags: config.compatibility_flags,
      manifest: manifest(),
      env: {
        ...mapped(classes, ({ name: binding, class_name }) => [
          binding,
          { type: 'durable-object', worker: name, exportName: class_name },
        ]),
        ...bus.env,
      },
      exports: mapped(classes, ({ class_name }) => [class_name, { type: 'durable-object', storage: 'sqlite' }]),
      triggers: bus.triggers,
    },
    dev: { rootPath: dirname(configFile), unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] },
  }],
});

const classOf = (type) => classes.find(({ name: binding }) => binding === type.toUpperCase()).class_name;

async function migrate() {
  const sources = join(dirname(configFile), database.migrations_dir);
  const files = readdirSync(sources).filter((file) => file.endsWith('.sql')).sort();
  const d1 = await miniflare.getD1Database(database.binding);
  for (const file of files) {
    const statements = readFileSync(join(sources, file), 'utf8').replace(/--.*$/gm, '').split(';');
    await d1.batch(statements.filter((one) => one.trim()).map((one) => d1.prepare(one)));
  }
}

const calls = {
  /** What an object says to the script, and to nobody outside. */
  async inside({ type, id, path }) {
    const namespace = await miniflare.getDurableObjectNamespace(type.toUpperCase());
    const response = await namespace.get(namespace.idFromName(id)).fetch(`https://object${path}`);
    return response.json();
  },
  /** Unloads an object; its storage stays. */
  async evict({ type, id }) {
    const options = { name: id, webSockets: 'hibernate' };
    await miniflare.unsafeEvictDurableObject(name, classOf(type), options).catch((error) => {
      if (!/not currently running/.test(error.message)) throw error; // it sleeps already
    });
  },
  /** Unloads the sessions of all GraphQL sockets; the sockets hibernate. */
  async evictSessions() {
    for (const id of await miniflare.listDurableObjectIds(classOf('session'), name)) {
      await miniflare.unsafeEvictDurableObject(name, classOf('session'), { id, webSockets: 'hibernate' }).catch((error) => {
        if (!/not currently running/.test(error.message)) throw error; // it sleeps already
      });
    }
  },
  /** The file that an object's database lies in, while the runtime is stopped. */
  async file({ type, id }) {
    const namespace = await miniflare.getDurableObjectNamespace(type.toUpperCase());
    const wanted = `${namespace.idFromName(id)}.sqlite`;
    const storage = join(folder, 'storage');
    const found = readdirSync(storage, { recursive: true }).find((file) => file.endsWith(wanted));
    return join(storage, found);
  },
  async sql({ statement, params }) {
    const d1 = await miniflare.getD1Database(database.binding);
    return (await d1.prepare(statement).bind(...params).all()).results;
  },
  /** What went wrong since the start. */
  errors: () => errors,
  inspector: async () => `${await miniflare.getInspectorURL()}`,
  async stop() {
    await miniflare.dispose();
    setImmediate(() => process.exit(0));
  },
};

process.on('message', async ({ call, what, args }) => {
  try {
    process.send({ call, value: await calls[what](args) });
  } catch (error) {
    process.send({ call, error: String(error?.stack ?? error) });
  }
});
// Whoever started it is gone, however it went.
process.on('disconnect', async () => {
  await miniflare.dispose();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
});

await miniflare.ready;
if (fresh && script === 'core') await migrate();
const url = await miniflare.unsafeGetDirectURL(name);
process.send({ ready: url.origin });
