// A switch in front of D1, for the script and for all its objects: they live in one isolate, so a variable of this module is
// the switch. It runs inside the runtime, around the built script, and only where a test asks for it.

/** Whether D1 is `well`, `away` (each call fails at once) or `slow` (each call fails after so long that nobody waits). */
let how = 'well';
let calls = 0;

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

const switched = (env) =>
  instead(env, {
    DB: instead(env.DB, {
      prepare: (sql) => statement(env.DB.prepare(sql)),
      batch: (list) => ask(() => env.DB.batch(list.map((wrapped) => statements.get(wrapped)))),
      exec: (sql) => ask(() => env.DB.exec(sql)),
    }),
  });

/** The class of an object, with all that it handles, behind the switch. */
export const object = (Class) =>
  new Proxy(Class, { construct: (Class, [state, env]) => new Class(state, switched(env)) });

/** The script's own entry behind the switch. `/-/d1/<how>` sets it, and gives the number of calls so far. */
export const entry = (Script) => {
  const behind = (env, ctx) => new Script(ctx, switched(env));
  return {
    fetch(request, env, ctx) {
      const [, set] = new URL(request.url).pathname.match(/^\/-\/d1\/(.*)$/) ?? [];
      if (set === undefined) return behind(env, ctx).fetch(request);
      how = set || how;
      return Response.json(calls);
    },
    queue: (batch, env, ctx) => behind(env, ctx).queue(batch),
  };
};
