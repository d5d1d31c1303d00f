// `npm run schema`: prints the formats in schema/ from the code, and says which files changed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pins.mjs';
import { isMain, main, run } from './process.mjs';
import { setup } from './setup.mjs';
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

async function schema() {
  await setup();
  const { env } = await hostRust();
  const before = files();
  const ok = await run('cargo', ['test', '-p', 'edgefold-core'], { cwd: root, env: { ...env, EDGEFOLD_PRINT_SCHEMA: '1' } });
  const changed = changes(before, files());
  console.log(['', ...(changed.length ? changed : ['schema/ is as it was'])].map((line) => line && `edgefold  ${line}`).join('\n'));
  return ok ? 0 : 1;
}

if (isMain(import.meta.url)) await main(schema);
