// `npm run demo`: the demo on the project's own Node.
import { join } from 'node:path';
import { build } from './build.mjs';
import { root } from './pins.mjs';
import { main, run } from './process.mjs';
import { setup } from './setup.mjs';
import { nodeBinary, nodeEnv } from './toolchain.mjs';

await main(async () => {
  await setup();
  await build();
  return (await run(nodeBinary(), [join(root, 'tests/demo/demo.mjs')], { cwd: root, env: nodeEnv() })) ? 0 : 1;
});
