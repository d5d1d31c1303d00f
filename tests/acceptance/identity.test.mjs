// Who are you, and what may you do: every sort of caller at every door.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, serve, until } from './harness.mjs';
import { claims, seconds, token } from './tokens.mjs';

const core = await serve();
const day = { dateStart: '2030-01-01', dateEnd: '2030-01-02' };
const resource = fresh('resource');
const mine = fresh('claim');
const bens = fresh('claim');
const none = fresh('claim');

before(async () => {
  await core.send('resource', 'AddResource', { groupId: 'group', number: '1', capacity: 2, rate: 1 }, { aggregateId: resource });
  const { status } = await ana.command('claim', 'CreateClaim', { userId: 'ana', resourceId: resource, ...day }, { aggregateId: mine });
  assert.equal(status, 202);
  await until('it is confirmed and projected', async () => {
    const { claim } = await core.ask(`{ claim(id: "${mine}") { status } }`);
    return claim?.status === 'CONFIRMED';
  });
  const claim = { userId: 'ben', resourceId: resource, dateStart: '2030-02-01', dateEnd: '2030-02-02' };
  await core.send('claim', 'CreateClaim', claim, { aggregateId: bens });
});

const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = `${b64({ alg: 'none' })}.${b64(claims('operator', 'sam'))}.`;
const owner = (more, key) => token('owner', 'ana', more, key);
const ana = core.as(owner());

// What a caller gets at each door: [command, state, events, socket, mutation, query, list], and of which instance the
// subscription to all claims tells first.
const refused = (status, code) => [status, status, status, status, code, code, code, code];
const callers = [
  ['anonymous', undefined, refused(401, 'UNAUTHENTICATED')],
  ['the owner', owner(), [202, 200, 200, 101, 'Accepted', 'ana', [mine], mine]],
  ['another owner', token('owner', 'ben'), [403, 404, 404, 404, 'FORBIDDEN', null, [], bens]],
  ['a machine of the same name', token('machine', 'ana'), [403, 404, 404, 404, 'FORBIDDEN', null, [], 'FORBIDDEN']],
  ['an admin', token('admin', 'ana'), [403, 404, 404, 404, 'FORBIDDEN', null, [], 'FORBIDDEN']],
  ['the operator', token('operator', 'sam'), [202, 200, 200, 101, 'Accepted', 'ana', [mine], mine]],
  ['with an expired token', owner({ exp: seconds() - 61 }), refused(401, 401)],
  ['with a token that is not valid yet', owner({ nbf: seconds() + 120 }), refused(401, 401)],
  ['with a token for another audience', owner({ aud: 'other' }), refused(401, 401)],
  ['with a token from another issuer', owner({ iss: 'https://evil.test' }), refused(401, 401)],
  ['with a token under another key', owner({}, 'a key of somebody else, 32 bytes or more'), refused(401, 401)],
  ['with a token that nobody signed', unsigned, refused(401, 401)],
  ['in no role', owner({ role: undefined }), refused(401, 401)],
  ['in an unknown role', owner({ role: 'king' }), refused(401, 401)],
  ['with a token that never ends', owner({ exp: undefined }), refused(401, 401)],
  ['with rubbish', 'rubbish', refused(401, 401)],
];

for (const [who, text, [command, state, events, socket, mutation, query, list, category]] of callers) {
  const caller = core.as(text);
  const graphql = async (query) => {
    const { status, body } = await caller.post('/graphql', { query });
    return status === 200 ? body : { status };
  };
  const told = ({ status, errors }) => status ?? errors?.[0].extensions.code;

  test(`${who} sends a command`, async () => {
    const claim = { userId: 'ana', resourceId: resource, ...day };
    const id = fresh('claim');
    const answer = await caller.command('claim', 'CreateClaim', claim, { aggregateId: id });
    assert.equal(answer.status, command, JSON.stringify(answer.body));
    if (command !== 202) {
      const { status } = await core.request(`/aggregates/claim/${id}`);
      assert.equal(status, 404, 'nothing was stored');
    }
    if (command === 401) assert.match(answer.headers.get('www-authenticate'), /^Bearer /);
  });

  test(`${who} sends a batch`, async () => {
    const one = { aggregateType: 'claim', name: 'CreateClaim', payload: { userId: 'ana', resourceId: resource, ...day } };
    const { status, body } = await caller.post('/commands', [one, { ...one, aggregateId: fresh('claim') }]);
    if (command === 401) return assert.equal(status, 401);
    assert.deepEqual(body.map((item) => item.status), [command, command]);
  });

  test(`${who} looks at state and stream`, async () => {
    for (const [path, expected] of [['', state], ['?version=1', state], ['/events', events]]) {
      const { status, body } = await caller.request(`/aggregates/claim/${mine}${path}`);
      assert.equal(status, expected, path);
      if (status !== 404) continue;
      const other = await caller.request(`/aggregates/claim/${none}${path}`);
      assert.deepEqual(
        { ...other.body, detail: '' },
        { ...body, detail: '' },
        'what is not theirs and what is not there look the same',
      );
    }
  });

  test(`${who} opens the native socket`, async () => {
    const opened = caller.watch('claim', mine);
    if (socket !== 101) return assert.rejects(opened, ({ status }) => status === socket);
    const watcher = await opened;
    await watcher.event(2);
    watcher.terminate();
  });

  test(`${who} subscribes by GraphQL`, async () => {
    const talker = await core.talk();
    talker.say({ type: 'connection_init', payload: text && { authorization: `Bearer ${text}` } });
    if (socket === 401) return assert.equal((await talker.closed).code, 4401);
    await talker.frame('connection_ack', ({ type }) => type === 'connection_ack');
    for (const field of ['claim(id: $id, after: "0")', 'events(aggregateType: CLAIM, aggregateId: $id)']) {
      const [theirs, nobodys] = [mine, none].map((id) => talker.subscribe(`subscription ($id: ID!) { ${field} { cursor } }`, { id }));
      assert.equal((await talker.ended(nobodys)).payload[0].extensions.code, 'UNKNOWN_INSTANCE');
      if (socket === 101) await talker.next(theirs, 2);
      else assert.equal((await talker.ended(theirs)).payload[0].extensions.code, 'UNKNOWN_INSTANCE', field);
    }
    const input = `{userId: "ana", resourceId: "${resource}", dateStart: "2030-01-01", dateEnd: "2030-01-02"}`;
    const sent = talker.subscribe(`mutation { it: createClaim(input: ${input}) { __typename ... on Rejected { code } } }`);
    const [{ data: { it } }] = await talker.next(sent);
    assert.equal(it.code ?? it.__typename, mutation);
    const asked = talker.subscribe(`{ it: claim(id: "${mine}") { userId } }`);
    assert.equal((await talker.next(asked))[0].data.it?.userId ?? null, query);
    const all = talker.subscribe('subscription { it: claims(after: "0") { event { aggregateId } } }');
    if (category === 'FORBIDDEN') {
      assert.equal((await talker.ended(all)).payload[0].extensions.code, category);
    } else {
      const heard = (await talker.next(all)).map(({ data }) => data.it.event.aggregateId);
      assert.deepEqual([heard[0], heard.includes(mine)], [category, category === mine]);
    }
    await talker.close();
  });

  test(`${who} asks by GraphQL`, async () => {
    const input = `{userId: "ana", resourceId: "${resource}", dateStart: "2030-01-01", dateEnd: "2030-01-02"}`;
    const sent = await graphql(`mutation { it: createClaim(input: ${input}) { __typename ... on Rejected { code } } }`);
    assert.equal(sent.status ?? sent.data.it.code ?? sent.data.it.__typename, mutation);
    for (const which of ['', ', atVersion: 1']) {
      const seen = await graphql(`{ it: claim(id: "${mine}"${which}) { userId } }`);
      assert.equal(told(seen) ?? seen.data.it?.userId ?? null, query, which);
    }
    const listed = await graphql('{ it: claims(first: 100) { edges { node { id } } } }');
    const ids = told(listed) ?? listed.data.it.edges.map(({ node }) => node.id).filter((id) => id === mine);
    assert.deepEqual(ids, list);
  });
}

test('a command that is refused tells a stranger nothing', async () => {
  const cancel = (aggregateId, more) =>
    core.as(token('owner', 'ben')).command('claim', 'CancelClaim', {}, { aggregateId, ...more });
  const bare = ({ status, body }) => ({ status, ...body, commandId: undefined }); // it is made up anew
  for (const more of [{}, { expectedVersion: 7 }, { commandId: 'c-1' }]) {
    assert.deepEqual(bare(await cancel(mine, more)), bare(await cancel(none, more)), JSON.stringify(more));
  }
  const malformed = (aggregateId) =>
    core.as(token('owner', 'ben')).command('claim', 'CancelClaim', { reason: 7 }, { aggregateId });
  assert.deepEqual(bare(await malformed(mine)), bare(await malformed(none)));
  assert.equal((await malformed(mine)).body.currentVersion, undefined);
});

test('an id that is taken is refused to an outsider who would begin a stream, and he learns nothing else', async () => {
  const ben = core.as(token('owner', 'ben'));
  const claim = { userId: 'ben', resourceId: resource, dateStart: '2030-03-01', dateEnd: '2030-03-02' };
  for (const more of [{}, { expectedVersion: 0 }]) {
    const { status, body } = await ben.command('claim', 'CreateClaim', claim, { aggregateId: mine, ...more });
    const detail = 'you may not send this command to this instance';
    assert.deepEqual([status, body.code, body.detail, body.currentVersion], [403, 'FORBIDDEN', detail, undefined]);
  }
  // What would be refused if the id were free is refused in the same words.
  const ahead = await ben.command('claim', 'CreateClaim', claim, { aggregateId: mine, expectedVersion: 2 });
  assert.deepEqual([ahead.status, ahead.body.code, ahead.body.currentVersion], [409, 'VERSION_CONFLICT', 0]);
  const { body } = await ana.command('claim', 'CreateClaim', { ...claim, userId: 'ana' }, { aggregateId: mine });
  assert.equal(body.code, 'CLAIM_EXISTS', 'whose it is hears what is wrong');
});

test('who may see an instance and not send to it is refused on the native socket, too', async () => {
  const meter = fresh('meter');
  await core.send('meter', 'RegisterMeter', { model: 'm', ownerId: 'ana' }, { aggregateId: meter });
  const report = { status: 'OK', reading: 1, observedAt: new Date().toISOString() };
  for (const [type, id, name, payload] of [
    ['meter', meter, 'UpdateMeter', report],
    ['meter', meter, 'DecommissionMeter', {}],
  ]) {
    const watcher = await ana.watch(type, id);
    watcher.say({ type: 'command', id: 'one', name, payload });
    watcher.say({ type: 'commands', commands: [{ id: 'two', name, payload }] });
    await watcher.frame('answer', (frame) => frame.id === 'two');
    const answers = watcher.frames.filter((frame) => frame.id).map(({ type, status, code }) => [type, status, code]);
    assert.deepEqual(answers, Array(2).fill(['rejected', 403, 'FORBIDDEN']), name);
    watcher.terminate();
    assert.equal((await core.events(type, id)).length, 1, 'nothing was stored');
  }
});

test('internal commands reach no object, whoever sends them', async () => {
  const hold = { claimId: 'x', ...day };
  const inside = { aggregateType: 'resource', aggregateId: resource, name: 'HoldResource', payload: hold };
  for (const role of ['owner', 'operator', 'machine', 'admin']) {
    const caller = core.as(token(role, 'ana'));
    const { status, body } = await caller.post('/commands', inside);
    assert.deepEqual([status, body.code], [403, 'COMMAND_INTERNAL'], role);
    const { body: batch } = await caller.post('/commands', [inside]);
    assert.equal(batch[0].code, 'COMMAND_INTERNAL', role);
  }
  const watcher = await core.watch('resource', resource);
  watcher.say({ type: 'command', id: '1', name: 'HoldResource', payload: hold });
  await until('it is refused', () => watcher.frames.some(({ code }) => code === 'COMMAND_INTERNAL'));
  watcher.terminate();
});

test('no command takes an id of the system\'s own, at any door', async () => {
  const { events: [{ id }] } = (await core.request(`/aggregates/claim/${mine}/events`)).body;
  const payload = { groupId: 'group', number: '2', capacity: 2, rate: 1 };
  for (const commandId of [`${id}.0`, `refused.${id}.0`, `deadline.${id}`]) {
    const begin = { aggregateType: 'resource', aggregateId: fresh('resource'), name: 'AddResource', payload };
    const { status, body } = await core.post('/commands', { ...begin, commandId });
    assert.deepEqual([status, body.code, body.field], [422, 'RESERVED_ID', 'commandId'], commandId);
    const { body: [first, second] } = await core.post('/commands', [{ ...begin, commandId }, begin]);
    assert.deepEqual([first.status, first.code, second.status], [422, 'RESERVED_ID', 202], commandId);
    const watcher = await core.watch('resource', begin.aggregateId);
    watcher.say({ type: 'command', id: '1', name: 'CloseResource', payload: {}, commandId });
    await until('it is refused', () => watcher.frames.some(({ code }) => code === 'RESERVED_ID'));
    watcher.terminate();
  }
});

test('nobody passes for the system, or for somebody else', async () => {
  const forged = { 'edgefold-asker': '"system"' };
  for (const caller of [core.as(undefined), core.as(token('owner', 'ben'))]) {
    const { status } = await caller.request(`/aggregates/claim/${mine}`, { headers: forged });
    assert.ok(status === 401 || status === 404, `${status}`);
    const sent = await caller.post('/commands', { aggregateType: 'claim', aggregateId: mine, name: 'CancelClaim', payload: {} }, forged);
    assert.ok(sent.status === 401 || sent.status === 403, `${sent.status}`);
  }
  for (const path of ['command', 'commands', 'receive', 'refused', 'confirm', 'span', 'foreign', 'counters', 'state', 'socket']) {
    const { status } = await core.post(`/aggregates/claim/${mine}/${path}`, {});
    assert.equal(status, 404, path);
  }
});

test('every event says who caused it', async () => {
  const actors = (events) => events.map(({ actor, actorrole }) => `${actorrole} ${actor}`);
  assert.deepEqual(actors(await core.events('claim', mine)), ['owner ana', 'owner ana'], 'what follows goes back to her');
  assert.deepEqual(actors((await core.events('resource', resource)).slice(0, 2)), ['operator sam', 'owner ana']);
  const actor = { subject: 'eve', role: 'admin' };
  const { status, body } = await ana.command('claim', 'CancelClaim', {}, { aggregateId: mine, metadata: { actor } });
  assert.deepEqual([status, body.code, body.field], [422, 'UNKNOWN_FIELD', 'metadata.actor']);
});

test('an event names others only to who oversees the aggregate, at every door', async () => {
  const text = token('owner', 'ben');
  const ben = core.as(text);
  const watcher = await ben.watch('claim', bens);
  const talker = await (await core.talk()).init(text);
  const fields = 'type actor actorRole';
  const stream = talker.subscribe(`subscription { it: events(aggregateType: CLAIM, aggregateId: "${bens}") { ${fields} } }`);
  const rows = talker.subscribe(`subscription { it: claims(after: "0") { event { ${fields} } } }`);
  await watcher.caughtUp();
  await core.send('claim', 'CancelClaim', {}, { aggregateId: bens, metadata: { baggage: 'shop=sams' } });
  const isOver = ({ type }) => type === 'ClaimCancelled';
  await watcher.frame('the end', ({ event }) => event && isOver(event));
  const heard = (operation) => talker.results(operation).map(({ data }) => data.it).filter(({ event }) => event !== null).map((it) => it.event ?? it);
  await talker.seen('the end', () => [stream, rows].every((operation) => heard(operation).some(isOver)));
  const query = `{ events(aggregateType: CLAIM, aggregateId: "${bens}") { nodes { ${fields} } } }`;
  const asked = async (caller) => ({
    stored: (await caller.request(`/aggregates/claim/${bens}/events`)).body.events,
    queried: (await caller.post('/graphql', { query })).body.data.events.nodes,
    caused: (await caller.request(`/correlations/${watcher.events[0].commandid}`)).body.entries,
  });
  const bySam = { ...(await asked(ben)), 'native socket': watcher.events, stream: heard(stream), rows: heard(rows) };
  for (const [door, events] of Object.entries(bySam)) {
    assert.ok(events.length > 0, door);
    for (const event of events) {
      assert.equal(event.actor, 'operator', door);
      assert.equal((event.actorRole ?? event.actorrole).toLowerCase(), 'operator', door);
    }
    assert.doesNotMatch(JSON.stringify(events), /sam/, door);
  }
  for (const [door, events] of Object.entries(await asked(core))) assert.equal(events.at(-1).actor, 'sam', door);
  talker.close();
  await watcher.close();
  const [created] = await ana.request(`/aggregates/claim/${mine}/events`).then(({ body }) => body.events);
  assert.equal(created.actor, 'ana', 'she reads her own name');
});

test('a browser shows its token as a subprotocol', async () => {
  const protocols = ['edgefold.v1', `bearer.${owner()}`];
  const watcher = await core.as(undefined).watch('claim', mine, { protocols });
  assert.equal(watcher.protocol, 'edgefold.v1');
  watcher.terminate();
});

test('a meter reports about itself alone', async () => {
  const [id, other] = [fresh('meter'), fresh('meter')];
  for (const aggregateId of [id, other]) await core.send('meter', 'RegisterMeter', { model: 'm', ownerId: 'ana' }, { aggregateId });
  const report = { status: 'OK', reading: 1, observedAt: new Date().toISOString() };
  const meter = core.as(token('machine', id));
  const send = (aggregateId) => meter.command('meter', 'UpdateMeter', report, { aggregateId });
  assert.deepEqual([(await send(id)).status, (await send(other)).status], [202, 403]);
  const look = async (caller, aggregateId) => (await caller.request(`/aggregates/meter/${aggregateId}`)).status;
  assert.deepEqual([await look(meter, id), await look(meter, other), await look(ana, id)], [200, 404, 200]);
});

test('a socket is renewed by a new token, and closes when it has expired', async () => {
  // Within the allowed skew: it opens, and ends two seconds later.
  const watcher = await core.as(owner({ exp: seconds() - 58 })).watch('claim', mine);
  watcher.say({ type: 'authenticate', token: token('owner', 'ben') });
  await until('a stranger is refused', () => watcher.frames.some(({ code }) => code === 'INVALID_TOKEN'));
  watcher.say({ type: 'authenticate', token: owner() });
  await until('it is renewed', () => watcher.frames.some(({ type }) => type === 'authenticated'));
  const left = await core.as(owner({ exp: seconds() - 58 })).watch('claim', mine);
  assert.equal(await left.closed, 4403, 'nobody has said or sent anything');
  await watcher.ping();
  assert.ok(watcher.isOpen, 'the renewed one stays');
  watcher.terminate();
});

test('a socket closes when its token has expired, also in its sleep, and those of others stay', async () => {
  const later = await core.as(owner({ exp: seconds() - 50 })).watch('claim', mine);
  const [good, left] = [await ana.watch('claim', mine), await core.as(owner({ exp: seconds() - 57 })).watch('claim', mine)];
  await left.caughtUp();
  assert.equal(await core.evict('claim', mine), true);
  await until('the first is closed', () => !left.isOpen);
  assert.ok(later.isOpen && good.isOpen);
  await core.evict('claim', mine);
  await until('the next one has its turn', () => !later.isOpen);
  await good.ping();
  assert.ok(good.isOpen);
  assert.deepEqual(await Promise.all([left.closed, later.closed]), [4403, 4403]);
  good.terminate();
});

test('without a key nobody gets in', async () => {
  const closed = new Core(configs.probe, {});
  after(() => closed.close());
  await closed.start();
  for (const text of [token('operator', 'sam'), unsigned, undefined]) {
    const { status } = await closed.as(text).request('/aggregates/resource/none');
    assert.equal(status, 401);
  }
  assert.equal((await closed.as(token('operator', 'sam')).request('/aggregates/resource/none')).body.code, 'AUTH_NOT_CONFIGURED');
  assert.equal((await closed.as(undefined).request('/healthz')).status, 200);
});
