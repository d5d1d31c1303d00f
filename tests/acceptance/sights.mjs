// What a caller is shown of an instance at every door, as tests of an engine and of a domain ask it alike.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

/**
 * Looks at an instance through every door. Gives which doors of its events and which of its row are open to the caller, the
 * events that came with rows (null where one was held back), and the caller's socket, which goes on listening.
 *
 * @param command id of the command that began the instance.
 */
async function look(core, text, { type, id, command }) {
  const caller = core.as(text);
  const upper = type.toUpperCase();
  const at = new Date(Date.now() + 60_000).toISOString();
  const ask = async (query) => {
    const { body } = await caller.post('/graphql', { query });
    assert.equal(body.errors, undefined, `${query}: ${JSON.stringify(body.errors)}`);
    return body.data.it;
  };
  const events = {};
  for (const path of ['', '?version=1', `?at=${at}`, '/events']) {
    const { status } = await caller.request(`/aggregates/${type}/${id}${path}`);
    assert.ok([200, 404].includes(status), `${path}: ${status}`);
    events[`GET ${path}`] = status === 200;
  }
  events['the native socket'] = await caller.watch(type, id).then((watcher) => (watcher.terminate(), true), () => false);
  events['query events'] = (await ask(`{ it: events(aggregateType: ${upper}, aggregateId: "${id}") { edges { cursor } } }`)) !== null;
  events['query commandResult'] = (await ask(`{ it: commandResult(id: "${command}") { __typename } }`)) !== null;
  const named = `commandResult(id: "${command}", aggregateType: ${upper}, aggregateId: "${id}")`;
  events['query commandResult of the instance'] = (await ask(`{ it: ${named} { __typename } }`)) !== null;
  const caused = await caller.request(`/correlations/${command}`);
  events['GET /correlations'] = caused.status === 200 && caused.body.entries.some(({ aggregateId }) => aggregateId === id);
  const talker = await (await core.talk()).init(text);
  const answered = (operation) => talker.seen('answer', () => talker.of(operation).length > 0);
  const stream = talker.subscribe(`subscription { it: events(aggregateType: ${upper}, aggregateId: "${id}") { id } }`);
  await answered(stream);
  events['subscription events'] = talker.of(stream)[0].type === 'next';

  const rows = {};
  for (const which of ['', ', atVersion: 1', `, at: "${at}"`]) {
    const row = await ask(`{ it: ${type}(id: "${id}"${which}) { id version } }`);
    rows[`query ${type}${which}`] = row?.id === id;
  }
  const listed = await ask(`{ it: ${type}s(first: 100) { edges { node { id } } } }`);
  rows[`query ${type}s`] = listed.edges.some(({ node }) => node.id === id);
  const fields = `cursor event { id type data actor actorRole aggregateId commandId } ${type} { id version }`;
  const one = talker.subscribe(`subscription { it: ${type}(id: "${id}", after: "0") { ${fields} } }`);
  await answered(one);
  rows[`subscription ${type}`] = talker.of(one)[0].type === 'next';
  const all = talker.subscribe(`subscription { it: ${type}s(after: "0") { ${fields} } }`);
  const ofIt = () => talker.results(all).filter(({ data }) => data?.it[type]?.id === id);
  if (Object.values(rows).includes(true)) await talker.seen('row', () => ofIt().length > 0);
  else await talker.ping();
  rows[`subscription ${type}s`] = ofIt().length > 0;
  return { events, rows, shown: [...talker.results(one), ...ofIt()].map(({ data }) => data.it.event), talker };
}

const words = { stream: 'all', row: 'the row alone', nothing: 'nothing' };

/**
 * Tests for every caller and every type that all doors agree with the policy.
 *
 * @param callers tokens by name. @param instances what is looked at, by type: { id, command }.
 * @param policy by type: who sees the events, and who may only list the row.
 * @param secrets what must not be read by somebody who may only list.
 */
export function checkSights(core, { callers, instances, policy, secrets }) {
  const heard = [];
  after(() => heard.forEach(({ talker }) => talker.close()));
  for (const [type, { id, command }] of Object.entries(instances)) {
    const { sees, lists } = policy[type];
    for (const [who, text] of Object.entries(callers)) {
      const sight = sees.includes(who) ? 'stream' : lists.includes(who) ? 'row' : 'nothing';
      test(`${who} is shown ${words[sight]} of the ${type}, at every door`, async () => {
        const { events, rows, shown, talker } = await look(core, text, { type, id, command });
        for (const [door, isOpen] of Object.entries(events)) assert.equal(isOpen, sight === 'stream', door);
        for (const [door, isOpen] of Object.entries(rows)) assert.equal(isOpen, sight !== 'nothing', door);
        assert.equal(shown.length > 0, sight !== 'nothing');
        for (const event of shown) assert.equal(event !== null, sight === 'stream', JSON.stringify(event));
        heard.push({ who, type, id, sight, talker, command });
      });
    }
  }
  test('nobody has heard more meanwhile: with a row alone came no event, no data, no actor', async () => {
    assert.equal(heard.length, Object.keys(callers).length * Object.keys(instances).length);
    for (const { who, type, id, sight, talker, command } of heard) {
      await talker.ping();
      const frames = JSON.stringify(talker.frames.filter((frame) => frame.type === 'next'));
      const hidden = { stream: [], row: [...secrets, command], nothing: [id] };
      for (const text of hidden[sight]) assert.ok(!frames.includes(text), `${who} hears ${text} of the ${type}`);
    }
  });
}
