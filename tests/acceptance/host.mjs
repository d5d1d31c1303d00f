// The process beside a test file in which its runtimes are started, so that Miniflare is loaded once for all of them. `core.mjs`
// talks to it by IPC. It leads a group: whatever becomes of the tests, all of it can be ended.
import { rmSync } from 'node:fs';
import { runtime } from './runtime.mjs';

const runtimes = new Map();
let starting = Promise.resolve();

function start(core, args) {
  const turn = starting.then(async () => {
    const { url, calls } = await runtime(args);
    runtimes.set(core, calls);
    return url;
  });
  starting = turn.catch(() => {});
  return turn;
}

async function call(core, name, args) {
  if (name === 'start') return start(core, args);
  const calls = runtimes.get(core);
  if (!calls) throw new Error('the runtime has ended');
  if (name === 'stop' || name === 'kill') runtimes.delete(core);
  return calls[name](args);
}

process.on('message', ({ number, core, name, args }) => {
  call(core, name, args).then(
    (value) => process.send({ number, value }),
    (error) => process.send({ number, error: String(error?.stack ?? error) }),
  );
});
// The tests are over, or gone, however they went.
process.on('disconnect', async () => {
  await Promise.allSettled([...runtimes.values()].map((calls) => calls.stop()));
  rmSync(process.env.TMPDIR, { recursive: true, force: true });
  process.exit(0);
});
