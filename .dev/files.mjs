// Runs files of tests, each in a process of its own: a few at a time over all stages, since they start runtimes and then mostly wait.
//
// A file has ended when its process has: what it left running is ended with it, and a failed test that never closed its sockets
// holds up nobody. One that takes too long has failed.
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, tools } from './pins.mjs';
import { end, Problem, start } from './process.mjs';
import { goesOn } from './step.mjs';
import { nodeBinary, nodeEnv } from './toolchain.mjs';

/** Files at once, of all stages together. */
const places = 3;
/** Milliseconds after which a file, or a test in it, has failed: the longest takes five minutes, most of which it waits. */
const longest = 12 * 60_000;

const reporter = join(root, '.dev/reporter.mjs');
/** What takes minutes, most of which it waits, has the first place that becomes free: so that it does not run at the end, alone. */
const long = [
  'subscribe', 'queued', 'deadlines', 'issuer', 'age', 'order/chaos', 'order/away', 'core/usual', 'core/cost', 'core/deadlines',
];
const waiting = [];
let taken = 0;
/** Files that failed, over all stages: how each report begins. */
export const failures = [];

async function place(name) {
  if (taken < places) taken += 1;
  else await new Promise((done) => (long.includes(name) ? waiting.unshift(done) : waiting.push(done)));
}

function leavePlace() {
  const next = waiting.shift();
  if (next) next();
  else taken -= 1;
}

const textOf = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it was ended before it could write
  }
};

/** A file's path below the tests of its stage; before it the sample, if it is of one: `order/flow`. */
function nameOf(stage, file) {
  const [, sample = '', path] = file.match(/(?:workers\/([^/]+\/))?tests\/((?:(?!tests\/).)*)\.test\.mjs$/);
  return sample + path.replace(`${stage}/`, '');
}

const indented = (text) => text.trimEnd().replace(/^(?=.)/gm, '      ');

/** Runs one file. Gives { ok, report }: what the reporter says of it, and of one that has failed all that it printed. */
async function one(stage, file) {
  const folder = join(tools, 'log/tests', stage);
  const [report, printed] = ['report', 'out'].map((kind) => join(folder, `${nameOf(stage, file).replaceAll('/', '-')}.${kind}`));
  mkdirSync(folder, { recursive: true });
  rmSync(report, { force: true });
  const out = openSync(printed, 'w');
  const flags = ['--test-force-exit', `--test-timeout=${longest}`, `--test-reporter=${reporter}`, `--test-reporter-destination=${report}`];
  const since = Date.now();
  const { child, ended } = start(nodeBinary(), [...flags, file], { cwd: root, env: nodeEnv(), stdio: ['ignore', out, out] });
  let isLate = false;
  const timer = setTimeout(() => (isLate = true, end(child.pid)), longest);
  const { code } = await ended;
  clearTimeout(timer);
  closeSync(out);
  const ok = code === 0 && !isLate;
  const seconds = ((Date.now() - since) / 1000).toFixed(0).padStart(4);
  console.log(`edgefold  ${stage.padEnd(12)}${ok ? 'ok    ' : 'FAILED'} ${seconds} s  ${nameOf(stage, file)}`);
  if (ok) return { ok, report: '' };
  const late = isLate ? `      it did not end within ${longest / 60_000} minutes\n` : '';
  return { ok, report: `  FAILED  ${nameOf(stage, file)}, after ${seconds.trim()} s\n${late}${textOf(report)}${indented(textOf(printed))}\n` };
}

/** Runs files of tests. What has failed is written to `log` in full. Says whether all have passed. */
export async function testFiles(stage, log, files) {
  if (!files.length) throw new Problem('there are no tests where they should be');
  const now = new Set();
  goesOn(stage, () => [...now].join(', '));
  const isLong = (file) => long.includes(nameOf(stage, file));
  const results = await Promise.all(
    [...files.filter(isLong), ...files.filter((file) => !isLong(file))].map(async (file) => {
      await place(nameOf(stage, file));
      now.add(nameOf(stage, file));
      try {
        return await one(stage, file);
      } finally {
        now.delete(nameOf(stage, file));
        leavePlace();
      }
    }),
  );
  const failed = results.filter(({ ok }) => !ok);
  appendFileSync(log, failed.map(({ report }) => report).join('\n'));
  failures.push(...failed.map(({ report }) => `  ${stage}${report.split('\n').slice(0, 6).join('\n')}`));
  return !failed.length;
}
