// A command that begins a stream and names no instance, sent again at every door: as tests of an engine and of a domain ask it
// alike.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh } from './harness.mjs';

/** A command with one field alone takes that field instead of an input; here it is a text. */
const mutation = (name, payload, id) => {
  const [[field, value], ...more] = Object.entries(payload);
  const [argument, type, content] = more.length ? ['input', `${name}Input!`, payload] : [field, 'String!', value];
  return [
    `mutation ($it: ${type}, $id: ID!) { it: ${name[0].toLowerCase()}${name.slice(1)}(${argument}: $it, commandId: $id) {
      ... on Accepted { aggregateId duplicate events { id } } ... on Rejected { code } } }`,
    { it: content, id },
  ];
};

/** The doors through which such a command may come, each as a function of type, name, payload and command id. */
const doorsOf = (core, token) => {
  const talker = core.talk().then((talker) => talker.init(token));
  return {
    'POST /commands': async (type, name, payload, commandId) => (await core.command(type, name, payload, { commandId })).body,
    'the Idempotency-Key': async (aggregateType, name, payload, key) =>
      (await core.post('/commands', { aggregateType, name, payload }, { 'idempotency-key': key })).body,
    'a batch': async (aggregateType, name, payload, commandId) =>
      (await core.post('/commands', [{ aggregateType, name, payload, commandId }])).body[0],
    'POST /graphql': async (_, name, payload, id) => (await core.ask(...mutation(name, payload, id))).it,
    'the GraphQL socket': async (_, name, payload, id) => {
      const socket = await talker;
      return (await socket.next(socket.subscribe(...mutation(name, payload, id))))[0].data.it;
    },
  };
};

/**
 * Tests that a repeat reaches the instance that the first send began.
 *
 * @param token of somebody who may begin all of them. @param creating by type: name and payload of the command, and what makes
 * its content another.
 */
export function checkBeginnings(core, token, creating) {
  const doors = doorsOf(core, token);
  for (const [door, send] of Object.entries(doors)) {
    for (const [type, [name, payload, other]] of Object.entries(creating)) {
      test(`${name} twice through ${door} makes one, and the second answer is the first one's`, async () => {
        const key = fresh('key');
        const first = await send(type, name, payload, key);
        const second = await send(type, name, payload, key);
        assert.equal(first.duplicate, false, JSON.stringify(first));
        // How long somebody is to wait from then on depends on the load.
        const lasting = ({ confirmWithinMs, ...answer }) => answer;
        assert.deepEqual(lasting(second), { ...lasting(first), duplicate: true });
        assert.equal((await core.events(type, first.aggregateId)).filter(({ commandid }) => commandid === key).length, 1);
        assert.equal((await send(type, name, { ...payload, ...other }, key)).code, 'IDEMPOTENCY_KEY_REUSED');
        const next = await send(type, name, payload, fresh('key'));
        assert.notEqual(next.aggregateId, first.aggregateId, 'another command begins another');
      });
    }
  }

  test('every door gives the same instance for the same key', async () => {
    for (const [type, [name, payload]] of Object.entries(creating)) {
      const key = fresh('key');
      const answers = [];
      for (const send of Object.values(doors)) answers.push(await send(type, name, payload, key));
      assert.deepEqual(answers.map(({ duplicate }) => duplicate), [false, true, true, true, true]);
      assert.equal(new Set(answers.map(({ aggregateId }) => aggregateId)).size, 1, type);
    }
  });

  test('a double click makes one: the same command many times at once, and twice in a batch', async () => {
    for (const [type, [name, payload, other]] of Object.entries(creating)) {
      const key = fresh('key');
      const clicks = await Promise.all(Array.from({ length: 8 }, () => doors['the Idempotency-Key'](type, name, payload, key)));
      assert.equal(new Set(clicks.map(({ aggregateId }) => aggregateId)).size, 1);
      assert.equal(clicks.filter(({ duplicate }) => !duplicate).length, 1);
      const one = { aggregateType: type, name, payload, commandId: fresh('key') };
      const { body } = await core.post('/commands', [one, one, { ...one, payload: { ...payload, ...other } }]);
      assert.deepEqual(body.map(({ duplicate, code }) => code ?? duplicate), [false, true, 'IDEMPOTENCY_KEY_REUSED']);
      assert.equal(body[0].aggregateId, body[1].aggregateId);
    }
  });

  test('without a key each send is another command', async () => {
    for (const [type, [name, payload]] of Object.entries(creating)) {
      const [one, two] = [await core.send(type, name, payload), await core.send(type, name, payload)];
      assert.notEqual(one.aggregateId, two.aggregateId);
    }
  });
}
