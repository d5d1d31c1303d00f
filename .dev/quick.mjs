// `npm test -- quick`: format, lints and native tests of the crates that changed, and of those that depend on them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { output, Problem } from './process.mjs';
import { cargo, cargoExtra, stages } from './stages.mjs';
import { hostRust } from './toolchain.mjs';

/** What each crate is compiled from beside its own folder. */
const everywhere = ['Cargo.toml', 'Cargo.lock', 'clippy.toml', 'rustfmt.toml', 'rust-toolchain.toml', '.cargo/'];

/** What of a file concerns every crate: of the workspace's own crates it says only that they are there. */
export function forAll(file, text = '') {
  if (file === 'Cargo.lock') return text.split('[[package]]').filter((part) => part.includes('\nsource = ')).join('');
  const own = /^members = .*\n|^.* = \{ path = ".*\n|^(#.*\n)?\[profile\.dev\.package\.edgefold-simulation\]\n.*\n/gm;
  return file === 'Cargo.toml' ? text.replace(own, '') : text;
}

/** The files that differ from the last commit; if none does, those that the last commit changed. */
export async function changedFiles(root) {
  const git = async (...args) => {
    const text = await output('git', args, { cwd: root });
    if (text === undefined) throw new Problem(`git cannot say what has changed here (git ${args.join(' ')})`);
    return text.split('\0').filter(Boolean);
  };
  const names = ['--relative', '--name-only', '-z'];
  const now = [...(await git('diff', ...names, 'HEAD')), ...(await git('ls-files', '-o', '--exclude-standard', '-z'))];
  const [files, since] = now.length ? [now, 'HEAD'] : [await git('show', '--format=', ...names, 'HEAD'), 'HEAD~1'];
  const asBefore = async (file) => {
    const before = await output('git', ['show', `${since}:./${file}`], { cwd: root });
    const there = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8').trim() : '';
    return before !== undefined && forAll(file, before) === forAll(file, there);
  };
  const manifests = files.filter((file) => ['Cargo.toml', 'Cargo.lock'].includes(file));
  const same = await Promise.all(manifests.map(asBefore));
  return files.filter((file) => !same[manifests.indexOf(file)]);
}

/** The crates of the workspace, as { name, folder, uses, sources }. */
async function workspace(root) {
  const { env } = await hostRust();
  const text = await output('cargo', ['metadata', '--no-deps', '--format-version', '1'], { cwd: root, env });
  if (!text) throw new Problem('cargo metadata fails: `cargo metadata --no-deps` says why');
  return JSON.parse(text).packages.map(({ name, manifest_path, dependencies }) => ({
    name,
    folder: relative(root, dirname(manifest_path)),
    uses: dependencies.filter(({ path }) => path).map(({ name }) => name),
    sources: rustIn(dirname(manifest_path)),
  }));
}

const rustIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

/** Whether a crate includes a file of schema/, or checks it: its sources name the file or its folder; SQL is included one by one. */
function reads({ sources }, file) {
  const folder = file.endsWith('.sql') ? `${dirname(file)}/` : file.split('/').slice(0, 2).join('/');
  // In the path of a file, not in a sentence about it.
  return [file, folder].some((path) => sources.includes(`/${path}`) || sources.includes(`"${path}`));
}

/** The crates that the files belong to. */
export function touched(files, crates) {
  if (files.some((file) => everywhere.some((name) => file === name || (name.endsWith('/') && file.startsWith(name))))) {
    return crates.map(({ name }) => name);
  }
  const owns = (crate) => (file) =>
    file.startsWith(`${crate.folder}/`) || (file.startsWith('schema/') && reads(crate, file));
  return crates.filter((crate) => files.some(owns(crate))).map(({ name }) => name);
}

/** These crates and all that depend on them. */
export function withDependants(names, crates) {
  const found = new Set(names);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { name, uses } of crates) if (uses.some((used) => found.has(used))) found.add(name);
  }
  return crates.map(({ name }) => name).filter((name) => found.has(name));
}

/** What is to be run, as [name, body]. */
export async function quick(root) {
  const [files, crates] = [await changedFiles(root), await workspace(root)];
  const changed = touched(files, crates);
  const affected = withDependants(changed, crates);
  const named = (names) => names.flatMap((name) => ['-p', name]);
  console.log(`edgefold  changed: ${changed.join(', ') || 'no crate'}; with what depends on it: ${affected.length} of ${crates.length} crates`);
  const tools = files.some((file) => file.startsWith('.dev/') || file.startsWith('tests/tools/'));
  return [
    changed.length && ['format', (log) => cargoExtra(log, 'rustfmt', 'fmt', ...named(changed), '--check')],
    changed.length && ['lint', (log) => cargoExtra(log, 'clippy', 'clippy', ...named(affected), '--all-targets', '--', '-D', 'warnings')],
    changed.length && ['unit', (log) => cargo(log, 'test', '--quiet', ...named(affected))],
    tools && ['tools', stages.tools],
  ].filter(Boolean);
}
