// The store-neutral cases of tests/conformance/, through the doors, each on an instance of its own. The Rust tests run
// the same ones over the in-memory port.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { checkOrder } from './events.mjs';
import { fresh, serve } from './harness.mjs';

const core = await serve();
const { aggregateType, cases } = JSON.parse(readFileSync(new URL('../conformance/append.json', import.meta.url)));

/** Whether the answer says everything that is expected; it may say more. */
function says(answer, expected) {
  const said = { ...answer, types: answer.events?.map(({ type }) => type) };
  const wanted = Object.fromEntries(Object.keys(expected).map((name) => [name, said[name]]));
  return JSON.stringify(wanted) === JSON.stringify(expected);
}

function check(answers, expected) {
  const context = `expected ${JSON.stringify(expected)}, got ${JSON.stringify(answers)}`;
  if (expected.accepted === undefined) return assert.ok(says(answers[0], expected), context);
  const accepted = answers.filter(({ status }) => status === 202);
  assert.equal(accepted.length, expected.accepted, context);
  assert.equal(accepted.filter(({ duplicate }) => duplicate).length, expected.duplicates ?? 0, context);
  for (const other of answers.filter(({ status }) => status !== 202)) assert.ok(says(other, expected.others), context);
  if (expected.duplicates) {
    const told = accepted.map((answer) => JSON.stringify({ ...answer, duplicate: undefined }));
    assert.equal(new Set(told).size, 1, 'all are told the same');
  }
}

/** Runs one case. `restart` is whatever makes an object forget what lives only in memory. */
async function run({ steps, stream }, restart) {
  const aggregateId = fresh(aggregateType);
  for (const step of steps) {
    if (step.restart) {
      await restart(aggregateId);
      continue;
    }
    const send = async () => {
      const { status, body } = await core.post('/commands', { aggregateType, aggregateId, ...step.send });
      return { ...body, status };
    };
    check(await Promise.all(Array.from({ length: step.parallel ?? 1 }, send)), step.expect);
  }
  const events = await core.events(aggregateType, aggregateId);
  assert.deepEqual(events.map(({ type }) => type), stream);
  checkOrder(events);
}

describe('an object appends as the port does', () => {
  for (const one of cases) test(one.name, () => run(one, (id) => core.evict(aggregateType, id)));
});

describe('after a restart of the runtime too', () => {
  for (const one of cases.filter(({ steps }) => steps.some(({ restart }) => restart))) {
    test(one.name, () => run(one, () => core.restart()));
  }
  for (const one of cases.filter(({ name }) => name.includes('repeat is recognised after a restart'))) {
    test(`${one.name}, when the runtime is killed`, () => run(one, () => core.killAndRestart()));
  }
});
