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
const shapes = {
  list: printed('dead-letters'), one: printed('dead-letter'), outcome: printed('dead-letter-outcome'), every: printed('dead-letter-outcomes'),
};

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

/** Waits until the list has this sequence in this standing, with so many versions that wait at its source; gives the sequence. */
export const listed = (core, query, status, waiting) =>
  until(
    `${query} is ${status}, with ${waiting ?? 'some'} versions waiting`,
    async () => {
      const { sequences } = await look(core, `?${query}`);
      assert.ok(sequences.length < 2, JSON.stringify(sequences));
      const [sequence] = sequences;
      if (sequence?.status !== status) return false;
      return (waiting === undefined || (await waitingVersions(core, sequence)).length === waiting) && sequence;
    },
    patient,
  );

export const parked = (core, query, waiting = 1) => listed(core, query, 'PARKED', waiting);

/** Waits until the list has nothing of this query. */
export const gone = (core, query) =>
  until(`${query} is not listed`, async () => (await look(core, `?${query}`)).sequences.length === 0, patient);

/** Versions of the source that wait in a sequence. */
export const waitingVersions = async (core, { id }) => (await look(core, `/${id}`)).items.map(({ version }) => version);

/** What an administrator does about a sequence, or about all that a query finds: an outcome, or a problem. */
async function act(core, shape, path, body) {
  const answer = await admin(core).post(`/admin/dead-letters/${path}`, body);
  if (answer.status === 200) fits(shape, answer.body);
  return answer;
}

const why = 'it was a test';
export const retry = (core, { id }) => act(core, 'outcome', `${id}/retry`, '');
export const discard = (core, { id }, version, reason = why) => act(core, 'outcome', `${id}/discard`, { version, reason });
export const retryAll = (core, query) => act(core, 'every', `retry?${query}`, '');
export const discardAll = (core, query, reason = why) => act(core, 'every', `discard?${query}`, { reason });

/** A retry that delivers everything. */
export async function redriven(core, sequence, versions) {
  const { status, body } = await retry(core, sequence);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.delivered, body.sequence.status], [versions, 'FREE'], body.sequence.reason);
  await gone(core, `sourceId=${sequence.source.aggregateId}&destinationId=${sequence.destination?.aggregateId ?? ''}`);
}

/** The structured lines of the log about a source, such as `delivery_parked`. */
export async function logged(core, source, event) {
  const lines = (await core.logs()).map(({ message }) => message).filter((message) => message.startsWith('{'));
  return lines.map((line) => JSON.parse(line)).filter((line) => line.event === event && line.source?.aggregateId === source);
}

/** The same, once there is one: the log comes a moment after what it tells. */
export const told = (core, source, event) =>
  until(`the log tells ${event} of ${source}`, async () => {
    const lines = await logged(core, source, event);
    return lines.length > 0 && lines;
  }, patient);
