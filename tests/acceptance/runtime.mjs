// A built script on the real runtime: workerd, with Durable Objects on SQLite, the queue, D1 and alarms, as `wrangler dev` has
// them. Its bindings come from the script's wrangler.toml. It lives in the process that `host.mjs` is.
import childProcess from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { around } from './around.mjs';
import { parseToml } from './toml.mjs';

// The very Miniflare that wrangler runs on.
const require = createRequire(import.meta.url);
const { Miniflare, NoOpLog } = createRequire(require.resolve('wrangler'))('miniflare');

/** What Miniflare has started: it does not say which process its runtime is. */
const started = [];
const { spawn } = childProcess;
childProcess.spawn = (...args) => {
  const child = spawn(...args);
  started.push(child);
  return child;
};

/** Starts a script, one at a time. Gives `{url, calls}`. */
export async function runtime({ configFile, folder, fresh, vars, requests, retries, switched, releases, guest }) {
  const config = parseToml(readFileSync(configFile, 'utf8'));
  const script = config.name;
  const classes = config.durable_objects.bindings;
  const [database] = config.d1_databases;
  const [dead, deadCommands] = config.queues.consumers.map((one) => one.dead_letter_queue).filter(Boolean);
  const logs = [];

  /** Name of the worker beside the script's own, which has the objects of some classes where two releases run side by side. */
  const beside = `${script}-beside`;
  const hostOf = (binding) => (releases?.beside.includes(binding) ? beside : script);

  const main = join(dirname(configFile), config.main);
  const built = {
    [basename(main)]: { type: 'esm', contents: readFileSync(main, 'utf8') },
    'index_bg.wasm': { type: 'wasm', contents: readFileSync(join(dirname(main), 'index_bg.wasm')) },
  };

  function worker(name = script) {
    const release = releases && (releases.older.includes(name === beside ? 'beside' : 'script') ? 1 : 2);
    const isAround = switched || release;
    const own = classes.filter(({ name: binding }) => hostOf(binding) === name);
    return {
      config: {
        name,
        compatibilityDate: config.compatibility_date,
        compatibilityFlags: config.compatibility_flags,
        manifest: {
          mainModule: isAround ? 'around.mjs' : basename(main),
          modulesRoot: dirname(main),
          modules: {
            ...(isAround && around(basename(main), classes.map(({ class_name }) => class_name), { switched, release })),
            ...built,
          },
        },
        env: {
          ...Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, { type: 'text', value }])),
          ...Object.fromEntries(
            classes.map(({ name, class_name }) => [
              name,
              { type: 'durable-object', worker: hostOf(name), exportName: class_name },
            ]),
          ),
          ...Object.fromEntries(
            config.queues.producers.map(({ binding, queue }) => [binding, { type: 'queue', name: queue }]),
          ),
          DEAD: { type: 'queue', name: dead }, // the platform puts messages there; the script does not
          DEAD_COMMANDS: { type: 'queue', name: deadCommands },
          [database.binding]: { type: 'd1', id: database.database_id },
          ...Object.fromEntries(
            (requests === null ? [] : (config.ratelimits ?? [])).map(({ name, namespace_id, simple }) => [
              name,
              { type: 'rate-limit', namespace: namespace_id, simple: { ...simple, ...(requests && { limit: requests }) } },
            ]),
          ),
        },
        exports: Object.fromEntries(
          own.map(({ class_name }) => [class_name, { type: 'durable-object', storage: 'sqlite' }]),
        ),
        triggers: (name === script ? config.queues.consumers : []).map((consumer) => ({
          type: 'queue',
          name: consumer.queue,
          maxBatchSize: consumer.max_batch_size,
          maxBatchTimeout: consumer.max_batch_timeout,
          maxRetries: retries ?? consumer.max_retries,
          ...(consumer.dead_letter_queue && { deadLetterQueue: consumer.dead_letter_queue }),
        })),
      },
      dev: {
        rootPath: dirname(configFile),
        ...(name === script && { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] }),
      },
    };
  }

  /** A Worker that uses the core, as `{name, text, classes, vars}`: its script, its classes of Durable Objects by their bindings. */
  const guestWorker = ({ name, text, classes, vars }) => ({
    config: {
      name,
      compatibilityDate: config.compatibility_date,
      manifest: { mainModule: 'guest.mjs', modulesRoot: folder, modules: { 'guest.mjs': { type: 'esm', contents: text } } },
      env: {
        CORE: { type: 'worker', worker: script },
        ...Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, { type: 'text', value }])),
        ...Object.fromEntries(Object.entries(classes).map(([binding, exportName]) => [binding, { type: 'durable-object', worker: name, exportName }])),
      },
      exports: Object.fromEntries(Object.values(classes).map((exportName) => [exportName, { type: 'durable-object', storage: 'sqlite' }])),
    },
    dev: { rootPath: folder, unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] },
  });

  /** Name of a worker that reads and writes for the tests what lies behind the doors. */
  const desk = `${script}-desk`;

  /**
   * It is asked over HTTP. Miniflare's own stand-ins for bindings wait for the runtime with the whole of this process; and a runtime
   * whose log nobody reads meanwhile waits, too.
   */
  const deskWorker = () => ({
    config: {
      name: desk,
      compatibilityDate: config.compatibility_date,
      manifest: {
        mainModule: 'desk.mjs',
        modulesRoot: import.meta.dirname,
        modules: { 'desk.mjs': { type: 'esm', contents: readFileSync(join(import.meta.dirname, 'desk.mjs'), 'utf8') } },
      },
      env: { ...worker().config.env, DATABASE: { type: 'd1', id: database.database_id } },
    },
    dev: { rootPath: dirname(configFile) },
  });

  async function ask(what) {
    const response = await miniflare.dispatchFetch('http://desk/', {
      method: 'POST',
      headers: { 'MF-Route-Override': desk },
      body: JSON.stringify(what),
    });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }

  const before = started.length;
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    cf: false, // no look-up of a real geography
    telemetry: { enabled: false },
    log: new NoOpLog(),
    handleStructuredLogs: ({ level, message }) => logs.push({ level, message }),
    handleUncaughtError: ({ message }) => logs.push({ level: 'error', message }),
    resourcePersistencePath: join(folder, 'storage'),
    workers: [worker(), ...(releases ? [worker(beside)] : []), ...(guest ? [guestWorker(guest)] : []), deskWorker()],
  });

  const migrationsIn = (folder) =>
    readdirSync(folder).filter((name) => name.endsWith('.sql')).sort().map((name) => join(folder, name));

  async function migrate() {
    const here = dirname(configFile);
    const own = join(here, 'sql'); // of a script that is never deployed
    const files = [join(here, database.migrations_dir), own].filter(existsSync).flatMap(migrationsIn);
    const statements = files.flatMap((file) => {
      const sql = readFileSync(file, 'utf8').replace(/--.*$/gm, '');
      return sql.split(';').filter((statement) => statement.trim());
    });
    await ask({ statements });
  }

  const classOf = (type) => classes.find(({ name }) => name === type.toUpperCase()).class_name;

  /** Unloads one object; its sockets hibernate, its storage stays. Says whether it was awake. */
  const evict = (type, object) =>
    miniflare.unsafeEvictDurableObject(hostOf(type.toUpperCase()), classOf(type), { ...object, webSockets: 'hibernate' }).then(
      () => true,
      (error) => {
        if (!/not currently running/.test(error.message)) throw error;
        return false; // it sleeps already
      },
    );

  const calls = {
    /** The answer of an object to the script, at a path that no door has. */
    inside: ({ type, id, path, isNameless }) => ask({ object: [type.toUpperCase(), id, isNameless], path }),
    evict: ({ type, id }) => evict(type, { name: id }),
    sessions: () => miniflare.listDurableObjectIds(classOf('session'), script),
    async evictSessions() {
      const ids = await calls.sessions();
      return (await Promise.all(ids.map((id) => evict('session', { id })))).filter(Boolean).length;
    },
    sql: async ({ statement, params }) => (await ask({ statement, params })).results,
    rowsRead: async ({ statement, params }) => (await ask({ statement, params })).meta.rows_read,
    letters: ({ texts, binding }) => ask({ queue: binding, texts }),
    direct: async ({ of = script }) => (await miniflare.unsafeGetDirectURL(of)).origin,
    logs: () => logs,
    /** The most memory, in MiB, that the runtime had since this was asked last. Linux tells it. */
    peak() {
      const of = `/proc/${workerd.pid}`;
      const [, kilobytes] = readFileSync(`${of}/status`, 'utf8').match(/^VmHWM:\s+(\d+) kB$/m);
      writeFileSync(`${of}/clear_refs`, '5');
      return kilobytes / 1024;
    },
    /** Ends it, and lets it clean up. */
    stop: () => miniflare.dispose(),
    /** Ends it as a power cut does. */
    async kill() {
      const gone = new Promise((done) => workerd.once('exit', done));
      workerd.kill('SIGKILL');
      await gone;
      await miniflare.dispose();
    },
  };

  const { origin: url } = await miniflare.ready;
  const workerd = started.slice(before).find(({ spawnfile }) => /workerd/.test(spawnfile));
  if (fresh) await migrate();
  return { url, calls };
}
