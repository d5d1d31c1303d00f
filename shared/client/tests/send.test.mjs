// Commands: their ids, their repeats, their refusals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreError, createCore, graphql, newId, Refused } from '@edgefold/client';
import { Create, hotel, input, soon } from './documents.mjs';

/** A core whose answers are these, one after the other; a text is a fault of the network. */
function scripted(...answers) {
  const asked = [];
  const fetch = async (url, { body, headers }) => {
    asked.push({ url, headers, ...JSON.parse(body) });
    const answer = answers.shift();
    if (typeof answer === 'string') throw new TypeError(answer);
    return answer instanceof Response ? answer : Response.json(answer);
  };
  return { asked, core: (more) => createCore({ url: 'https://core.test/', token: 'one', fetch, ...more }) };
}
const accepted = (more) => ({ data: { createReservation: { aggregateId: 'a', version: 1, confirmWithinMs: 0, ...more } } });
const fault = (code, status, headers) => Response.json({ errors: [{ message: 'no', extensions: { code } }] }, { status, headers });

test('ids are UUIDs of version 7, in the order of time', async () => {
  const [ids, before] = [[], Date.now()];
  for (let made = 0; made < 3; made++) {
    ids.push(newId());
    await new Promise((done) => setTimeout(done, 2));
  }
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([...ids].sort(), ids);
  const at = parseInt(ids[0].replace('-', '').slice(0, 12), 16);
  assert.ok(before <= at && at <= Date.now());
});

test('a command that the network loses is sent again under the same ids', async () => {
  const { asked, core } = scripted('lost', fault('UNAVAILABLE', 503), accepted({ version: 3 }));
  const sent = await core().send(Create, { input });
  assert.equal(asked.length, 3);
  const [first] = asked;
  assert.ok(first.variables.id && first.variables.commandId && first.variables.id !== first.variables.commandId);
  for (const again of asked) assert.deepEqual(again.variables, first.variables);
  assert.deepEqual([first.url, first.headers.authorization], ['https://core.test/graphql', 'Bearer one']);
  assert.deepEqual([sent.id, sent.commandId, sent.version, sent.confirmBy], ['a', first.variables.commandId, 3, undefined]);
});

test('ids of your own are kept', async () => {
  const { asked, core } = scripted(accepted());
  await core().send(Create, { id: 'mine', commandId: 'c', input });
  assert.deepEqual(asked[0].variables, { id: 'mine', commandId: 'c', input });
});

test('until when to wait is said by the row, or counted from now', async () => {
  const { core } = scripted(accepted({ confirmWithinMs: 1500 }), accepted({ confirmWithinMs: 1500, reservation: { id: 'a', confirmBy: '2030-01-01T00:00:00.000Z' } }));
  const before = Date.now();
  const at = Date.parse((await core().send(Create, { input })).confirmBy) - 1500;
  assert.ok(before <= at && at <= Date.now());
  assert.equal((await core().send(Create, { input })).confirmBy, '2030-01-01T00:00:00.000Z');
});

test('a refusal is thrown, with the field that the form knows, and not repeated', async () => {
  const { asked, core } = scripted({ data: { createReservation: { code: 'DATES_REVERSED', detail: 'the end is before the start', field: 'payload.dateEnd', rule: null } } });
  const error = await core().send(Create, { input }).catch((error) => error);
  assert.ok(error instanceof Refused && error instanceof CoreError);
  const { code, detail, field, final, rule, message } = error;
  assert.deepEqual({ code, detail, field, final, rule, message }, { code: 'DATES_REVERSED', detail: 'the end is before the start', field: 'dateEnd', final: true, rule: undefined, message: 'the end is before the start' });
  assert.equal(asked.length, 1);
});

test('a final error is not repeated, and says what it is', async () => {
  for (const [answer, code, status] of [
    [fault('FORBIDDEN', 403), 'FORBIDDEN', 403],
    [{ errors: [{ message: 'no', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] }, 'GRAPHQL_VALIDATION_FAILED', 200],
    [new Response('<html>', { status: 404 }), 'NOT_A_CORE', 404],
    [Response.json({ code: 'ORIGIN_FORBIDDEN', detail: 'no' }, { status: 403 }), 'ORIGIN_FORBIDDEN', 403],
  ]) {
    const { asked, core } = scripted(answer);
    const error = await core().query(graphql('{ me { subject } }')).catch((error) => error);
    assert.deepEqual([error.code, error.final, error.status ?? 200, asked.length], [code, true, status, 1]);
  }
});

test('the core says when to ask again', async () => {
  const { asked, core } = scripted(fault('TOO_MANY_REQUESTS', 429, { 'retry-after': '1' }), { data: { me: null } });
  const since = Date.now();
  await core().query(graphql('{ me { subject } }'));
  assert.ok(asked.length === 2 && Date.now() - since >= 990);
});

test('a token that has expired on the way is replaced once', async () => {
  const tokens = ['old', 'new'];
  const { asked, core } = scripted(fault('INVALID_TOKEN', 401), { data: { me: null } });
  await core({ token: () => tokens.shift() }).query(graphql('{ me { subject } }'));
  assert.deepEqual(asked.map(({ headers }) => headers.authorization), ['Bearer old', 'Bearer new']);
  const same = scripted(fault('INVALID_TOKEN', 401));
  await assert.rejects(same.core().query(graphql('{ me { subject } }')), { code: 'INVALID_TOKEN', final: true, status: 401 });
  assert.equal(same.asked.length, 1);
});

test('a question can be called off, also while it waits for its next attempt', async () => {
  const { core } = scripted('lost', 'lost', 'lost');
  const leaving = new AbortController();
  const asked = core().query(graphql('{ me { subject } }'), {}, { signal: leaving.signal });
  setTimeout(() => leaving.abort(new Error('left')), 20);
  await assert.rejects(asked, /left/);
});

test('a document that cannot be sent safely is refused at once', async () => {
  const bare = graphql('mutation ($input: CreateReservationInput!) { createReservation(input: $input) { ... on Accepted { version } } }');
  await assert.rejects(scripted().core().send(bare, { input }), /has to take \$commandId/);
  assert.throws(() => createCore({}), /a url or a binding/);
});

test('the same command twice is one, and the second answer says so', async () => {
  const fake = hotel();
  const ids = { id: newId(), commandId: newId() };
  const [first, second] = [await fake.core.send(Create, { ...ids, input }), await fake.core.send(Create, { ...ids, input })];
  assert.deepEqual([first.answer.duplicate, second.answer.duplicate, fake.commands.length], [false, true, 1]);
  assert.ok(first.confirmBy <= soon());
});
