// Sees what changed in the sources, by looking: a look takes milliseconds, and it also sees folders that are mounted or new,
// of which the system tells nobody.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const pause = 250; // ms between two looks

const skipped = new Set(['target', 'node_modules', 'build']);

/** Every file below `paths`, with what changes when it is written. */
export function look(paths) {
  const seen = new Map();
  const visit = (path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile()) seen.set(path, `${stats.mtimeMs} ${stats.size} ${stats.ino}`);
    if (!stats?.isDirectory()) return;
    for (const name of readdirSync(path)) {
      if (!skipped.has(name) && !name.startsWith('.')) visit(join(path, name));
    }
  };
  paths.forEach(visit);
  return seen;
}

/** The files that are new, changed or gone. */
export const differences = (before, after) =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path)).sort();

/** What cargo made a module from, as its `.d` file lists it: `module: file file …`, with blanks escaped. None before a build. */
export function sourcesOf(list) {
  if (!existsSync(list)) return new Set();
  const [, files = ''] = /^.*?\.wasm: ?(.*)$/m.exec(readFileSync(list, 'utf8')) ?? [];
  return new Set(files.split(/(?<!\\) /).filter(Boolean).map((file) => file.replaceAll('\\ ', ' ')));
}

/** Waits until files are not as they were in `seen` any more, and until whoever writes them has finished. */
export async function change(paths, seen) {
  for (let [before, now] = [seen, seen]; ; before = now) {
    await new Promise((done) => setTimeout(done, pause));
    now = look(paths);
    if (differences(seen, now).length && !differences(before, now).length) return now;
  }
}
