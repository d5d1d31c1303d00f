// GraphQL over HTTP, held against the audits of the package `graphql-http`.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { configs, Core } from './core.mjs';
import { vars } from './tokens.mjs';

// Some audits ask for the schema.
const core = new Core(configs.probe, { ...vars, ENVIRONMENT: 'development' });
after(() => core.close());
await core.start();
const graphqlResponse = 'application/graphql-response+json';
const type = ({ headers }) => headers.get('content-type').split(';')[0];
const ask = (query, accept = graphqlResponse) => core.post('/graphql', { query }, { accept });
const get = (query, accept = graphqlResponse) =>
  core.request(`/graphql?query=${encodeURIComponent(query)}`, { headers: { accept } });

const audits = serverAudits({ url: () => `${core.url}/graphql` });

test('there are audits to pass', () => assert.ok(audits.length > 50, `${audits.length}`));

for (const { id, name, fn } of audits) {
  test(`${id}: ${name}`, async () => {
    const { status, reason } = await fn();
    assert.equal(status, 'ok', reason);
  });
}

test('a token that is not good is refused as GraphQL answers, in the form that was asked for', async () => {
  for (const [accept, expected] of [[graphqlResponse, graphqlResponse], ['application/json', 'application/json'], ['*/*', 'application/json']]) {
    const answer = await core.as('rubbish').post('/graphql', { query: '{ __typename }' }, { accept });
    assert.deepEqual([answer.status, type(answer)], [401, expected]);
    assert.deepEqual([answer.body.data, answer.body.errors[0].extensions.code], [undefined, 'INVALID_TOKEN']);
    assert.match(answer.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/);
  }
  const { status } = await core.as('rubbish').post('/graphql', { query: '{ __typename }' }, { accept: 'application/xml' });
  assert.equal(status, 406);
});

test('a mutation by GET is refused with 405 and says what to use', async () => {
  const { status, headers, body } = await get('mutation { closeResource(id: "a") { __typename } }');
  assert.deepEqual([status, headers.get('allow'), body.errors[0].extensions.code], [405, 'POST', 'METHOD_NOT_ALLOWED']);
});

test('a method, a media type and a content type that are none of ours are 405, 406 and 415', async () => {
  const answers = [
    await core.request('/graphql', { method: 'PUT' }),
    await ask('{ __typename }', 'application/xml'),
    await core.post('/graphql', '{}', { 'content-type': 'text/plain' }),
  ];
  assert.deepEqual(answers.map(({ status }) => status), [405, 406, 415]);
  assert.equal(answers[0].headers.get('allow'), 'GET, HEAD, POST');
  for (const { body } of answers) assert.match(body.errors[0].extensions.code, /^[A-Z_]+$/);
});

test('data and errors both are 294 for those who ask by name, and 200 for others', async () => {
  const query = '{ __typename resource(id: "nobody", atVersion: -1) { id } }';
  const [named, other] = [await ask(query), await ask(query, 'application/json')];
  assert.deepEqual([named.status, other.status], [294, 200]);
  assert.deepEqual([type(named), type(other)], [graphqlResponse, 'application/json']);
  assert.deepEqual(named.body.data, { __typename: 'Query', resource: null });
});

test('a variable that is missing is a request error, and nothing is executed', async () => {
  const { status, body } = await ask('query ($id: ID!) { resource(id: $id) { id } }');
  assert.deepEqual([status, body.data, body.errors[0].extensions.code], [400, undefined, 'INVALID_VARIABLE']);
});

test('what goes over a limit is refused with its code', async () => {
  const code = async (query) => {
    const { status, body } = await ask(query);
    assert.equal(status, 400);
    return body.errors[0].extensions.code;
  };
  assert.equal(await code(`{ ${'a: __typename '.repeat(51)} }`), 'TOO_MANY_ALIASES');
  assert.equal(await code(`{ ${'__typename '.repeat(2000)} }`), 'QUERY_TOO_LONG');
  assert.equal(await code(`${'{a'.repeat(17)}${'}'.repeat(17)}`), 'QUERY_TOO_DEEP');
  assert.equal(await code('{'.repeat(500_000)), 'QUERY_TOO_DEEP');
  assert.equal(await code(`{ claims(first: 100) { nodes { ${'id '.repeat(60)} } } }`), 'QUERY_TOO_COMPLEX');
  const batch = await core.post('/graphql', [{ query: '{ __typename }' }]);
  assert.deepEqual([batch.status, batch.body.errors[0].extensions.code], [400, 'BATCH_UNSUPPORTED']);
});
