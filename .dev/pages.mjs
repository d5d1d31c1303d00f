// The storefront's packages and its build: neither `npm start` nor the core's set-up needs them. Wrangler calls this before it deploys.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildClient } from './client.mjs';
import { plainEnv } from './environment.mjs';
import { root } from './pins.mjs';
import { isMain, main, run } from './process.mjs';
import { setup } from './setup.mjs';
import { step } from './step.mjs';
import { nodeBinary, nodeEnv } from './toolchain.mjs';
import { look } from './watch.mjs';

export const storefront = join(root, 'workers/storefront');

const hash = (...texts) => texts.reduce((hash, text) => hash.update(text).update('\0'), createHash('sha256')).digest('hex');
const read = (file) => readFileSync(file);

/** What the pages are made from. */
export const pageSources = () => [...look([storefront]).keys()].filter((file) => !file.startsWith(join(storefront, 'tests')) && !file.endsWith('.md')).sort();

/** Installs the storefront's packages unless they are there. */
export const installStorefront = () =>
  step({
    name: 'storefront-npm',
    label: "installing the storefront's npm packages",
    key: hash(read(join(storefront, 'package-lock.json'))),
    makes: join(storefront, 'node_modules/vite/package.json'),
    run: (log) => run('npm', ['ci', '--include=dev', '--include=optional'], { log, cwd: storefront, env: plainEnv }),
  });

/** A tool of the storefront's own. */
export const pageTool = (name, log, ...args) =>
  run(nodeBinary(), [join(storefront, 'node_modules/.bin', name), ...args], { log, cwd: storefront, env: { ...nodeEnv(), NODE_ENV: 'production' } });

/** Whether the types of the pages are right. */
export async function checkStorefront(log) {
  const typed = await pageTool('react-router', log, 'typegen');
  return typed && run(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { log, cwd: storefront, env: nodeEnv() });
}

/** Builds the pages unless they are there already. */
export async function buildStorefront() {
  await buildClient();
  await installStorefront();
  const client = [...look([join(root, 'shared/client/dist/src')]).keys()].filter((file) => file.endsWith('.js')).sort();
  await step({
    name: 'storefront',
    label: 'building the storefront (about 10 s)',
    key: hash(...[...pageSources(), ...client].flatMap((file) => [file.slice(root.length), read(file)])),
    makes: join(storefront, 'build/server/index.js'),
    run: (log) => pageTool('react-router', log, 'build'),
  });
}

if (isMain(import.meta.url) && process.env.EDGEFOLD_BUILT !== 'yes') {
  // `npm run storefront` builds by itself, and tells wrangler so.
  await main(async () => {
    await setup();
    await buildStorefront();
  });
}
