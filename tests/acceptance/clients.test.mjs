// The stock clients, unchanged: graphql-ws itself, and Apollo and urql over it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ApolloClient, gql, InMemoryCache } from '@apollo/client/core';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { fresh, serve, until } from './harness.mjs';
import { addResource, cancel, days, reserve, settled } from './claims.mjs';
import { seconds, token } from './tokens.mjs';

const core = await serve();
const opened = [];
// One that was refused, or cut off, has nothing left to dispose of.
after(() => Promise.allSettled(opened.map((client) => client.dispose())));

function client(options) {
  const made = createClient({
    url: `${core.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token('operator', 'sam')}` },
    ...options,
  });
  opened.push(made);
  return made;
}

const watching = `subscription Watch($id: ID!, $after: String) {
  claim(id: $id, after: $after) { cursor event { type } claim { id status } }
}`;
const command = `mutation Claim($input: CreateClaimInput!) {
  createClaim(input: $input) { ... on Accepted { aggregateId confirmWithinMs } ... on Rejected { code } }
}`;
const stored = async () => {
  const id = await reserve(core, await addResource(core), '2027-01-01', '2027-01-03');
  await settled(core, id);
  return id;
};

/** Collects what is subscribed to until so many results have come, and cancels in between so that there is one more. */
async function watched(id, subscribe) {
  const statuses = [];
  const stop = subscribe({ id, after: '0' }, (data) => statuses.push(data.claim.claim.status));
  await until('what is stored has come', () => statuses.length >= 2);
  await cancel(core, id);
  await until('what is live has come', () => statuses.length >= 3);
  stop();
  assert.deepEqual(statuses, ['PENDING', 'CONFIRMED', 'CANCELLED']);
}

test('graphql-ws subscribes, asks and commands', async () => {
  const ws = client();
  const ask = (query, variables) =>
    new Promise((done, fail) => {
      let result;
      ws.subscribe({ query, variables }, { next: (value) => (result = value), error: fail, complete: () => done(result) });
    });
  const resource = await addResource(core);
  const { data } = await ask(command, { input: days(resource, '2027-01-01', '2027-01-03') });
  const { aggregateId: id, confirmWithinMs } = data.createClaim;
  assert.ok(confirmWithinMs > 0);
  await settled(core, id);
  await watched(id, (variables, next) => ws.subscribe({ query: watching, variables }, { next: ({ data }) => next(data), error() {}, complete() {} }));
  assert.equal((await ask('query ($id: ID!) { claim(id: $id) { status } }', { id })).data.claim.status, 'CANCELLED');
  await assert.rejects(ask('{ spaceship }'), ([{ extensions }]) => extensions.code === 'GRAPHQL_VALIDATION_FAILED');
});

test('graphql-ws subscribes with the field in fragments', async () => {
  const id = await stored();
  const query = `subscription Watch($id: ID!, $after: String) { ...Root }
    fragment Root on Subscription { ... on Subscription { ...Both } claim(id: $id, after: $after) { claim { ...Shown } } }
    fragment Both on Subscription { claim(id: $id, after: $after) { cursor event { type } } }
    fragment Shown on Claim { id status }`;
  const seen = [];
  const take = ({ data, errors }) => seen.push(errors ?? data.claim);
  const stop = client().subscribe({ query, variables: { id, after: '0' } }, { next: take, error: (error) => seen.push(error), complete() {} });
  await until('what is stored has come', () => seen.length >= 2);
  stop();
  assert.deepEqual(seen, [
    { cursor: '1', event: { type: 'ClaimCreated' }, claim: { id, status: 'PENDING' } },
    { cursor: '2', event: { type: 'ClaimConfirmed' }, claim: { id, status: 'CONFIRMED' } },
  ]);
});

test('graphql-ws keeps its connection alive with pings', async () => {
  const pongs = [];
  const ws = client({ lazy: false, onNonLazyError() {}, keepAlive: 200, on: { pong: (received, payload) => received && pongs.push(payload) } });
  await until('pongs have come', () => pongs.length >= 3);
  assert.deepEqual(new Set(pongs), new Set([undefined]));
  await ws.dispose();
});

test('graphql-ws renews its token over the socket that it has, and stays connected', async () => {
  const [short, long] = [token('operator', 'sam', { exp: seconds() - 57 }), token('operator', 'sam')]; // 60 s of skew are allowed for
  const closed = [];
  const ws = client({
    lazy: false,
    onNonLazyError() {},
    connectionParams: { authorization: `Bearer ${short}` },
    retryAttempts: 0,
    on: {
      connected: (socket) => socket.send(JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${long}` } })),
      closed: ({ code }) => closed.push(code),
    },
  });
  const id = await stored();
  const statuses = [];
  ws.subscribe({ query: watching, variables: { id } }, { next: ({ data }) => statuses.push(data.claim.claim.status), error() {}, complete() {} });
  await new Promise((done) => setTimeout(done, 4_000)); // longer than the first token counts
  await cancel(core, id);
  await until('it hears of it', () => statuses.length === 2);
  assert.deepEqual([statuses, closed], [['CONFIRMED', 'CANCELLED'], []]);
});

test('graphql-ws is told why it may not in', async () => {
  const ws = client({ connectionParams: {}, retryAttempts: 0 });
  const refused = new Promise((done) => ws.subscribe({ query: '{ __typename }' }, { next() {}, error: done, complete() {} }));
  const { code, reason } = await refused;
  assert.deepEqual([code, reason], [4401, 'Unauthorized: expected a bearer token']);
});

test('graphql-ws comes back by itself when the runtime was killed, and has what it missed', async () => {
  const id = await stored();
  const statuses = [];
  let after = '0';
  // A client that comes back sends the same variables again: a getter gives the last cursor.
  const variables = { id, get after() { return after; } };
  const ws = client({ retryAttempts: 100, retryWait: () => new Promise((done) => setTimeout(done, 100)), shouldRetry: () => true, url: () => `${core.url.replace('http', 'ws')}/graphql` });
  ws.subscribe({ query: watching, variables }, {
    next({ data: { claim: { cursor, claim } } }) {
      after = cursor;
      statuses.push(claim.status);
    },
    error: (error) => statuses.push(error),
    complete() {},
  });
  await until('what is stored has come', () => statuses.length === 2);
  await core.killAndRestart();
  await cancel(core, id);
  await until('what it missed has come', () => statuses.length >= 3);
  assert.deepEqual(statuses, ['PENDING', 'CONFIRMED', 'CANCELLED']);
});

test("Apollo's link subscribes, and its cache takes what comes", async () => {
  const id = await stored();
  const apollo = new ApolloClient({ link: new GraphQLWsLink(client()), cache: new InMemoryCache() });
  await watched(id, (variables, next) => {
    const subscription = apollo.subscribe({ query: gql(watching), variables }).subscribe(({ data }) => next(data));
    return () => subscription.unsubscribe();
  });
  const { data } = await apollo.mutate({ mutation: gql(command), variables: { input: days(fresh('nowhere'), '2027-01-01', '2027-01-03') } });
  assert.equal(data.createClaim.code, 'RESOURCE_UNKNOWN');
  apollo.stop();
});

test("urql's exchange subscribes", async () => {
  const id = await stored();
  const ws = client();
  const urql = new Client({
    url: 'http://nowhere/graphql',
    exchanges: [
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({ subscribe: (sink) => ({ unsubscribe: ws.subscribe({ query, variables }, sink) }) }),
        enableAllOperations: true,
      }),
    ],
  });
  await watched(id, (variables, next) => urql.subscription(watching, variables).subscribe(({ data }) => data && next(data)).unsubscribe);
  const { data } = await urql.query('query ($id: ID!) { claim(id: $id, atVersion: 1) { status } }', { id }).toPromise();
  assert.equal(data.claim.status, 'PENDING');
});
