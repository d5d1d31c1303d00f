// A switch in front of D1, for the script and for all its objects, and a count of what they send and call: they live in one
// isolate, so variables of this module are the switch and the counters. It runs inside the runtime, around the built script, and
// only where a test asks for it.

/** Whether D1 is `well`, `away` (each call fails at once) or `slow` (each call fails after so long that nobody waits). */
let how = 'well';
let calls = 0;

/**
 * Messages by queue; calls of objects by path. And what the platform bills, by class of object, `D1` and `script`: requests, alarms
 * that rang among them; rows read and written. An alarm that is set is a row written, too.
 */
const counts = { messages: {}, calls: {}, requests: {}, rung: {}, read: {}, written: {} };
const add = (to, name, number) => (to[name] = (to[name] ?? 0) + number);

function addRows(name, read, written) {
  add(counts.read, name, read);
  add(counts.written, name, written);
}

/** The statements of a text. A cursor counts the rows of the last one only. */
const statementsOf = (text) => text.replace(/--.*$/gm, '').split(';').filter((one) => one.trim());

/** Counts the rows of an object's storage. */
function countRows(name, storage) {
  const { sql } = storage;
  const [exec, setAlarm] = [sql.exec.bind(sql), storage.setAlarm.bind(storage)];
  const counted = (...args) => {
    const cursor = exec(...args);
    // Whoever runs a statement reads its rows before anything else happens.
    queueMicrotask(() => addRows(name, cursor.rowsRead, cursor.rowsWritten));
    return cursor;
  };
  const several = new Map();
  sql.exec = (text, ...params) => {
    if (!several.has(text)) several.set(text, statementsOf(text));
    const all = several.get(text);
    return all.length > 1 && !params.length ? all.map((one) => counted(one)).at(-1) : counted(text, ...params);
  };
  storage.setAlarm = (...args) => (addRows(name, 0, 1), setAlarm(...args));
}

const slow = 60_000; // ms

/** Calls D1, if it is there, and counts that. */
async function ask(call) {
  calls++;
  if (how === 'well') {
    const answer = await call();
    for (const one of [answer].flat()) if (one?.meta) addRows('D1', one.meta.rows_read, one.meta.rows_written);
    return answer;
  }
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

/** Whether that queue takes nothing. */
let isAway = false;

/** Messages of the bus that are held back, by a word that they hold: somebody's id. */
const held = new Map();

/** Where a message stays instead of being brought; undefined if it is brought. */
function place(binding, body) {
  if (binding === 'COMMANDS' && isAway) throw new Error('the queue is away');
  if (binding === 'COMMANDS') return kept ?? undefined;
  const text = held.size ? JSON.stringify(body) : '';
  return [...held].find(([word]) => text.includes(word))?.[1];
}

/** A queue that counts what it is given, and may keep it. */
const queue = (binding, real) =>
  instead(real, {
    async send(body, ...more) {
      add(counts.messages, binding, 1);
      const stays = place(binding, body);
      if (!stays) return real.send(body, ...more);
      stays.push(body);
    },
    async sendBatch(messages, ...more) {
      const list = [...messages];
      add(counts.messages, binding, list.length);
      const brought = list.filter(({ body }) => !place(binding, body)?.push(body));
      if (brought.length) return real.sendBatch(brought, ...more);
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

/** What is asked of an object is counted. */
const asked = (name, real) =>
  new Proxy(real, {
    get(real, key) {
      if (!['fetch', 'alarm'].includes(key)) return Reflect.get(real, key);
      return (...args) => {
        add(counts.requests, name, 1);
        if (key === 'alarm') add(counts.rung, name, 1);
        return real[key](...args);
      };
    },
  });

/** The class of an object, with all that it handles, behind the switch. */
export const object = (Class, name) =>
  new Proxy(Class, {
    construct(Class, [state, env]) {
      countRows(name, state.storage);
      return asked(name, new Class(state, switched(env)));
    },
  });

/**
 * The script's own entry behind the switch. `/-/d1/<how>` sets it, and gives the number of calls so far; `/-/counts` gives the counts;
 * `/-/keep` lets the queue of commands keep what it takes, and `/-/kept` gives that, and lets it bring again what it takes.
 * `/-/queue/away` lets that queue take nothing, and `/-/queue/well` lets it again.
 * `/-/hold/<word>` holds back the messages of the bus that hold the word; `/-/release/<word>` gives those, and holds back no more.
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
      const [, queue] = pathname.match(/^\/-\/queue\/(away|well)$/) ?? [];
      if (queue) return Response.json((isAway = queue === 'away'));
      const [, verb, word] = pathname.match(/^\/-\/(hold|release)\/(.+)$/) ?? [];
      if (verb) {
        const texts = held.get(word) ?? [];
        if (verb === 'hold') held.set(word, texts);
        else held.delete(word);
        return Response.json(texts);
      }
      const [, set] = pathname.match(/^\/-\/d1\/(.*)$/) ?? [];
      if (set === undefined) {
        add(counts.requests, 'script', 1);
        return behind(env, ctx).fetch(request);
      }
      how = set || how;
      return Response.json(calls);
    },
    queue(batch, env, ctx) {
      add(counts.requests, 'script', 1);
      return behind(env, ctx).queue(batch);
    },
  };
};
