// A set-up step: done once per key, announced before, timed after, its output kept in a log.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, tools } from './pins.mjs';
import { Problem, tail } from './process.mjs';

const alive = 15_000; // ms of silence after which it is said what is still being done

const seconds = (since) => Math.round((Date.now() - since) / 1000);
const running = new Map(); // label -> since
const within = new Map(); // label -> what says what is under way
let timer;

/** What goes on under a label is said with it: `what` gives a text. */
export const goesOn = (label, what) => within.set(label, what);

const signOfLife = () => {
  const labels = [...running].map(([label, since]) => {
    const what = within.get(label)?.();
    return `${label}${what ? ` (${what})` : ''}, ${seconds(since)} s`;
  });
  console.log(`edgefold  … still ${labels.join('; ')}`);
};

/** Says what is begun, now and then that it goes on, and how long it took. Several may run at once. */
export async function timed(label, body) {
  const since = Date.now();
  console.log(`edgefold  ${label} …`);
  running.set(label, since);
  timer ??= setInterval(signOfLife, alive);
  let ok = false;
  try {
    const value = await body();
    ok = value !== false;
    return value;
  } finally {
    running.delete(label);
    if (!running.size) {
      clearInterval(timer);
      timer = undefined;
    }
    console.log(`edgefold  ${label}: ${ok ? 'done in' : 'failed after'} ${seconds(since)} s`);
  }
}

const stampOf = (name) => join(tools, `${name}.stamp`);

function stamp(name) {
  try {
    return readFileSync(stampOf(name), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Does `run(log)` unless it was done for this `key` and what it `makes` is still there.
 * `run` resolves to false when it failed; then the end of its log says why.
 */
export async function step({ name, label, key, makes, run }) {
  if (stamp(name) === key && existsSync(makes)) return;
  const log = join(tools, 'log', `${name}.log`);
  mkdirSync(join(tools, 'log'), { recursive: true });
  rmSync(stampOf(name), { force: true });
  writeFileSync(log, '');
  const ok = await timed(label, () => run(log));
  if (ok === false) {
    throw new Problem(`${label}: failed. The end of ${log.slice(root.length + 1)}:\n\n${tail(log)}`);
  }
  writeFileSync(stampOf(name), key);
}
