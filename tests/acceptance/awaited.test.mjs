// A subscription that waits for an instance which there is not yet: who creates it hears of it from its first event on. One that
// the caller may not see is waited for as one that does not exist.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { addResource, cancel, days, settled } from './claims.mjs';
import { fresh, serve, until } from './harness.mjs';
import { alarms, identifiers, tables } from './storage.mjs';
import { bearer, token } from './tokens.mjs';

const [ana, ben, operator] = [token('owner', 'ana'), token('owner', 'ben'), token('operator', 'sam')];
const core = await serve('probe', { JOURNAL_PARTITIONS: 'claim=3' }, { switched: true });
const few = await serve('probe', { AWAITED_PER_PRINCIPAL: '3' });
const many = await serve('probe', { AWAITED_PER_PRINCIPAL: '1000' }, { switched: true });

const waiting = `subscription ($id: ID!, $after: String, $wait: Boolean = true) {
  it: claim(id: $id, after: $after, wait: $wait) { cursor caughtUp event { type version } claim { id version status } } }`;
const talk = async (who = ana, at = core) => (await at.talk()).init(who);
const items = (talker, id) => talker.results(id).map(({ data, errors }) => {
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.it;
});
const wait = (talker, id, more) => talker.subscribe(waiting, { id, ...more });
/** Nothing has come for an operation, and the session has come to rest. */
async function silent(talker, ...ids) {
  await talker.ping();
  await talker.ping();
  for (const id of ids) assert.deepEqual(talker.of(id), []);
}
const claim = async (id, userId = 'ana', at = core) => {
  const resource = await addResource(at);
  await at.send('claim', 'CreateClaim', days(resource, '2027-01-01', '2027-01-03', userId), { aggregateId: id });
};
/** Waits until a subscription to a claim that is confirmed has told it from its beginning. */
async function told(talker, subscription, id, statuses = ['PENDING', 'CONFIRMED']) {
  await talker.next(subscription, statuses.length);
  const seen = items(talker, subscription).map((it) => [it.cursor, it.event.version, it.claim.id, it.claim.status]);
  assert.deepEqual(seen, statuses.map((status, n) => [String(n + 1), n + 1, id, status]));
}
const code = async (talker, id) => {
  const { type, payload } = await talker.ended(id);
  return [type, payload?.[0].extensions.code];
};

test('graphql-ws waits, and hears everything from the first event on, each once', async () => {
  const id = fresh('claim');
  const ws = createClient({ url: `${core.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: bearer(ana) });
  after(() => ws.dispose());
  const heard = [];
  const stop = ws.subscribe({ query: waiting, variables: { id } }, { next: ({ data }) => heard.push(data.it), error: assert.fail, complete() {} });
  const talker = await talk();
  const beside = wait(talker, id);
  await silent(talker, beside);
  await claim(id);
  await settled(core, id);
  await cancel(core, id);
  await until('all has come', () => heard.length === 3);
  assert.deepEqual(heard.map(({ cursor, claim: { status } }) => [cursor, status]), [['1', 'PENDING'], ['2', 'CONFIRMED'], ['3', 'CANCELLED']]);
  stop();
  await told(talker, beside, id, ['PENDING', 'CONFIRMED', 'CANCELLED']);
});

test('whoever waits for one that is there gets it from its first event on', async () => {
  const [id, talker] = [fresh('claim'), await talk()];
  await claim(id);
  await settled(core, id);
  await told(talker, wait(talker, id), id);
  await told(talker, wait(talker, id, { after: '0' }), id);
  const behind = wait(talker, id, { after: '1' });
  await talker.next(behind);
  assert.deepEqual(items(talker, behind).map(({ cursor }) => cursor), ['2']);
});

test('without the word it does not wait, and nobody does who has a cursor', async () => {
  const [id, talker] = [fresh('claim'), await talk()];
  for (const more of [{ wait: false }, { wait: null }, { after: '3' }]) {
    assert.deepEqual(await code(talker, wait(talker, id, more)), ['error', 'UNKNOWN_INSTANCE'], JSON.stringify(more));
  }
});

test('it waits over an eviction of the session and of the journal, and hears what began meanwhile', async () => {
  const ids = [fresh('claim'), fresh('claim')];
  const talker = await talk();
  const [first, second] = ids.map((id) => wait(talker, id));
  await silent(talker, first, second);
  assert.ok((await core.evictSessions()) > 0);
  for (let n = 0; n < 3; n++) await core.evict('journals', `claim/${n}`);
  await claim(ids[0]);
  await told(talker, first, ids[0]);
  await core.evictSessions();
  await silent(talker, second);
  await claim(ids[1]);
  await core.evictSessions();
  await told(talker, second, ids[1]);
  await cancel(core, ids[0]);
  await told(talker, first, ids[0], ['PENDING', 'CONFIRMED', 'CANCELLED']);
});

test('a newer token goes on, and so does what waits', async () => {
  const [id, talker] = [fresh('claim'), await talk()];
  const it = wait(talker, id);
  await silent(talker, it);
  talker.say({ type: 'ping', payload: bearer(token('owner', 'ana', { jti: 'newer' })) });
  await talker.frame('the answer', ({ type, payload }) => type === 'pong' && payload?.expiresAt);
  await silent(talker, it);
  await claim(id);
  await told(talker, it, id);
});

test('one of somebody else is waited for like none: no word, and the same calls', async () => {
  const [theirs, nobodys] = [fresh('claim'), fresh('claim')];
  await claim(theirs, 'ben');
  await settled(core, theirs);
  const calls = async (id) => {
    const talker = await talk();
    await talker.ping();
    const before = (await core.counts()).calls;
    const it = wait(talker, id);
    await until('it is kept', async () => (await core.counts()).calls['/await'] > (before['/await'] ?? 0));
    await silent(talker, it);
    const { calls: after } = await core.counts();
    const paths = ['/follow', '/await', '/pull', '/leave'];
    return { talker, it, made: paths.map((path) => (after[path] ?? 0) - (before[path] ?? 0)) };
  };
  const [one, other] = [await calls(theirs), await calls(nobodys)];
  assert.deepEqual(one.made, other.made);
  await cancel(core, theirs);
  await claim(nobodys, 'ben');
  await settled(core, nobodys);
  const seen = await talk(ben);
  await told(seen, wait(seen, nobodys), nobodys);
  for (const { talker, it } of [one, other]) {
    await silent(talker, it);
    talker.complete(it);
    await silent(talker, it);
    assert.ok(talker.isOpen);
  }
});

test('whoever could never list it is refused at once, and a machine waits for itself', async () => {
  const machine = await talk(token('machine', 'm-1'));
  const watch = (id) => machine.subscribe('subscription ($id: ID!) { it: meter(id: $id, wait: true) { cursor } }', { id });
  assert.deepEqual(await code(machine, wait(machine, fresh('claim'))), ['error', 'UNKNOWN_INSTANCE']);
  assert.deepEqual(await code(machine, watch('m-2')), ['error', 'UNKNOWN_INSTANCE']);
  const itself = watch('m-1');
  await silent(machine, itself);
  await core.send('meter', 'RegisterMeter', { model: 'm', ownerId: 'ana' }, { aggregateId: 'm-1' });
  await machine.next(itself);
  assert.equal(items(machine, itself)[0].cursor, '1');
  const admin = await talk(token('admin', 'root'));
  assert.deepEqual(await code(admin, wait(admin, fresh('claim'))), ['error', 'UNKNOWN_INSTANCE']);
  const everything = await talk(operator);
  const [id, odd] = [fresh('claim'), await code(everything, wait(everything, '..'))];
  assert.deepEqual(odd, ['error', 'INVALID_FIELD']);
  const it = wait(everything, id);
  await silent(everything, it);
  await claim(id, 'ben');
  await told(everything, it, id);
});

test('two that wait for the same, and one to the category, get it on one socket, each once', async () => {
  const [id, talker] = [fresh('claim'), await talk()];
  const both = [wait(talker, id), wait(talker, id)];
  const all = talker.subscribe('subscription { it: claims { cursor claim { id status } } }');
  await talker.next(all); // it has caught up
  await silent(talker, ...both);
  await claim(id);
  await settled(core, id);
  for (const it of both) await told(talker, it, id);
  const seen = () => items(talker, all).filter((it) => it.claim?.id === id).map((it) => it.claim.status);
  await until('the category has told it', () => seen().includes('CONFIRMED'));
  assert.equal(seen().length, 2);
});

test('whoever begins to wait and leaves at once, again and again, keeps no place', async () => {
  const dora = token('owner', 'dora');
  const talker = await talk(dora, few);
  for (let n = 0; n < 100; n++) talker.complete(wait(talker, fresh('claim')));
  await talker.ping();
  for (let n = 0; n < 10; n++) {
    const another = await talk(dora, few);
    wait(another, fresh('claim'));
    await another.close();
  }
  const all = await until('there is room for three', async () => {
    const all = Array.from({ length: 3 }, () => wait(talker, fresh('claim')));
    await talker.ping();
    await talker.ping();
    if (all.every((it) => !talker.of(it).length)) return all;
    all.forEach((it) => talker.complete(it));
    return undefined;
  });
  assert.deepEqual(await code(talker, wait(talker, fresh('claim'))), ['error', 'TOO_MANY_AWAITED']);
  await silent(talker, ...all);
});

test('a principal waits for so many, on all its sockets together', async () => {
  const more = async (talker) => code(talker, wait(talker, fresh('claim')));
  const [first, second, other] = [await talk(ana, few), await talk(ana, few), await talk(ben, few)];
  const mine = fresh('claim');
  const [a, b, c] = [wait(first, mine), wait(first, fresh('claim')), wait(second, fresh('claim'))];
  await silent(first, a, b);
  await silent(second, c);
  for (const talker of [first, second]) assert.deepEqual(await more(talker), ['error', 'TOO_MANY_AWAITED']);
  await silent(other, wait(other, fresh('claim')));
  const room = (talker) => until('there is room again', async () => {
    const it = wait(talker, fresh('claim'));
    await talker.ping();
    return !talker.of(it).length && it;
  });
  first.complete(b);
  const d = await room(second);
  assert.deepEqual(await more(first), ['error', 'TOO_MANY_AWAITED']);
  await claim(mine, 'ana', few);
  await told(first, a, mine);
  const e = await room(first);
  assert.deepEqual(await more(second), ['error', 'TOO_MANY_AWAITED']);
  await second.close();
  const third = await talk(ana, few);
  await room(third);
  await silent(first, e);
  assert.ok(d);
});

test('after the runtime was killed, nobody waits who is gone', async () => {
  const cleo = token('owner', 'cleo');
  const gone = await talk(cleo, few);
  await silent(gone, ...Array.from({ length: 3 }, () => wait(gone, fresh('claim'))));
  await few.killAndRestart();
  const talker = await talk(cleo, few);
  const id = fresh('claim');
  const all = [id, fresh('claim'), fresh('claim')].map((id) => wait(talker, id));
  await silent(talker, ...all);
  await claim(id, 'cleo', few);
  await told(talker, all[0], id);
});

test('a hundred wait on one socket, which hears of its own alone; and nothing is stored in what does not exist', async () => {
  const talker = await talk(ana, many);
  const known = new Set(identifiers(many, 'claim'));
  const ids = Array.from({ length: 99 }, () => fresh('claim'));
  const all = ids.map((id) => wait(talker, id));
  await until('all wait', async () => (await many.counts()).calls['/await'] === 99);
  await silent(talker, ...all);
  const before = (await many.counts()).calls;
  await claim(fresh('claim'), 'ben', many);
  await claim(ids[7], 'ben', many);
  await settled(many, ids[7]);
  await silent(talker, ...all);
  const between = (await many.counts()).calls;
  assert.equal(between['/told'], before['/told'], 'nobody is woken for what is not its own');
  await claim(ids[42], 'ana', many);
  await told(talker, all[42], ids[42]);
  const calls = await until('the stream is followed, and the journal tells less', async () => {
    const { calls } = await many.counts();
    return calls['/follow'] === between['/follow'] + 2 && calls;
  });
  await cancel(many, ids[42]);
  await told(talker, all[42], ids[42], ['PENDING', 'CONFIRMED', 'CANCELLED']);
  assert.equal((await many.counts()).calls['/pull'], calls['/pull'], 'the others do not look for what is not theirs');
  await silent(talker, ...all.filter((_, n) => n !== 42));
  await many.stop();
  const touched = identifiers(many, 'claim').filter((id) => !known.has(id));
  assert.equal(touched.length, 100);
  assert.equal(touched.filter((id) => tables(many, 'claim', id).length).length, 3, 'the three claims that were made');
  assert.ok(alarms(many, 'claim') <= 3);
});
