// `npm run bench`: set up, build, measure. `npm run bench -- --quick` only sees whether it runs.
import { join } from 'node:path';
import { build, worker } from './build.mjs';
import { root } from './pins.mjs';
import { main, run } from './process.mjs';
import { nodeBinary, nodeEnv } from './toolchain.mjs';

await main(async () => {
  await build(worker);
  const script = join(root, 'tests/bench/bench.mjs');
  // Where it was called from, so that a relative path in its arguments means what it says.
  const options = { cwd: process.env.INIT_CWD ?? process.cwd(), env: nodeEnv() };
  return (await run(nodeBinary(), [script, ...process.argv.slice(2)], options)) ? 0 : 1;
});
