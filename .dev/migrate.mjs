// D1's tables are part of the code: they are brought up to date before the code runs.
import { join } from 'node:path';
import { tools } from './pins.mjs';
import { Problem, run, tail } from './process.mjs';
import { timed } from './step.mjs';
import { wrangler } from './wrangler.mjs';

export async function migrate() {
  const log = join(tools, 'log', 'migrations.log');
  const [command, args, options] = wrangler('d1', 'migrations', 'apply', 'edgefold', '--local');
  const env = { ...options.env, CI: 'true' }; // apply without asking
  if (await timed('bringing the tables of D1 up to date', () => run(command, args, { ...options, env, log }))) return;
  throw new Problem(`the D1 migrations failed. The end of .tools/log/migrations.log:\n\n${tail(log)}`);
}
