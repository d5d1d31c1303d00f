// What the usual commands cost, by all that the platform bills. The counts of `npm run cost` are the bounds.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inputs } from '../../../.dev/cost.mjs';
import { serve } from '../../../tests/acceptance/harness.mjs';
import { costOf, loads as played } from '../../../tests/bench/usual.mjs';

const { systems: { edgefold }, commands, loads } = inputs();
const cores = new Map();
for (const { again } of Object.values(played)) {
  const settings = { SEND_AGAIN_SECONDS: String(again), REQUESTS_PER_PRINCIPAL: '1000000' };
  if (!cores.has(again)) cores.set(again, await serve('core', settings, { requests: null, switched: true }));
}

// How often something is sent again to others, where many come at a time, depends on the machine: those counts have no bound here.
const isHeld = (command, load) => command === 'report' || load === 'alone';

async function check(t, core, command, load) {
  const { missed, figures } = await costOf(core, command, load);
  t.diagnostic(JSON.stringify({ ...figures, missed }));
  assert.equal(missed, 0, 'each has ended as it usually does');
  for (const [name, figure] of Object.entries(figures)) {
    const bound = edgefold.commands[command][load][name];
    assert.ok(figure <= bound, `${name}: ${figure}, and not at most ${bound}: ${JSON.stringify(figures)}`);
  }
}

// Most of the time is waited until nothing is billed any more: the cores side by side.
describe('a million cost no more than is said', { concurrency: true }, () => {
  for (const [again, core] of cores) {
    test(`where what nobody has answered for is sent again after ${again} s`, async (t) => {
      for (const [command, title] of Object.entries(commands)) {
        const held = Object.entries(loads).filter(([load]) => played[load].again === again && isHeld(command, load));
        for (const [load, how] of held) await t.test(`${title}, ${how}`, (t) => check(t, core, command, load));
      }
    });
  }
});
