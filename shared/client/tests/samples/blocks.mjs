// The code of the manual's page, as files in a folder of their own.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { root } from '../../../../.dev/pins.mjs';

const page = readFileSync(join(root, 'shared/manual/client.md'), 'utf8');
const folder = join(root, 'target/client-manual');

/** Each block that begins with the name of its file, by that name. */
export const blocks = new Map([...page.matchAll(/^```\w+\n(?:\/\/|<!--) ([\w.]+)(?: -->)?\n([\s\S]*?)^```$/gm)].map(([, name, text]) => [name, text]));

/** Blocks of code that no test would see, for they do not say which file they are. */
export const nameless = [...page.matchAll(/^```(?:ts|tsx|js|html)\n(?!\/\/ |<!-- )/gm)].length;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of blocks) writeFileSync(join(folder, name), text);
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
  extends: '../../shared/client/tsconfig.json',
  compilerOptions: { rootDir: '../..', noEmit: true, emitDeclarationOnly: false, declaration: false },
  include: ['*.ts'],
  files: ['../../shared/client/src/cloudflare.d.ts'],
}));

/** Fails, with what it says, where the compiler finds a mistake. */
export const compile = () =>
  promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]).catch(({ stdout }) => Promise.reject(new Error(stdout)));

/** A file with all that it imports, as one script. */
export async function bundled(name, options) {
  const { outputFiles } = await build({ entryPoints: [join(folder, name)], bundle: true, write: false, format: 'esm', target: 'es2022', external: ['cloudflare:workers'], ...options });
  return outputFiles[0].text;
}

/** A file as a module of this process, on the package that the test has, too. */
export async function imported(name) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, await bundled(name, { packages: 'external' }));
  return import(file);
}
