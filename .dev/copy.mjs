// Copies of the project below target/: what git knows of, brought up to date each time.
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './pins.mjs';
import { output, Problem } from './process.mjs';

/** Puts a file in its place unless it is there: cargo goes by the time of a file, so a copy has that of the original. */
function place(path, copy, change) {
  const [from, to] = [join(root, path), join(copy, path)];
  const [{ mtimeMs, size }, there] = [statSync(from), statSync(to, { throwIfNoEntry: false })];
  if (there && Math.abs(there.mtimeMs - mtimeMs) < 1 && (change || there.size === size)) return;
  mkdirSync(dirname(to), { recursive: true });
  if (change) writeFileSync(to, change(readFileSync(from, 'utf8')));
  else copyFileSync(from, to);
  utimesSync(to, mtimeMs / 1000, mtimeMs / 1000);
}

/** Removes the folders that have nothing in them any more: what looks for a folder would find it. */
function prune(copy, links, folder = '') {
  for (const entry of readdirSync(join(copy, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !links.includes(path)) prune(copy, links, path);
  }
  if (folder && !readdirSync(join(copy, folder)).length) rmdirSync(join(copy, folder));
}

/** Every file that a copy has of its own. */
function* filesBelow(copy, links, folder = '') {
  for (const entry of readdirSync(join(copy, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (links.includes(path)) continue;
    if (entry.isDirectory()) yield* filesBelow(copy, links, path);
    else yield path;
  }
}

/**
 * Brings a copy up to date; gives its folder. `keeps` says which files it has, `changes` what becomes of some of them, by path.
 * `links` are not copied: they are large, and the same.
 */
export async function copied(name, { links, keeps = () => true, changes = {} }) {
  const copy = join(root, 'target', name);
  const listed = await output('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
  if (!listed) throw new Problem(`target/${name} is a copy of what git knows of: there is no git, or no repository`);
  const isThere = (path) => path && statSync(join(root, path), { throwIfNoEntry: false })?.isFile();
  const kept = new Set(listed.split('\n').filter((path) => isThere(path) && keeps(path)));
  for (const path of kept) place(path, copy, changes[path]);
  for (const path of filesBelow(copy, links)) if (!kept.has(path)) rmSync(join(copy, path));
  prune(copy, links);
  for (const path of links) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    if (!existsSync(join(root, path))) mkdirSync(join(root, path), { recursive: true });
    if (!lstatSync(join(copy, path), { throwIfNoEntry: false })) symlinkSync(join(root, path), join(copy, path));
  }
  return copy;
}
