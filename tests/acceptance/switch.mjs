// A switch in front of D1, for the script and for all its objects, and a count of what they send and call: they live in one
// isolate, so variables of this module are the switch and the counters. It runs inside the runtime, around the built script, and
// only where a test asks for it.

/** Whether D1 is `well`, `away` (each call fails at once) or `slow` (each call fails after so long that nobody waits). */
let how = 'well';
let calls = 0;

/** Messages by queue; calls of objects by path. */
const counts = { messages: {}, calls: {} };
const add = (to, name, number) => (to[name] = (to[name] ?? 0) + number);

const slow = 60_000; // ms

/** Calls D1, if it is there, and counts that. */
async function ask(call) {
  calls++;
  if (how === 'well') return call();
  if (how === 'slow') await new Promise((done) => setTimeout(done, slow));
  throw new Error('D1_ERROR: Network connection lost.');
}

/** The same object, but for these members. */
const instead = (object, members) =>
  new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return members[name];
      const value = Reflect.get(target, name);
      return typeof value === 'function' && name !== 'constructor' ? value.bind(target) : value;
    },
  });

const statements = new WeakMap();

function statement(real) {
  const asked = ['all', 'run', 'first', 'raw'].map((name) => [name, (...args) => ask(() => real[name](...args))]);
  const wrapped = instead(real, { ...Object.fromEntries(asked), bind: (...values) => statement(real.bind(...values)) });
  statements.set(wrapped, real);
  return wrapped;
}

/** What the queue that commands go by has taken while it brings nothing; null while it brings them. */
let kept = null;

/** A queue that counts what it is given, and may keep it. */
const queue = (binding, real) =>
  instead(real, {
    async send(body, ...more) {
      add(counts.messages, binding, 1);
      if (binding !== 'COMMANDS' || !kept) return real.send(body, ...more);
      kept.push(body);
    },
    async sendBatch(messages, ...more) {
      const list = [...messages];
      add(counts.messages, binding, list.length);
      if (binding !== 'COMMANDS' || !kept) return real.sendBatch(list, ...more);
      kept.push(...list.map(({ body }) => body));
    },
  });

/** Objects whose calls are counted. */
const objects = (real) => {
  const counted = (stub) =>
    instead(stub, {
      fetch: (to, ...more) => (add(counts.calls, new URL(to.url ?? to).pathname, 1), stub.fetch(to, ...more)),
    });
  return instead(real, { get: (...args) => counted(real.get(...args)), getByName: (...args) => counted(real.getByName(...args)) });
};

const counting = (env) => {
  const kinds = Object.entries(env).map(([name, value]) => {
    const kind = value?.constructor?.name;
    if (kind === 'DurableObjectNamespace') return [name, objects(value)];
    return kind === 'WorkerQueue' || kind === 'Queue' ? [name, queue(name, value)] : undefined;
  });
  return Object.fromEntries(kinds.filter(Boolean));
};

const switched = (env) =>
  instead(env, {
    ...counting(env),
    DB: instead(env.DB, {
      prepare: (sql) => statement(env.DB.prepare(sql)),
      batch: (list) => ask(() => env.DB.batch(list.map((wrapped) => statements.get(wrapped)))),
      exec: (sql) => ask(() => env.DB.exec(sql)),
    }),
  });

/** The class of an object, with all that it handles, behind the switch. */
export const object = (Class) =>
  new Proxy(Class, { construct: (Class, [state, env]) => new Class(state, switched(env)) });

/**
 * The script's own entry behind the switch. `/-/d1/<how>` sets it, and gives the number of calls so far; `/-/counts` gives the counts;
 * `/-/keep` lets the queue of commands keep what it takes, and `/-/kept` gives that, and lets it bring again what it takes.
 */
export const entry = (Script) => {
  const behind = (env, ctx) => new Script(ctx, switched(env));
  return {
    fetch(request, env, ctx) {
      const { pathname } = new URL(request.url);
      if (pathname === '/-/counts') return Response.json(counts);
      if (pathname === '/-/keep') return Response.json((kept = []));
      if (pathname === '/-/kept') {
        const texts = kept;
        kept = null;
        return Response.json(texts);
      }
      const [, set] = pathname.match(/^\/-\/d1\/(.*)$/) ?? [];
      if (set === undefined) return behind(env, ctx).fetch(request);
      how = set || how;
      return Response.json(calls);
    },
    queue: (batch, env, ctx) => behind(env, ctx).queue(batch),
  };
};
