// `npm run deploy`: `wrangler deploy`, which builds by itself. Arguments are handed on, such as --dry-run.
import { main, run } from './process.mjs';
import { setup } from './setup.mjs';
import { wrangler } from './wrangler.mjs';

await main(async () => {
  await setup();
  const [command, args, options] = wrangler('deploy', ...process.argv.slice(2));
  // Wrangler may ask something, such as which account: it gets the terminal.
  return (await run(command, args, { ...options, stdio: 'inherit' })) ? 0 : 1;
});
