// The engine by itself: a copy of the project without the samples and the script that deploys them. The engine's tests run
// there, so that nothing of it can come to need a word of the samples' domain.
import { copyFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './pins.mjs';
import { output, Problem } from './process.mjs';

const copy = join(root, 'target/engine');
/** What is not copied: it is large, and the same. */
const links = ['node_modules', 'target/probe'];

/** Whether a file goes with the samples: it is theirs, registers them, or is printed of them. */
function isOfSamples(path, samples) {
  return [
    /^(workers|tests\/simulation)\//,
    /^wrangler\.toml$/,
    /^schema\/(golden|graphql|sql\/projection)\//,
    /^schema\/(openapi\.json|routes\.md)$/,
    new RegExp(`^schema/json/(${samples.join('|')})/`),
  ].some((pattern) => pattern.test(path));
}

/** The workspace without the crates in workers/. */
const withoutSamples = (manifest) => manifest.replace('"workers/*", ', '').replace(', "tests/simulation"', '').replace(/^\[profile\.dev\.package\.edgefold-simulation\]\n.*\n/m, '').replace(/^.*path = "workers\/.*\n/gm, '');

/** Puts a file in its place unless it is there: cargo goes by the time of a file, so a copy has that of the original. */
function place(path) {
  const [from, to] = [join(root, path), join(copy, path)];
  const [{ mtimeMs, size }, there] = [statSync(from), statSync(to, { throwIfNoEntry: false })];
  const isManifest = path === 'Cargo.toml';
  if (there && Math.abs(there.mtimeMs - mtimeMs) < 1 && (isManifest || there.size === size)) return;
  mkdirSync(dirname(to), { recursive: true });
  if (isManifest) writeFileSync(to, withoutSamples(readFileSync(from, 'utf8')));
  else copyFileSync(from, to);
  utimesSync(to, mtimeMs / 1000, mtimeMs / 1000);
}

/** Every file that the copy has of its own. */
function* filesBelow(folder = '') {
  for (const entry of readdirSync(join(copy, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (!links.includes(path)) yield path;
  }
}

/** Brings the copy up to date; gives its folder. */
export async function engineAlone() {
  const samples = readdirSync(join(root, 'workers'));
  const listed = await output('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
  if (!listed) throw new Problem('the engine is tested in a copy of what git knows of: there is no git, or no repository');
  const isThere = (path) => path && statSync(join(root, path), { throwIfNoEntry: false })?.isFile();
  const kept = new Set(listed.split('\n').filter((path) => isThere(path) && !isOfSamples(path, samples)));
  kept.forEach(place);
  for (const path of filesBelow()) if (!kept.has(path)) rmSync(join(copy, path));
  for (const path of links) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    if (!lstatSync(join(copy, path), { throwIfNoEntry: false })) symlinkSync(join(root, path), join(copy, path));
  }
  return copy;
}
