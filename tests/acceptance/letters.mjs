// Probes that fail, and what an administrator sees of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { fresh, until } from './harness.mjs';
import { token } from './tokens.mjs';

/** Two attempts, five seconds apart, on a machine that may have other things to do. */
export const patient = { within: 60_000 };

export const admin = (core) => core.as(token('admin', 'ada'));

/** Whether a probe panics from now on at whatever another one says. */
export const turn = (core, id, broken) => core.send('probe', 'Turn', { broken }, { aggregateId: id });
export const tell = (core, id, to, count = 1) => core.send('probe', 'Tell', { to, count }, { aggregateId: id });
export const ask = (core, id, of, count = 1) => core.send('probe', 'Ask', { of, count }, { aggregateId: id });

/** A probe that is broken. */
export async function broken(core) {
  const id = fresh('broken');
  await turn(core, id, true);
  return id;
}

export const heard = async (core, id) => (await core.state('probe', id))?.state.heard ?? [];

/** Waits until a probe has heard exactly this, in this order. */
export const hears = (core, id, expected) =>
  until(`${id} has heard ${expected}`, async () => JSON.stringify(await heard(core, id)) === JSON.stringify(expected), patient);

const ajv = new Ajv({ strict: false, allErrors: true });
formats(ajv);
const printed = (name) => ajv.compile(JSON.parse(readFileSync(new URL(`../../schema/json/${name}.json`, import.meta.url), 'utf8')));
const shapes = { list: printed('dead-letters'), one: printed('dead-letter'), outcome: printed('dead-letter-outcome') };

/** Holds a body against what is printed of it. */
function fits(shape, body) {
  assert.ok(shapes[shape](body), JSON.stringify([shapes[shape].errors, body]));
  return body;
}

/** What an administrator asks and must be answered. */
export async function look(core, path = '') {
  const { status, body } = await admin(core).request(`/admin/dead-letters${path}`);
  assert.equal(status, 200, JSON.stringify(body));
  return fits(path.startsWith('/') ? 'one' : 'list', body);
}

/** Waits until the one sequence of this query has so many letters; gives the sequence. */
export const parked = (core, query, letters = 1) =>
  until(
    `${letters} letters of ${query} are parked`,
    async () => {
      const { sequences } = await look(core, `?${query}`);
      assert.ok(sequences.length < 2, JSON.stringify(sequences));
      return sequences[0]?.letters === letters && sequences[0];
    },
    patient,
  );

/** What an administrator does about a sequence: an outcome, or a problem. */
async function act(core, path, body) {
  const answer = await admin(core).post(`/admin/dead-letters/${path}`, body);
  if (answer.status === 200) fits('outcome', answer.body);
  return answer;
}

export const retry = (core, { id }) => act(core, `${id}/retry`, '');
export const discard = (core, { id }, letter, reason = 'it was a test') => act(core, `${id}/discard`, { letter, reason });

/** A retry that delivers everything. */
export async function redriven(core, sequence, letters) {
  const { status, body } = await retry(core, sequence);
  assert.equal(status, 200, JSON.stringify(body));
  const { delivered, sequence: after } = body;
  assert.deepEqual([delivered, after.status, after.letters], [letters, 'FREE', 0], after.reason);
}
