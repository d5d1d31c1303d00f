// The page of GraphiQL, bundled from its npm package. The development server serves it beside the Worker: nothing of it is
// deployed, and nothing comes from elsewhere.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, tools } from './pins.mjs';
import { isMain, main, run } from './process.mjs';
import { step } from './step.mjs';
import { nodeEnv } from './toolchain.mjs';

/** The folder that is served: what lies in it is found below its own name. */
export const assets = join(tools, 'assets');
const page = join(assets, 'graphiql');
const source = fileURLToPath(new URL('graphiql/', import.meta.url));

export function bundleGraphiql() {
  const inputs = [join(root, 'package-lock.json'), join(source, 'page.mjs'), join(source, 'index.html')];
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(readFileSync(input));
  return step({
    name: 'graphiql',
    label: 'bundling GraphiQL (a few seconds)',
    key: hash.digest('hex'),
    makes: join(page, 'index.html'),
    run: async (log) => {
      rmSync(assets, { recursive: true, force: true });
      mkdirSync(page, { recursive: true });
      copyFileSync(join(source, 'index.html'), join(page, 'index.html'));
      const args = ['--bundle', '--minify', '--format=esm', '--define:process.env.NODE_ENV="production"', '--loader:.ttf=dataurl'];
      const files = [join(source, 'page.mjs'), `--outfile=${join(page, 'page.js')}`];
      return run(join(root, 'node_modules/.bin/esbuild'), [...files, ...args], { log, cwd: root, env: nodeEnv() });
    },
  });
}

if (isMain(import.meta.url)) await main(bundleGraphiql);
