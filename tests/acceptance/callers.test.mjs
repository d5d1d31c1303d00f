// Who is calling: tokens of all sorts, services that act for somebody, tickets; each at every door.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { configs, Core } from './core.mjs';
import { fresh, serve, until } from './harness.mjs';
import { addResource, days, settled } from './claims.mjs';
import { inDatabase } from './storage.mjs';
import { bearer, seconds, token, vars } from './tokens.mjs';

const core = await serve();
const subject = 'auth0|https://id.example/users/7, O=a b:c'; // as OpenID Connect allows it; no id could be this
const longest = `${'x'.repeat(250)}/:| ~`;
const acting = (more) => token('owner', 'ana', { act: { sub: 'shop|1' }, ...more });

/** What each door says to a token: its status, or the code with which it closes. */
async function doors(text) {
  const caller = core.as(text);
  const resource = '/aggregates/resource/none';
  const talker = await core.talk();
  talker.say({ type: 'connection_init', payload: { token: text } });
  const statuses = await Promise.all([
    caller.command('resource', 'CloseResource', {}, { aggregateId: 'none' }),
    caller.request(resource),
    caller.request(`${resource}/events`),
    caller.request('/correlations/none'),
    caller.request('/admin/dead-letters'),
    caller.post('/tickets'),
    caller.post('/graphql', { query: '{ claims { nodes { id } } }' }),
    caller.request('/graphql?query={__typename}'),
  ]);
  const native = await caller.watch('resource', 'none').catch(({ status, text }) => ({ status, body: JSON.parse(text) }));
  const upgraded = await core.talk({ headers: bearer(text) }).catch(({ message }) => message);
  return { answers: [...statuses, native], closed: await talker.closed, upgraded };
}

test('a token with a wrong instant, type, role or subject is refused at every door, which says why', async () => {
  const ms = (seconds() + 3600) * 1000;
  for (const [text, said] of [
    [token('owner', 'ana', { exp: ms }), 'the claim exp lies more than ten years ahead: it counts seconds, not milliseconds'],
    [token('owner', 'ana', { nbf: ms }), 'the claim nbf lies more than ten years ahead: it counts seconds, not milliseconds'],
    [token('owner', 'ana', { iat: seconds() + 120 }), 'the token was issued in the future'],
    [token({ owner: true }, 'ana'), 'the claim role must be a text, or a list of texts'],
    [token('king', 'ana'), 'the claim role names no role here: "king"'],
    [token('owner', 'x'.repeat(256)), 'the claim sub: expected a subject of at most 255 characters, got a longer one'],
    [token('owner', 'ana', { act: 'shop' }), 'the claim act must be an object with a sub'],
  ]) {
    const { answers, closed, upgraded } = await doors(text);
    for (const { status, body } of answers) {
      const { code, detail } = body.errors ? { code: body.errors[0].extensions.code, detail: body.errors[0].message } : body;
      assert.deepEqual([status, code, detail], [401, 'INVALID_TOKEN', said]);
    }
    assert.deepEqual([closed.code, closed.reason], [4401, `Unauthorized: ${said}`.slice(0, 123)]);
    assert.match(upgraded, /401/);
  }
});

for (const sub of [subject, longest]) {
  test(`somebody whom his issuer calls ${sub.slice(0, 20)}… owns what he makes`, async () => {
    const text = token('owner', sub);
    const me = core.as(text);
    const resource = await addResource(core);
    const { status, body } = await me.command('claim', 'CreateClaim', days(resource, '2027-01-01', '2027-01-03', sub));
    assert.equal(status, 202, JSON.stringify(body));
    const id = body.aggregateId;
    await settled(core, id);
    const [created] = await core.events('claim', id);
    assert.deepEqual([created.actor, created.actorrole, created.data.userId], [sub, 'owner', sub]);
    assert.equal((await me.request(`/aggregates/claim/${id}`)).status, 200);
    await until('it is listed', async () => {
      const { body } = await me.post('/graphql', { query: '{ me { subject role } claims { nodes { id userId } } }' });
      assert.deepEqual(body.data.me, { subject: sub, role: 'OWNER' });
      return body.data.claims.nodes.length && assert.deepEqual(body.data.claims.nodes, [{ id, userId: sub }]) === undefined;
    });
    const watcher = await me.watch('claim', id);
    await watcher.event(2);
    watcher.say({ type: 'authenticate', token: text });
    await watcher.frame('renewal', ({ type }) => type === 'authenticated');
    watcher.terminate();
    const talker = await (await core.talk()).init(text);
    await talker.next(talker.subscribe('subscription ($id: ID!) { claim(id: $id, after: "0") { claim { userId } } }', { id }), 2);
    assert.equal(await core.evictSessions() > 0, true);
    await talker.ping();
    assert.equal((await core.as(token('owner', 'ana')).request(`/aggregates/claim/${id}`)).status, 404);
    await talker.close();
  });
}

test('a service sees everything and sends nothing', async () => {
  const text = token('service', 'shop|1');
  const service = core.as(text);
  const resource = await addResource(core);
  const claim = fresh('claim');
  await core.send('claim', 'CreateClaim', days(resource, '2027-01-01', '2027-01-03', 'ana'), { aggregateId: claim });
  await settled(core, claim);
  for (const [type, id] of [['resource', resource], ['claim', claim]]) {
    assert.equal((await service.request(`/aggregates/${type}/${id}/events`)).status, 200);
  }
  const sent = { aggregateType: 'claim', aggregateId: claim, name: 'CancelClaim', payload: {} };
  const forbidden = ({ status, body }) => assert.deepEqual([status, body.code], [403, 'FORBIDDEN']);
  forbidden(await service.post('/commands', sent));
  const { body: [batched] } = await service.post('/commands', [sent]);
  forbidden({ status: batched.status, body: batched });
  const mutation = `mutation { it: cancelClaim(id: "${claim}") { ... on Rejected { code } } }`;
  const { body } = await service.post('/graphql', { query: mutation });
  assert.equal(body.data.it.code, 'FORBIDDEN');
  const watcher = await service.watch('claim', claim);
  watcher.say({ type: 'command', id: '1', name: 'CancelClaim', payload: {} });
  assert.equal((await watcher.frame('answer', ({ id }) => id === '1')).code, 'FORBIDDEN');
  watcher.terminate();
  const talker = await (await core.talk()).init(text);
  const watching = talker.subscribe('subscription { claims(after: "0") { event { actor } } }');
  assert.ok((await talker.next(watching, 2))[0].data.claims.event, 'with the events');
  const [{ data }] = await talker.next(talker.subscribe(mutation));
  assert.equal(data.it.code, 'FORBIDDEN');
  await talker.close();
  assert.equal((await service.request('/admin/dead-letters')).status, 403);
  assert.equal((await core.events('claim', claim)).length, 2, 'nothing was stored');
});

test('a service acts for somebody with that one’s rights, and stands in all that follows', async () => {
  const shop = core.as(acting());
  const resource = await addResource(core);
  const { status, body } = await shop.command('claim', 'CreateClaim', days(resource, '2027-01-01', '2027-01-03', 'ana'));
  assert.equal(status, 202, JSON.stringify(body));
  const { aggregateId: id, commandId } = body;
  await settled(core, id);
  const who = ({ actor, actorrole, actorvia }) => [actor, actorrole, actorvia];
  const held = (await core.events('resource', resource)).at(-1);
  for (const event of [...(await core.events('claim', id)), held]) assert.deepEqual(who(event), ['ana', 'owner', 'shop|1'], event.type);
  const bens = await shop.command('claim', 'CreateClaim', days(resource, '2027-02-01', '2027-02-03', 'ben'));
  assert.deepEqual([bens.status, bens.body.code], [403, 'FORBIDDEN']);
  await until('it is journalled', async () => {
    const { status, body } = await shop.request(`/correlations/${commandId}`);
    return status === 200 && body.entries.some((entry) => entry.actorVia === 'shop|1');
  });
  const { events, me } = (await shop.post('/graphql', {
    query: `{ me { subject role via watches } events(aggregateType: CLAIM, aggregateId: "${id}") { nodes { actor actorVia } } }`,
  })).body.data;
  assert.deepEqual(events.nodes[0], { actor: 'ana', actorVia: 'shop|1' });
  assert.deepEqual(me, { subject: 'ana', role: 'OWNER', via: 'shop|1', watches: false });
  const forged = await core.command('claim', 'CancelClaim', {}, { aggregateId: id, metadata: { via: 'shop|1' } });
  assert.deepEqual([forged.status, forged.body.field], [422, 'metadata.via']);
});

test('me is who one is, and nobody without a token', async () => {
  const exp = seconds() + 60;
  const query = '{ me { subject role expiresAt watches } }';
  const { body } = await core.as(token('operator', 'sam', { exp })).post('/graphql', { query });
  assert.deepEqual(body.data.me, { subject: 'sam', role: 'OPERATOR', expiresAt: new Date(exp * 1000).toISOString(), watches: false });
  const nobody = await core.as(undefined).post('/graphql', { query });
  assert.deepEqual([nobody.body.data.me, nobody.body.errors[0].extensions.code], [null, 'UNAUTHENTICATED']);
  const talker = await (await core.talk()).init(token('operator', 'sam', { exp }));
  const [{ data }] = await talker.next(talker.subscribe(query));
  assert.deepEqual(data, body.data, 'the same on a socket');
  await talker.close();
});

const me = (talker) => talker.next(talker.subscribe('{ me { subject watches } }')).then(([{ data }]) => data.me);
const acknowledged = async (talker, payload) => {
  talker.say({ type: 'connection_init', payload });
  await talker.frame('connection_ack', ({ type }) => type === 'connection_ack');
  return talker;
};

test('the GraphQL socket takes the token of the upgrade when the payload has none', async () => {
  const headers = bearer(token('owner', 'ana'));
  const upgraded = await acknowledged(await core.talk({ headers }));
  assert.equal((await me(upgraded)).subject, 'ana');
  const other = await acknowledged(await core.talk({ headers }), { token: token('owner', 'ben') });
  assert.equal((await me(other)).subject, 'ben', 'what the payload shows counts');
  const protocols = ['graphql-transport-ws', `bearer.${token('owner', 'eve')}`];
  const page = await acknowledged(await core.talk({ protocols }));
  assert.deepEqual([(await me(page)).subject, page.protocol], ['eve', 'graphql-transport-ws']);
  await Promise.all([upgraded, other, page].map((talker) => talker.close()));
  for (const headers of [
    { authorization: 'Basic YTpi' },
    { 'edgefold-asker': JSON.stringify({ somebody: { principal: { subject: 'ana', role: 'owner' }, expiresAt: '2099-01-01T00:00:00.000Z' } }) },
  ]) {
    const nobody = await core.talk({ headers });
    nobody.say({ type: 'connection_init' });
    assert.deepEqual(await nobody.closed, { code: 4401, reason: 'Unauthorized: expected a bearer token' });
  }
});

test('the token of the upgrade outlives an eviction', async () => {
  const alone = await serve(); // the only session: what others of them wait for would take longer than this one may wait
  const upgraded = await acknowledged(await alone.talk({ headers: bearer(token('owner', 'ana')) })); // until then it stays awake
  assert.ok((await alone.evictSessions()) > 0);
  assert.equal((await me(upgraded)).subject, 'ana');
  await upgraded.close();
});

const ticket = async (text) => {
  const before = Date.now();
  const { status, headers, body } = await core.as(text).post('/tickets');
  assert.deepEqual([status, headers.get('cache-control')], [201, 'no-store'], JSON.stringify(body));
  const made = Date.parse(body.expiresAt) - 60_000;
  assert.ok(before - 1_000 <= made && made <= Date.now(), body.expiresAt);
  return body.ticket;
};

test('a ticket opens one GraphQL socket, which watches as its caller and sends nothing', async () => {
  const resource = await addResource(core);
  const id = fresh('claim');
  await core.send('claim', 'CreateClaim', days(resource, '2027-01-01', '2027-01-03', 'ana'), { aggregateId: id });
  await settled(core, id);
  const given = await ticket(token('owner', 'ana'));
  const page = await acknowledged(await core.talk(), { ticket: given });
  assert.deepEqual(await me(page), { subject: 'ana', watches: true });
  await page.next(page.subscribe('subscription ($id: ID!) { claim(id: $id, after: "0") { claim { status } } }', { id }), 2);
  const [{ data }] = await page.next(page.subscribe(`mutation { it: cancelClaim(id: "${id}") { ... on Rejected { code } } }`));
  assert.equal(data.it.code, 'FORBIDDEN');
  await core.evictSessions();
  page.say({ type: 'ping', payload: { ticket: await ticket(token('owner', 'ana')) } });
  await page.frame('renewal', ({ type, payload }) => type === 'pong' && payload?.expiresAt);
  assert.deepEqual(await me(page), { subject: 'ana', watches: true });
  await page.close();
  const again = await core.talk();
  again.say({ type: 'connection_init', payload: { ticket: given } });
  const { code, reason } = await again.closed;
  assert.deepEqual([code, reason], [4401, 'Unauthorized: the ticket is none, was used before, or is older than a minute']);
});

test('a ticket opens one native socket', async () => {
  const resource = await addResource(core);
  const protocols = ['edgefold.v1', `ticket.${await ticket(token('operator', 'sam'))}`];
  const watcher = await core.as(undefined).watch('resource', resource, { protocols });
  assert.equal(watcher.protocol, 'edgefold.v1');
  await watcher.event(1);
  watcher.say({ type: 'command', id: '1', name: 'CloseResource', payload: {} });
  assert.equal((await watcher.frame('answer', ({ id }) => id === '1')).code, 'FORBIDDEN');
  watcher.terminate();
  await assert.rejects(core.as(undefined).watch('resource', resource, { protocols }), ({ status }) => status === 401);
});

test('of two who use a ticket at once one gets in', async () => {
  const given = await ticket(token('owner', 'ana'));
  const talkers = await Promise.all([1, 2, 3, 4].map(() => core.talk()));
  for (const talker of talkers) talker.say({ type: 'connection_init', payload: { ticket: given } });
  const ends = await Promise.all(talkers.map((talker) =>
    Promise.race([talker.closed.then(({ code }) => code), talker.frame('ack', ({ type }) => type === 'connection_ack').then(() => 'in', () => 'out')])));
  assert.deepEqual(ends.sort(), [4401, 4401, 4401, 'in']);
  for (const talker of talkers) talker.terminate();
});

test('a ticket that is older than a minute opens nothing', async () => {
  const [good, old] = [await ticket(token('owner', 'ana')), await ticket(token('owner', 'late'))];
  await core.stop();
  inDatabase(core, 'session', 'owner:late', (database) => database.exec('UPDATE tickets SET until = until - 60000'));
  await core.start();
  const talker = await core.talk();
  talker.say({ type: 'connection_init', payload: { ticket: old } });
  assert.equal((await talker.closed).code, 4401);
  const opened = core.as(undefined).watch('resource', 'none', { protocols: ['edgefold.v1', `ticket.${old}`] });
  await assert.rejects(opened, ({ status }) => status === 401);
  const page = await acknowledged(await core.talk(), { ticket: good });
  await page.close();
});

test('a made-up ticket opens nothing and stores nothing, and tokens are no tickets', async () => {
  const given = await ticket(token('owner', 'ana'));
  const [object, secret] = given.split('.');
  const flipped = object.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  for (const made of ['', 'x', '.', object, `${object}.`, `${object}.${secret}0`, `${flipped}.${secret}`, `${'0'.repeat(64)}.${secret}`, token('owner', 'ana')]) {
    const talker = await core.talk();
    talker.say({ type: 'connection_init', payload: { ticket: made } });
    assert.equal((await talker.closed).code, 4401, made);
    const opened = core.as(undefined).watch('resource', 'none', { protocols: ['edgefold.v1', `ticket.${made}`] });
    await assert.rejects(opened, ({ status }) => status === 401, made);
  }
  const made = [flipped, '0'.repeat(64)];
  assert.deepEqual((await core.sessions()).filter((id) => made.includes(id)), [], 'no object has come of it');
  for (const text of [undefined, 'rubbish', given]) assert.equal((await core.as(text).post('/tickets')).status, 401);
  const page = await acknowledged(await core.talk(), { ticket: given });
  await page.close();
});

test('somebody has so many unused tickets at once', async () => {
  const eve = core.as(token('owner', 'eve'));
  const given = [];
  for (let round = 0; round < 12; round++) given.push(...(await Promise.all(Array.from({ length: 10 }, () => eve.post('/tickets')))));
  assert.deepEqual([given.filter(({ status }) => status === 201).length, given.at(-1).body.code], [100, 'TOO_MANY_TICKETS']);
});

test('a newer token that does not count is answered before the socket closes', async () => {
  for (const [payload, code, detail] of [
    [{ token: token('owner', 'ana', { exp: seconds() - 61 }) }, 4401, 'the token has expired'],
    [{ token: 'rubbish' }, 4401, 'expected a JWT with three parts'],
    [{ ticket: 'rubbish' }, 4401, 'the ticket is none, was used before, or is older than a minute'],
    [{ token: token('owner', 'ben') }, 4403, 'the token belongs to another principal'],
  ]) {
    const talker = await (await core.talk()).init(token('owner', 'ana'));
    talker.say({ type: 'ping', payload });
    const { payload: told } = await talker.frame('answer', ({ type }) => type === 'pong');
    assert.deepEqual(told, { code: 'INVALID_TOKEN', detail });
    assert.equal((await talker.closed).code, code);
  }
});

const stock = (connectionParams, seen = {}) => {
  const client = createClient({ url: `${core.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams });
  const ended = new Promise((done) =>
    client.subscribe({ query: 'subscription { claims { cursor } }' }, { next() {}, complete() {}, error: (error) => done(error) }));
  client.on('connected', () => (seen.connected = (seen.connected ?? 0) + 1));
  return { client, ended };
};

test('a stock client hears at once that its token is bad', async () => {
  for (const text of ['rubbish', token('operator', 'sam', { exp: seconds() - 61 }), token('operator', 'sam', { aud: 'other' })]) {
    const error = await stock({ authorization: `Bearer ${text}` }).ended;
    assert.equal(error.code, 4401);
  }
});

test('a stock client whose token expires asks for another one, and hears soon if there is none', async () => {
  const soon = token('operator', 'sam', { exp: seconds() - 57 });
  const none = stock({ token: soon });
  const seen = {};
  let asked = 0;
  const newer = stock(() => ({ token: asked++ ? token('operator', 'sam') : soon }), seen);
  const error = await none.ended;
  assert.equal(error.code, 4401);
  await until('it has come back with the newer one', () => seen.connected === 2);
  await newer.client.dispose();
});

test('no socket is compressed, so that no message grows on its way in', async () => {
  for (const [path, protocols] of [['/graphql', 'graphql-transport-ws'], [`/aggregates/resource/${await addResource(core)}`, 'edgefold.v1']]) {
    const url = (await core.direct()).replace('http', 'ws');
    const socket = new WebSocket(`${url}${path}`, protocols, { headers: core.headers, perMessageDeflate: true });
    await new Promise((done, fail) => socket.once('open', done).once('error', fail));
    assert.equal(socket.extensions, '');
    socket.terminate();
  }
});

test('messages that wake the server and ask nothing of it count as requests', async () => {
  const idle = new Core(configs.probe, { ...vars, REQUESTS_PER_PRINCIPAL: '60' }, null);
  after(() => idle.close());
  await idle.start();
  const resource = await addResource(idle);
  const blank = '{ "type": "ping" }';
  const watcher = await idle.watch('resource', resource);
  for (let sent = 0; sent < 100; sent++) watcher.say('{"type":"ping"}');
  for (let sent = 0; sent < 100; sent++) watcher.say(blank);
  await watcher.frame('refusal', ({ code }) => code === 'RATE_LIMITED');
  watcher.terminate();
  for (const [name, message] of Object.entries({
    payload: { type: 'ping', payload: { at: 1 } },
    blank,
    pong: { type: 'pong', payload: { number: 7 } },
    complete: { type: 'complete', id: 'none' },
    token: { type: 'ping', payload: { token: token('owner', 'idle-token') } },
  })) {
    const talker = await (await idle.talk()).init(token('owner', `idle-${name}`));
    for (let sent = 0; sent < 300; sent++) talker.say(message);
    if (name === 'token') await talker.frame('refusal', ({ payload }) => payload?.code === 'UNAVAILABLE');
    else assert.deepEqual(await talker.closed, { code: 1013, reason: 'Try again later' }, name);
    talker.terminate();
  }
  // Operations that are refused, or ask for nothing.
  const large = `{ ${'a '.repeat(40_000)}}`;
  for (const [name, query] of Object.entries({ unreadable: '{', unknown: '{ ...none }', large })) {
    const talker = await (await idle.talk()).init(token('owner', `refused-${name}`));
    for (let sent = 0; sent < 300; sent++) talker.say({ type: 'subscribe', id: `${sent}`, payload: { query } });
    if (name !== 'large') await talker.frame('refusal', ({ payload }) => payload?.[0]?.extensions?.code === 'RATE_LIMITED');
    else assert.deepEqual(await talker.closed, { code: 1013, reason: 'Try again later' });
    talker.terminate();
  }
});
