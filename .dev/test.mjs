// `npm test`: everything. `npm test -- <stage>` runs one stage, `npm test -- quick` checks what has changed.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failures } from './files.mjs';
import { root, tools } from './pins.mjs';
import { main, Problem } from './process.mjs';
import { quick } from './quick.mjs';
import { setup } from './setup.mjs';
import { notChecked, stages } from './stages.mjs';
import { timed } from './step.mjs';

/**
 * What runs side by side on two cores: the host's compiler beside the scripts', and then what is compiled beside the tests that
 * mostly wait. What the host compiles is one lane, since cargo lets only one at a time into its folder. A list in a list is a lane of
 * its own that begins when the stage before it has passed.
 */
const everything = [
  ['format', 'engine', 'tutorial', 'unit', 'tools'],
  ['probe', ['acceptance'], ['build', ['samples'], ['client', 'browser', 'storefront'], ['demo', 'openapi']]],
];
const builds = ['probe', 'build'];

const results = [];

/** Runs a stage, and shows what it wrote when it is over: the output of two stages never mixes. */
async function stage(name, body) {
  const since = Date.now();
  const log = join(tools, 'log', `test-${name}.log`);
  rmSync(log, { force: true });
  let result;
  let trouble = '';
  try {
    result = await timed(name, () => body(log));
  } catch (error) {
    trouble = error instanceof Problem ? error.message : error.stack;
    result = false;
  }
  const text = [readIf(log), trouble].filter(Boolean).join('\n').trim();
  if (text) console.log(`\nedgefold  ── ${name}\n${text}\n`);
  const verdict = result === false ? 'failed' : result === notChecked ? notChecked : 'passed';
  results.push({ name, verdict, seconds: ((Date.now() - since) / 1000).toFixed(1) });
  return verdict !== 'failed';
}

function readIf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A lane goes on after a failure, since its other stages say more; but nothing can be tried that was not built. */
async function lane(steps) {
  const beside = [];
  for (const step of steps) {
    if (Array.isArray(step)) beside.push(lane(step));
    else if (!(await stage(step, stages[step])) && builds.includes(step)) break;
  }
  await Promise.all(beside);
}

await main(async () => {
  const [only] = process.argv.slice(2);
  if (only && only !== 'quick' && !Object.hasOwn(stages, only)) {
    throw new Problem(`there is no stage '${only}'. The stages: ${[...Object.keys(stages), 'quick'].join(', ')}`);
  }
  mkdirSync(join(tools, 'log'), { recursive: true });
  await setup();
  const since = Date.now();
  if (only === 'quick') for (const [name, body] of await quick(root)) await stage(name, body);
  else if (only) await stage(only, stages[only]);
  else await Promise.all(everything.map(lane));

  const count = (verdict) => results.filter((result) => result.verdict === verdict).length;
  console.log('');
  for (const { name, verdict, seconds } of results) {
    console.log(`  ${name.padEnd(12)}${verdict.padEnd(12)}${seconds.padStart(8)} s`);
  }
  if (results.length > 1) console.log(`  ${'in all'.padEnd(24)}${((Date.now() - since) / 1000).toFixed(1).padStart(8)} s`);
  if (results.length > 1) for (const failure of failures) console.log(`\n${failure}`);
  console.log(`\n${count('passed')} passed, ${count('failed')} failed`);
  return count('failed') ? 1 : 0;
});
