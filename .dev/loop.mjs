// The inner loop: what `npm start` does when a source changes.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { rebuild } from './build.mjs';
import { moduleOf } from './compile.mjs';
import { locked } from './lock.mjs';
import { migrate } from './migrate.mjs';
import { root } from './pins.mjs';
import { Problem } from './process.mjs';
import { change, differences, look, sourcesOf } from './watch.mjs';

const watched = ['shared', 'workers', 'schema', 'Cargo.toml', 'Cargo.lock'].map((path) => join(root, path));
const migrations = join(root, 'schema/sql/d1');
const place = join(root, 'target/served');

const modified = (folder, name) => statSync(join(folder, name)).mtimeMs;

/**
 * Puts a built script where wrangler serves it from, and gives the path. The module has a name of its own for each build, and
 * index.js, by which wrangler notices a build, comes last and whole: it never serves half of one.
 */
export function offer(script, into = place) {
  const from = (name) => join(root, script.out, name);
  const to = join(into, 'index.js');
  const module = `${createHash('sha256').update(readFileSync(from('index_bg.wasm'))).digest('hex').slice(0, 16)}.wasm`;
  mkdirSync(into, { recursive: true });
  const old = readdirSync(into).filter((name) => name.endsWith('.wasm') && name !== module);
  copyFileSync(from('index_bg.wasm'), join(into, `${module}.part`));
  renameSync(join(into, `${module}.part`), join(into, module));
  writeFileSync(`${to}.part`, readFileSync(from('index.js'), 'utf8').replace('./index_bg.wasm', `./${module}`));
  // wrangler may still be reading the module of the build before this one: only older ones go.
  const [, ...older] = old.sort((a, b) => modified(into, b) - modified(into, a));
  renameSync(`${to}.part`, to);
  for (const name of older) rmSync(join(into, name));
  return to;
}

/** What files ask for that have changed: `tables` of D1, or a `script`. A file that no script is made from asks for nothing. */
export function consequences(files, sources) {
  const code = (file) => sources.has(file) || /(^|\/)(Cargo\.(toml|lock)|src\/.*\.rs)$/.test(file);
  return { tables: files.some((file) => dirname(file) === migrations), script: files.some(code) };
}

/** Serves every change, for ever. What does not compile is told, and the build before it goes on being served. */
export async function follow(script) {
  for (let seen = look(watched); ; ) {
    const before = seen;
    seen = await change(watched, before);
    const files = differences(before, seen);
    const { tables, script: affected } = consequences(files, sourcesOf(moduleOf(script).replace(/\.wasm$/, '.d')));
    if (!tables && !affected) continue;
    const since = performance.now();
    console.log(`\nedgefold  changed: ${files.map((file) => relative(root, file)).join(', ')}`);
    try {
      if (tables) await migrate();
      const changed = affected && (await locked('build', () => rebuild([script])));
      if (changed) {
        offer(script);
        console.log(`edgefold  built in ${((performance.now() - since) / 1000).toFixed(1)} s: wrangler takes it over now`);
      } else {
        console.log('edgefold  nothing to build: the script is as it was');
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      console.error(`\nedgefold  ${error.message}\n\nedgefold  the build before this one is still served`);
    }
  }
}
