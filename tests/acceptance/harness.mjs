// What a test file begins with.
//
//   const core = await serve();            // ends with the test file
//   await core.send('meter', 'UpdateMeter', …); // through the doors, as anybody would
//   await until('it is so', () => …);      // no sleeping
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { configs, Core } from './core.mjs';
import { vars } from './tokens.mjs';

/** Waits until `look` gives something truthy, and gives that. What is awaited stands in the failure. */
export async function until(what, look, { within = 60_000 } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) assert.fail(`waited ${within} ms in vain until ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

let made = 0;
const run = Math.random().toString(36).slice(2, 8);
/** An id that nobody had before. */
export const fresh = (kind) => `${kind}-${run}-${++made}`;

/** Starts a core of the engine's own script, or of the one that is deployed (`core`), that ends with the test file (called at its top level), or with the test that calls it. `more`: what else a core is made with, by name. */
export async function serve(script = 'probe', settings = {}, more = {}) {
  const core = Object.assign(new Core(configs[script], { ...vars, ...settings }), more);
  after(() => core.close());
  await core.start();
  return core;
}

/** Starts a core whose requests are not counted: the platform's counter, as it is played here, would be most of what many cost. */
export const serveUncounted = () => serve('probe', { REQUESTS_PER_PRINCIPAL: '1000000' }, { requests: null });

/**
 * Sends a command, with its own `commandId`, until it is accepted or refused with one of these codes: what a kill has cut off
 * is safe to repeat. While the runtime is away another one may have its port, and refuse what it knows nothing of.
 */
export async function insist(core, type, name, payload, more, codes = []) {
  assert.ok(more.commandId, 'only a command with an id is safe to repeat');
  return until(`${name} is answered`, async () => {
    const { status, body } = await core.command(type, name, payload, more).catch(() => ({})); // the runtime is away
    return (status === 202 || codes.includes(body?.code)) && body;
  }, { within: 150_000 });
}
