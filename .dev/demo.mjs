// `npm run demo`: the demo on the project's own Node.
import { join } from 'node:path';
import { build, worker } from './build.mjs';
import { root } from './pins.mjs';
import { main, run } from './process.mjs';
import { nodeBinary, nodeEnv } from './toolchain.mjs';

await main(async () => {
  await build(worker);
  return (await run(nodeBinary(), [join(root, 'tests/demo/demo.mjs')], { cwd: root, env: nodeEnv() })) ? 0 : 1;
});
