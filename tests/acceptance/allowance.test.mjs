// How much a caller may send at once, as the deployment sets it, at every door; and who counts where the platform does not.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, serve, until } from './harness.mjs';
import { resource101 } from './claims.mjs';
import { token, vars } from './tokens.mjs';

const [bytes, commands, operations] = [16_384, 3, 2];
const core = await serve('probe', {
  MAX_BODY_BYTES: `${bytes}`,
  MAX_BATCH_COMMANDS: `${commands}`,
  GRAPHQL_MAX_OPERATIONS: `${operations}`,
});
const resource = fresh('resource');
await core.send('resource', 'AddResource', resource101, { aggregateId: resource });

/** JSON of exactly so many bytes. */
const ofLength = (object, length) => {
  const text = (filler) => JSON.stringify({ ...object, filler });
  return text('x'.repeat(length - text('').length));
};
const add = (id) => ({ aggregateType: 'resource', aggregateId: id, name: 'AddResource', payload: resource101 });
const batch = (size) => Array.from({ length: size }, () => add(fresh('resource')));

test('a body is as long as is set, at every door over HTTP', async () => {
  const post = async (path, object, length) => {
    const { status, body } = await core.post(path, ofLength(object, length));
    return [status, body.code ?? body.errors?.[0].extensions.code];
  };
  assert.deepEqual(await post('/commands', add(fresh('resource')), bytes), [422, 'UNKNOWN_FIELD']);
  assert.deepEqual(await post('/commands', add(fresh('resource')), bytes + 1), [413, 'BODY_TOO_LARGE']);
  assert.deepEqual(await post('/graphql', { query: '{ __typename }' }, bytes), [200, undefined]);
  assert.deepEqual(await post('/graphql', { query: '{ __typename }' }, bytes + 1), [413, 'BODY_TOO_LARGE']);
  const admin = core.as(token('admin', 'root'));
  const discard = (length) => admin.post('/admin/dead-letters/1/discard', ofLength({ version: 1 }, length));
  assert.deepEqual([(await discard(bytes)).status, (await discard(bytes + 1)).status], [422, 413]);
});

test('a message is as long as is set, on both sockets', async () => {
  const watcher = await core.watch('resource', resource);
  watcher.say(ofLength({ type: 'ping' }, bytes));
  watcher.say(ofLength({ type: 'ping' }, bytes + 1));
  await watcher.frame('refusal', ({ type }) => type === 'error');
  const answers = watcher.frames.filter(({ type }) => type === 'pong' || type === 'error');
  assert.deepEqual(answers.map(({ type, code }) => code ?? type), ['pong', 'BODY_TOO_LARGE']);
  watcher.terminate();
  const talker = await (await core.talk()).init(token('operator', 'sam'));
  talker.say(ofLength({ type: 'ping' }, bytes));
  await talker.frame('pong', ({ type }) => type === 'pong');
  talker.say(ofLength({ type: 'ping' }, bytes + 1));
  assert.equal((await talker.closed).code, 4400);
});

test('a batch holds as many commands as are set, over HTTP and on the native socket', async () => {
  const { status, body } = await core.post('/commands', batch(commands));
  assert.deepEqual([status, body.map((one) => one.status)], [200, Array(commands).fill(202)]);
  const refused = await core.post('/commands', batch(commands + 1));
  assert.deepEqual([refused.status, refused.body.code], [422, 'INVALID_BATCH']);
  const watcher = await core.watch('resource', resource);
  const several = (size) => Array.from({ length: size }, (_, id) => ({ id: `${id}`, name: 'Nothing', payload: {} }));
  watcher.say({ type: 'commands', commands: several(commands) });
  watcher.say({ type: 'commands', commands: several(commands + 1) });
  await watcher.frame('refusal', ({ type }) => type === 'error');
  const said = watcher.frames.filter(({ code }) => code).map(({ code }) => code);
  assert.deepEqual(said, [...Array(commands).fill('UNKNOWN_COMMAND'), 'INVALID_BATCH']);
  watcher.terminate();
});

test('a GraphQL socket has as many operations as are set, also after it has slept', async () => {
  const talker = await (await core.talk()).init(token('operator', 'sam'));
  const subscribe = () => talker.subscribe('subscription ($id: ID!) { resource(id: $id) { cursor } }', { id: resource });
  const open = [];
  for (let n = 0; n < operations; n++) open.push(subscribe());
  for (const id of open) await talker.next(id);
  const code = async () => (await talker.ended(subscribe())).payload[0].extensions.code;
  assert.equal(await code(), 'TOO_MANY_OPERATIONS');
  await core.evictSessions();
  assert.equal(await code(), 'TOO_MANY_OPERATIONS');
  talker.complete(open[0]);
  await talker.next(subscribe());
  await talker.close();
});

test('where the platform counts no requests the script does; what is set to nonsense counts as not set, and is logged', async () => {
  const most = 150; // a batch counts as its commands
  const settings = { ...vars, REQUESTS_PER_PRINCIPAL: `${most}`, MAX_BATCH_COMMANDS: 'lots' };
  const alone = new Core(configs.probe, settings, null);
  after(() => alone.close());
  await alone.start();
  const somebody = () => alone.as(token('operator', fresh('sam')));
  const many = (size) => somebody().post('/commands', batch(size));
  assert.deepEqual([(await many(100)).status, (await many(101)).status], [200, 422], 'the default counts');
  const logs = await alone.logs();
  assert.ok(logs.some(({ message }) => /MAX_BATCH_COMMANDS is "lots"/.test(message)), JSON.stringify(logs));

  const caller = somebody();
  let answered = 0;
  const refused = await until('it is too much', async () => {
    const answer = await caller.request('/nothing');
    if (answer.status === 429) return answer;
    answered++;
  });
  assert.ok(answered >= most, `${answered} were answered`);
  assert.deepEqual([refused.body.code, refused.headers.get('retry-after')], ['RATE_LIMITED', '10']);
  assert.equal((await somebody().request('/nothing')).status, 404, 'another one has a share of their own');

  const talker = await (await alone.talk()).init(token('operator', fresh('sam')));
  await until('it is too much on the GraphQL socket, too', async () => {
    const { type, payload } = await talker.frame('answer', ((id) => (frame) => frame.id === id)(talker.subscribe('{ __typename }')));
    return type === 'error' && payload[0].extensions.code === 'RATE_LIMITED';
  });
  assert.ok(talker.isOpen);
  await talker.close();
});
