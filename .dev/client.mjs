// Builds the TypeScript client, shared/client, into its folder dist: the types of the schema, the scripts, their declarations.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { locked } from './lock.mjs';
import { root } from './pins.mjs';
import { isMain, main, run } from './process.mjs';
import { setup } from './setup.mjs';
import { step } from './step.mjs';
import { nodeBinary, nodeEnv } from './toolchain.mjs';

export const client = join(root, 'shared/client');

/** Every file below a folder of the project that the client is made from. */
const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

function key() {
  const files = ['shared/client/src', 'schema/graphql', 'schema/json'].flatMap(filesIn);
  const others = ['package-lock.json', '.dev/client.mjs', 'shared/client/generate.mjs', 'shared/client/tsconfig.json'].map((path) => join(root, path));
  return [...files, ...others].reduce((hash, file) => hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file)), createHash('sha256')).digest('hex');
}

const tool = (name, log, ...args) => run(join(root, 'node_modules/.bin', name), args, { log, cwd: client, env: nodeEnv() });

async function make(log) {
  rmSync(join(client, 'dist'), { recursive: true, force: true });
  const written = await run(nodeBinary(), [join(client, 'generate.mjs')], { log, cwd: client, env: nodeEnv() });
  if (written === false) return false;
  const sources = readdirSync(join(client, 'src')).filter((name) => !name.endsWith('.d.ts')).map((name) => `src/${name}`);
  // File by file, so that a page gets those that it imports.
  const options = ['--format=esm', '--target=es2022', '--outbase=.', '--outdir=dist'];
  const done = await Promise.all([tool('esbuild', log, ...sources, ...options), tool('tsc', log, '-p', '.')]);
  return !done.includes(false);
}

/** Builds the client unless it is there already. */
export const buildClient = () =>
  locked('client', () => step({ name: 'client', label: 'building the client (a few seconds)', key: key(), makes: join(client, 'dist/src/index.js'), run: make }));

/** Whether the types of the tests are right: what a front end writes compiles, and what it must not write does not. */
export const checkClient = (log) => tool('tsc', log, '-p', 'tests');

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await buildClient();
  });
}
