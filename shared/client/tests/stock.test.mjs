// urql and Apollo over the client: a reconnect loses nothing and repeats nothing.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { liveLink } from '@edgefold/client/apollo';
import { liveExchange } from '@edgefold/client/urql';
import { Client, fetchExchange } from '@urql/core';
import { serve } from '../../../tests/acceptance/harness.mjs';
import { proxy } from '../../../tests/acceptance/proxy.mjs';
import { bearer } from '../../../tests/acceptance/tokens.mjs';
import { addResource, cancel, client, ListedLive, operator, reserve, settled } from './claims.mjs';
import { until } from './documents.mjs';

const core = await serve();
const network = await proxy(core);
const headers = bearer(operator());
const nobody = 'query { claim(id: "nobody") { id } }';

/** Each client, as what subscribes and what asks. */
const clients = {
  urql(mine) {
    const urql = new Client({ url: `${core.url}/graphql`, preferGetMethod: false, fetchOptions: { headers }, exchanges: [liveExchange(mine), fetchExchange] });
    return {
      subscribe: (variables, next, failed, document = ListedLive) => urql.subscription(document, variables).subscribe(({ data, error }) => (error ? failed(error) : next(data))).unsubscribe,
      ask: async () => (await urql.query(nobody, {}).toPromise()).data,
    };
  },
  Apollo(mine) {
    const apollo = new ApolloClient({ cache: new InMemoryCache(), link: liveLink(mine).concat(new HttpLink({ uri: `${core.url}/graphql`, headers })) });
    after(() => apollo.stop());
    return {
      subscribe(variables, next, failed, document = ListedLive) {
        const following = apollo.subscribe({ query: gql(document), variables, fetchPolicy: 'no-cache' }).subscribe({ next: ({ data, error }) => (error ? failed(error) : next(data)), error: failed });
        return () => following.unsubscribe();
      },
      ask: async () => (await apollo.query({ query: gql(nobody) })).data,
    };
  },
};

for (const [name, make] of Object.entries(clients)) {
  test(`${name}: what happened during a cut comes, and comes once`, async () => {
    const resource = await addResource(core);
    const first = await reserve(core, resource, '2031-01-01', '2031-01-03');
    await settled(core, first);
    const mine = client(network.url);
    const { subscribe, ask } = make(mine);
    const [events, errors] = [[], []];
    const stop = subscribe({ filter: { resourceId: resource }, after: '0' }, ({ claims: { event } }) => event && events.push(`${event.aggregateId} ${event.version}`), (error) => errors.push(error));
    await until('what is stored has come', () => events.length === 2);
    network.down();
    const second = await reserve(core, resource, '2031-02-01', '2031-02-03');
    await settled(core, second);
    await cancel(core, first);
    network.mend();
    await until('what it missed has come', () => events.length >= 5, 30_000);
    network.cut();
    await cancel(core, second);
    await until('the last has come', () => events.length >= 6, 30_000);
    assert.deepEqual([...events].sort(), [1, 2, 3].flatMap((version) => [`${first} ${version}`, `${second} ${version}`]).sort());
    assert.deepEqual(errors, []);
    assert.deepEqual((await ask()).claim, null, 'whatever else is asked goes the other way');
    stop();
  });

  test(`${name}: a document that cannot go on where it stood is told, too`, async () => {
    const errors = [];
    const stop = make(client(core.url)).subscribe({}, () => {}, (error) => errors.push(error), ListedLive.replaceAll('cursor', '__typename'));
    await until('it is told', () => errors.length === 1);
    assert.match(String(errors[0].message), /has to select cursor/);
    stop();
  });

  test(`${name}: what is wrong is told`, async () => {
    const errors = [];
    const stop = make(client(core.url)).subscribe({ after: 'nonsense' }, () => {}, (error) => errors.push(error));
    await until('it is told', () => errors.length === 1);
    assert.match(String(errors[0].message), /cursor/);
    stop();
  });
}
