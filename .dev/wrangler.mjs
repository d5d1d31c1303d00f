// Wrangler, run with the project's own Node.
import { join } from 'node:path';
import { root } from './pins.mjs';
import { nodeBinary, nodeEnv } from './toolchain.mjs';

/** The arguments of `start` and `run` that start wrangler. */
export const wrangler = (...args) => [
  nodeBinary(),
  [join(root, 'node_modules/wrangler/bin/wrangler.js'), ...args],
  { cwd: root, env: nodeEnv() },
];
