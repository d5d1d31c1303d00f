// Child processes that cannot outlive this one.
//
// Every child leads a process group of its own. Ending the group also ends what the child started:
// wrangler's `workerd`, cargo's `rustc`. A signal to the wrapper alone would leave those running, and
// workerd would go on holding its port.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const grace = 5_000; // ms between asking a group to end and ending it
const groups = new Set();
let leaving = false;

/** A failure the user can act on: shown as it is, without a stack trace. */
export class Problem extends Error {}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function signal(group, name) {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false; // nobody is left in the group
  }
}

/** Ends a group and waits until it is gone. */
export async function end(group) {
  const deadline = Date.now() + grace;
  signal(group, 'SIGTERM');
  while (signal(group, 0) && Date.now() < deadline) await sleep(50);
  if (signal(group, 'SIGKILL')) await sleep(100);
  remove(group);
}

/** Ends everything that was started here, then the process itself. */
export async function leave(code) {
  if (leaving) return new Promise(() => {}); // whoever came first finishes the job
  leaving = true;
  await Promise.all([...groups].map(end));
  process.exit(code);
}

for (const [name, number] of [['SIGINT', 2], ['SIGTERM', 15], ['SIGHUP', 1]]) {
  process.on(name, () => leave(128 + number));
}
// The last resort when something calls process.exit or throws where nobody listens.
process.on('exit', () => groups.forEach((group) => signal(group, 'SIGKILL')));

// npm passes signals on, but it can be killed without a chance to. Then this process has a new parent.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && leave(129), 500).unref();
}

// Against SIGKILL, which leaves no chance to clean up: a shell that is told of every group and reads the end of its
// input when this process is gone, however it went. Then it ends the groups that are left.
const watch = `
groups=
while read -r change group; do
  case $change in
    +) groups="$groups $group" ;;
    -) rest=; for g in $groups; do [ "$g" = "$group" ] || rest="$rest $g"; done; groups=$rest ;;
  esac
done
for g in $groups; do kill -s KILL -- "-$g"; done`;
let watchdog;

function tell(change, group) {
  if (!watchdog) {
    watchdog = spawn('/bin/sh', ['-c', watch], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    watchdog.on('error', () => {}); // a second line of defence: without it the first one still holds
    watchdog.stdin.on('error', () => {});
    watchdog.stdin.unref();
    watchdog.unref();
  }
  watchdog.stdin.write(`${change} ${group}\n`);
}

function add(group) {
  groups.add(group);
  tell('+', group);
}

function remove(group) {
  if (groups.delete(group)) tell('-', group);
}

/** Lets a group have a third of what each of the others has. Linux shares the processors out among sessions, of which each group is one. */
function giveWay(group) {
  try {
    setPriority(group, 5);
    if (existsSync(`/proc/${group}/autogroup`)) writeFileSync(`/proc/${group}/autogroup`, '5');
  } catch {
    // it has ended already, or the system does not let us
  }
}

/**
 * Starts a command as the leader of its own group. `patient`: it gives way to tests on a runtime, which have deadlines.
 */
export function start(command, args, { patient, ...options } = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options, detached: true });
  if (child.pid) add(child.pid);
  if (child.pid && patient) giveWay(child.pid);
  const ended = new Promise((done) => {
    child.once('error', (error) => done({ code: 127, error }));
    child.once('exit', async (code, by) => {
      // The leader is gone; what it left behind in its group goes too.
      if (child.pid) await end(child.pid);
      // On the way out nobody is told: what waits for this child must not take a next step.
      if (!leaving) done({ code: code ?? 1 });
    });
  });
  return { child, ended };
}

/** Runs a command to its end; its output is shown, or goes to `log`. Resolves to whether it succeeded. */
export async function run(command, args, { log, timeout, ...options } = {}) {
  let file;
  if (log) {
    mkdirSync(dirname(log), { recursive: true });
    file = openSync(log, 'a');
    options.stdio = ['ignore', file, file];
  }
  const { child, ended } = start(command, args, options);
  const timer = timeout && setTimeout(() => end(child.pid), timeout);
  const { code, error } = await ended;
  clearTimeout(timer);
  if (file) closeSync(file);
  return code === 0 && !error;
}

/** What a short command prints, or undefined if it cannot run or fails. */
export async function output(command, args, options = {}) {
  const { child, ended } = start(command, args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const read = new Promise((done) => child.stdout.once('close', done));
  const { code, error } = await ended;
  await read;
  return code === 0 && !error ? text.trim() : undefined;
}

/** The last lines of a log, for a message. */
export function tail(file, lines = 25) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

/** Whether node was started with this file, by whatever path. */
export function isMain(url) {
  const [, file = ''] = process.argv;
  return existsSync(file) && pathToFileURL(realpathSync(file)).href === url;
}

/** Runs a script's main function: a Problem ends it with its message and status 1. */
export async function main(body) {
  try {
    await leave((await body()) ?? 0);
  } catch (error) {
    console.error(error instanceof Problem ? `\nedgefold  ${error.message}\n` : error);
    await leave(1);
  }
}
