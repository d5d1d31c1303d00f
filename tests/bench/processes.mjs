// What processes cost, as Linux tells it: seconds of processor time and memory, of a process with all that it has started.
import { readFileSync, readdirSync } from 'node:fs';

const ticks = 100; // in a second: what Linux shows to programs, on every machine

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // gone in the meantime
  }
}

/** The fields of a process's `stat` behind its name, which may have spaces in it. */
const fields = (pid) => read(`/proc/${pid}/stat`)?.replace(/^.*\) /s, '').split(' ');

/** These processes and all below them. */
export function tree(pids) {
  const below = new Map();
  for (const name of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = Number(fields(name)?.[1]);
    below.set(parent, [...(below.get(parent) ?? []), Number(name)]);
  }
  const all = (pid) => [pid, ...(below.get(pid) ?? []).flatMap(all)];
  return pids.flatMap(all);
}

/** Seconds of processor time of these processes and of what they have started, also of what has ended since. */
export function processorSeconds(pids) {
  const of = (pid) => (fields(pid) ?? []).slice(11, 15).reduce((sum, one) => sum + Number(one), 0);
  return tree(pids).reduce((sum, pid) => sum + of(pid), 0) / ticks;
}

/** Bytes of memory; what several of them share counts once. */
export function memory(pids) {
  const of = (pid) => Number(read(`/proc/${pid}/smaps_rollup`)?.match(/^Pss: +(\d+) kB/m)?.[1] ?? 0);
  return tree(pids).reduce((sum, pid) => sum + of(pid), 0) * 1_024;
}
