// `npm run schema`: prints the formats in schema/ from the code, and says which files changed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pins.mjs';
import { isMain, main, run } from './process.mjs';
import { setup } from './setup.mjs';
import { timed } from './step.mjs';
import { hostRust } from './toolchain.mjs';

/** Every file below schema/, with its text. */
function files() {
  const entries = readdirSync(join(root, 'schema'), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return new Map(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]));
}

/** What became of each file that is not as it was. */
export function changes(before, after) {
  const kept = [...after].filter(([path, text]) => before.get(path) !== text);
  const gone = [...before.keys()].filter((path) => !after.has(path));
  return [
    ...kept.map(([path]) => `${before.has(path) ? 'changed' : 'new    '}  ${path}`),
    ...gone.map((path) => `removed  ${path}`),
  ].sort();
}

/** The tests of the script that print a file: those that look for the variable that says so. */
function printers() {
  const folder = join(root, 'workers/core/tests');
  const said = /EDGEFOLD_PRINT_SCHEMA|^mod printed;/m;
  const test = (entry) => (entry.isDirectory() ? `${entry.name}/main.rs` : entry.name);
  const prints = (path) => path.endsWith('.rs') && existsSync(join(folder, path)) && said.test(readFileSync(join(folder, path), 'utf8'));
  const found = readdirSync(folder, { withFileTypes: true }).map(test).filter(prints);
  return found.map((path) => path.replace(/(\/main)?\.rs$/, '')).sort();
}

/** Prints them; gives whether all could be, and a line for each file that has changed. */
export async function printSchema() {
  const { env } = await hostRust();
  const before = files();
  const tests = printers().flatMap((name) => ['--test', name]);
  const print = () => run('cargo', ['test', '--quiet', '-p', 'edgefold-core', ...tests], { cwd: root, env: { ...env, EDGEFOLD_PRINT_SCHEMA: '1' } });
  const ok = await timed('compiling and running what prints the formats', print);
  return { ok, changed: changes(before, files()) };
}

async function schema() {
  await setup();
  const { ok, changed } = await printSchema();
  console.log(['', ...(changed.length ? changed : ['schema/ is as it was'])].map((line) => line && `edgefold  ${line}`).join('\n'));
  return ok ? 0 : 1;
}

if (isMain(import.meta.url)) await main(schema);
