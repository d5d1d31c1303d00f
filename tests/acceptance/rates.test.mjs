// Too much at once: requests and sockets of one principal, at every door. The limits are small here.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { resource101 } from './claims.mjs';
import { token, vars } from './tokens.mjs';

const most = 20;
const core = new Core(configs.probe, { ...vars, SOCKETS_PER_PRINCIPAL: '3' }, most);
after(() => core.close());
await core.start();

const resource = fresh('resource');
const somebody = () => core.as(token('operator', fresh('sam')));
await somebody().command('resource', 'AddResource', resource101, { aggregateId: resource });

/** Calls until it is too much. The time in which requests are counted may be over in between: then it takes longer. */
const tooMuch = async (call, least = most) => {
  let answered = 0;
  const refused = await until('it is too much', async () => {
    const answer = await call();
    if (answer.status === 429) return answer;
    answered++;
  });
  assert.ok(answered >= least, `${answered} were answered`);
  assert.equal(refused.headers.get('retry-after'), '10');
  return refused;
};

const problem = ({ headers, body }) => {
  assert.equal(headers.get('content-type'), 'application/problem+json');
  return [body.status, body.code];
};

test('POST /commands: one too many is refused, and changes nothing', async () => {
  const caller = somebody();
  let last;
  const refused = await tooMuch(() => caller.command('resource', 'AddResource', resource101, { aggregateId: (last = fresh('resource')) }));
  assert.deepEqual(problem(refused), [429, 'RATE_LIMITED']);
  const { status } = await somebody().request(`/aggregates/resource/${last}`);
  assert.equal(status, 404);
});

for (const path of [`/aggregates/resource/${resource}`, `/aggregates/resource/${resource}/events`, '/nothing']) {
  test(`GET ${path.replace(resource, '{id}')}: one too many is refused`, async () => {
    const caller = somebody();
    assert.deepEqual(problem(await tooMuch(() => caller.request(path))), [429, 'RATE_LIMITED']);
  });
}

test('a correlation counts by the instances that are asked for it', async () => {
  const correlationId = fresh('chain');
  const add = () => ({ aggregateType: 'resource', name: 'AddResource', aggregateId: fresh('resource'), payload: resource101, metadata: { correlationId } });
  for (let n = 0; n < 6; n++) {
    const { body } = await somebody().post('/commands', Array.from({ length: 10 }, add));
    assert.ok(body.every(({ status }) => status === 202));
  }
  const look = (caller) => caller.request(`/correlations/${correlationId}?limit=100`);
  await until('all of them are journalled', async () => (await look(somebody())).body.entries?.length === 60);
  // Sixty instances are twelve requests.
  const caller = somebody();
  assert.equal((await look(caller)).status, 200);
  let answered = 1;
  await until('it is too much', async () => (await look(caller)).status === 429 || !++answered);
  assert.ok(answered <= 4, `${answered} were answered`);
});

test('/graphql: one too many is refused in its own form', async () => {
  const caller = somebody();
  const json = await tooMuch(() => caller.post('/graphql', { query: '{ __typename }' }));
  const accept = 'application/graphql-response+json';
  const named = await tooMuch(() => caller.request('/graphql?query=%7B__typename%7D', { headers: { accept } }), 0);
  assert.match(json.headers.get('content-type'), /^application\/json/);
  assert.match(named.headers.get('content-type'), /^application\/graphql-response\+json/);
  for (const { body } of [json, named]) {
    assert.deepEqual([body.data, body.errors[0].extensions.code], [undefined, 'RATE_LIMITED']);
  }
});

test('a native socket: one too many is refused', async () => {
  const caller = somebody();
  await tooMuch(() => caller.request(`/aggregates/resource/${resource}`));
  const refusal = await until('it is too much', async () => {
    const opened = await caller.watch('resource', resource).catch((error) => error);
    if (opened.status) return opened;
    opened.terminate();
  });
  assert.deepEqual([refusal.status, JSON.parse(refusal.text).code], [429, 'RATE_LIMITED']);
});

/** Says something until it is too much; gives the frame that says so. `made` gives the nth message. */
const tooMuchSaid = async (watcher, made, limited) => {
  for (let n = 0; ; n++) {
    watcher.say(made(n));
    const answers = () => watcher.frames.filter(({ type }) => ['accepted', 'rejected', 'error', 'authenticated'].includes(type));
    await until('it is answered', () => answers().length > n);
    const found = answers().find(limited);
    if (found) return found;
  }
};
const limited = ({ code }) => code === 'RATE_LIMITED';
const report = (n, id = `${n}`) => ({
  id, name: 'UpdateMeter', payload: { status: 'OK', reading: n, observedAt: new Date(Date.UTC(2026, 0, 1) + n).toISOString() },
});

/** The open native socket of a meter, of somebody who has done nothing else yet. */
const watched = async () => {
  const [id, sam] = [fresh('meter'), somebody()];
  await somebody().command('meter', 'RegisterMeter', { model: 'Thermo', ownerId: 'ana' }, { aggregateId: id });
  const watcher = await sam.watch('meter', id);
  await watcher.caughtUp();
  return { id, sam, watcher };
};

test('an open native socket: a command too many is refused with its id and changes nothing, and the socket stays', async () => {
  const { id, watcher } = await watched();
  const refused = await tooMuchSaid(watcher, (n) => ({ type: 'command', ...report(n) }), limited);
  const accepted = watcher.frames.filter(({ type }) => type === 'accepted');
  assert.deepEqual([refused.type, refused.id, refused.status], ['rejected', `${accepted.length}`, 429]);
  assert.ok(accepted.length >= most - 1, `${accepted.length} were accepted; the upgrade counts too`);
  assert.equal((await somebody().request(`/aggregates/meter/${id}`)).body.version, 1 + accepted.length);
  // It stays, and is answered again when the time is over.
  let n = 1_000;
  await until('a command is accepted again', async () => {
    watcher.say({ type: 'command', ...report(++n) });
    return (await watcher.frame('an answer', (frame) => frame.id === `${n}`)).type === 'accepted';
  });
  assert.ok(watcher.isOpen);
});

test('an open native socket shares its count with the other doors', async () => {
  const { id, sam, watcher } = await watched();
  let n = 0;
  await until('a command is one too many where requests were', async () => {
    await tooMuch(() => sam.request(`/aggregates/meter/${id}`), 0);
    watcher.say({ type: 'command', ...report(++n) });
    return limited(await watcher.frame('an answer', (frame) => frame.id === `${n}`));
  });
});

test('an open native socket: a batch counts as its commands, as over HTTP, and is refused as a whole', async () => {
  const { id, watcher } = await watched();
  const batch = (n) => ({ type: 'commands', commands: [0, 1, 2].map((of) => report(3 * n + of, `${n}.${of}`)) });
  for (let n = 0; watcher.frames.filter(limited).length === 0; n++) {
    watcher.say(batch(n));
    await watcher.frame('an answer', (frame) => frame.id === `${n}.2`);
  }
  assert.equal(watcher.frames.filter(limited).length, 3);
  const accepted = watcher.frames.filter(({ type }) => type === 'accepted').length;
  assert.ok(accepted < 2 * most, `${accepted} were accepted, where batches alone would be ${3 * most}`);
  assert.equal((await somebody().request(`/aggregates/meter/${id}`)).body.version, 1 + accepted);
});

test('a batch and aliased mutations count as their commands, and change nothing when they are too many', async () => {
  const made = Array.from({ length: most + 1 }, () => fresh('resource'));
  const batch = made.map((aggregateId) => ({ aggregateType: 'resource', aggregateId, name: 'AddResource', payload: resource101 }));
  assert.deepEqual(problem(await somebody().post('/commands', batch)), [429, 'RATE_LIMITED']);
  const add = (id) => `${id.replaceAll('-', '_')}: addResource(id: "${id}", input: { groupId: "g", number: "1", capacity: 1, rate: 1 }) { __typename }`;
  const { body } = await somebody().post('/graphql', { query: `mutation { ${made.map(add).join(' ')} }` });
  assert.equal(body.errors[0].extensions.code, 'RATE_LIMITED');
  const talker = await core.talk({ headers: { 'cf-connecting-ip': fresh('address') } });
  await talker.init(token('operator', fresh('sam')));
  const id = talker.subscribe(`mutation { ${made.map(add).join(' ')} }`);
  const refused = await talker.frame('refusal', (frame) => frame.id === id);
  assert.equal(refused.payload[0].extensions.code, 'RATE_LIMITED');
  for (const one of made.slice(0, 3)) {
    assert.equal((await somebody().request(`/aggregates/resource/${one}`)).status, 404);
  }
});

test('an open native socket: signs of life that wake nobody do not count, whatever else is said does', async () => {
  const { watcher } = await watched();
  for (let n = 0; n < 3 * most; n++) watcher.say('{"type":"ping"}');
  await until('all are answered', () => watcher.frames.filter(({ type }) => type === 'pong').length === 3 * most);
  watcher.say({ type: 'command', ...report(0) });
  assert.equal((await watcher.frame('an answer', ({ id }) => id === '0')).type, 'accepted');
  for (const sign of ['{ "type": "ping" }', '{"type":"pong"}', '{"type":"pong","version":1}']) {
    const one = (await watched()).watcher;
    for (let n = 0; n < 3 * most; n++) one.say(sign);
    assert.ok(await one.frame('a refusal', limited), sign);
  }
  for (const said of ['rubbish', { type: 'authenticate', token: 'rubbish' }]) {
    const one = (await watched()).watcher;
    const { type, id } = await tooMuchSaid(one, () => said, limited);
    assert.deepEqual([type, id], ['error', undefined]);
  }
});

test('an open native socket: what is said at once is decided and answered in the order in which it came', async () => {
  const { id, watcher } = await watched();
  const count = 5 * most;
  for (let n = 0; n < count; n++) {
    watcher.say(n % 5 === 4 ? { type: 'commands', commands: [report(n, `${n}`)] } : { type: 'command', ...report(n) });
  }
  await watcher.frame('the last answer', (frame) => frame.id === `${count - 1}`);
  const answers = watcher.frames.filter(({ type }) => type === 'accepted' || type === 'rejected');
  assert.deepEqual(answers.map((frame) => frame.id), Array.from({ length: count }, (_, n) => `${n}`));
  const accepted = answers.filter(({ type }) => type === 'accepted');
  assert.deepEqual(accepted.map(({ version }) => version), accepted.map((_, n) => n + 2));
  const { events } = (await somebody().request(`/aggregates/meter/${id}/events`)).body;
  assert.deepEqual(events.slice(1).map(({ data }) => `${data.reading}`), accepted.map((frame) => frame.id));
});

test('an open GraphQL socket: operations of every kind count, and one too many fails by itself', async () => {
  for (const query of ['{ __typename }', `subscription { resource(id: "${resource}") { cursor } }`]) {
    const talker = await core.talk({ headers: { 'cf-connecting-ip': fresh('address') } });
    await talker.init(token('operator', fresh('sam')));
    let refused;
    for (let n = 0; !refused; n++) {
      const id = talker.subscribe(query);
      await talker.seen('an answer', () => talker.of(id).length > 0);
      talker.complete(id);
      refused = talker.of(id).find(({ type }) => type === 'error');
      assert.ok(refused || n < 10 * most, 'it is too much at some time');
    }
    assert.equal(refused.payload[0].extensions.code, 'RATE_LIMITED');
    await talker.ping();
  }
});

test('everybody has a share of their own, by role and name; strangers have that of their address', async () => {
  const name = fresh('ana');
  const [owner, machine] = ['owner', 'machine'].map((role) => core.as(token(role, name)));
  await tooMuch(() => owner.request('/nothing'));
  assert.equal((await machine.request('/nothing')).status, 404);
  const [stranger, forger] = [undefined, 'rubbish'].map((text) => core.as(text));
  await tooMuch(() => stranger.request('/nothing'));
  await tooMuch(() => forger.request('/nothing'), 0);
});

test('whoever asks whether it is well is answered however often', async () => {
  const stranger = core.as(undefined);
  await tooMuch(() => stranger.request('/nothing'), 0);
  for (let n = 0; n <= most; n++) assert.equal((await stranger.request('/healthz')).status, 200);
});

test('the GraphQL socket: one too many from one address is refused', async () => {
  const refusal = await until('it is too much', () => core.talk().then((talker) => talker.terminate(), (error) => error));
  assert.match(refusal.message, /429/);
});

test('a token that is shown on the GraphQL socket counts as a request', async () => {
  const name = fresh('sam');
  const mine = token('operator', name);
  const enter = () => until('there is a socket', () => core.talk().catch(() => false));
  const talker = await (await enter()).init(mine);
  let refused;
  // A few times, as the time in which requests are counted may be over in between.
  for (let round = 0; round < 4 && !refused; round++) {
    for (let n = 0; n < most; n++) talker.say({ type: 'ping', payload: { token: mine } });
    await talker.ping();
    const { type, payload } = await talker.frame('answer', ((id) => (frame) => frame.id === id)(talker.subscribe('{ __typename }')));
    refused = type === 'error' && payload[0].extensions.code;
  }
  assert.equal(refused, 'RATE_LIMITED');
  assert.ok(talker.isOpen, 'the socket stays, with the token that it has');
  await until('a first token is refused, too', async () => {
    await core.as(mine).request('/nothing');
    const newcomer = await enter();
    newcomer.say({ type: 'connection_init', payload: { token: mine } });
    const acknowledged = newcomer.frame('connection_ack', ({ type }) => type === 'connection_ack').then(() => undefined, () => undefined);
    const closed = await Promise.race([newcomer.closed, acknowledged]);
    if (!closed) newcomer.terminate();
    return closed && assert.equal(closed.code, 1013) === undefined;
  }, { within: 60_000 });
  talker.terminate();
});

test('one principal has so many sockets at one instance, and another one when it has closed one', async () => {
  const [sam, eve] = [somebody(), somebody()];
  const sockets = [];
  for (let n = 0; n < 3; n++) sockets.push(await sam.watch('resource', resource));
  const refusal = await sam.watch('resource', resource).catch((error) => error);
  assert.deepEqual([refusal.status, JSON.parse(refusal.text).code], [429, 'TOO_MANY_SOCKETS']);
  await eve.watch('resource', resource);
  await core.evict('resource', resource);
  assert.equal((await sam.watch('resource', resource).catch((error) => error)).status, 429, 'asleep they count too');
  sockets[0].terminate();
  await until('there is resource again', () => sam.watch('resource', resource).catch(() => false));
});
