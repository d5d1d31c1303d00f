// `npm run simulate -- --seeds N [--seed S]`: tells the stories of N seeds, from S on, and the shortest one that fails.
import { main } from './process.mjs';
import { setup } from './setup.mjs';
import { simulate } from './stages.mjs';

await main(async () => {
  await setup();
  return (await simulate(undefined, ...process.argv.slice(2))) ? 0 : 1;
});
