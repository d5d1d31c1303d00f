// A round on the real runtime: many sockets watch one object, and it ends by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder } from '../../../tests/acceptance/events.mjs';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { journalled } from '../../../tests/acceptance/journal.mjs';
import { listed } from '../../../tests/acceptance/listed.mjs';

const core = await serve('core');
const send = (id, name, payload) => core.send('round', name, payload, { aggregateId: id });

async function round(players, more = {}) {
  const id = fresh('round');
  await send(id, 'StartGameRound', { game: 'chess', maxPlayers: 4, ...more });
  for (const playerId of players) await send(id, 'JoinRound', { playerId });
  return id;
}

test('two hundred sockets that watch one round all get every event once, in order', async () => {
  const id = await round(['ana', 'ben']);
  const watchers = await Promise.all(Array.from({ length: 200 }, () => core.watch('round', id)));
  for (let n = 0; n < 20; n++) await send(id, 'Play', { playerId: n % 2 ? 'ben' : 'ana', move: `m${n}`, points: n });
  await send(id, 'FinishRound', {});
  for (const watcher of watchers) {
    await watcher.event(24);
    assert.equal(watcher.events.length, 24);
    checkOrder(watcher.events);
    await watcher.close();
  }
  const { state } = await core.state('round', id);
  assert.deepEqual([state.status, state.ending, state.players], ['FINISHED', 'FINISHED', [{ playerId: 'ana', score: 90 }, { playerId: 'ben', score: 100 }]]);
});

test('a round ends at its time, without anybody asking, and whoever watches hears of it', async () => {
  const id = await round(['ana'], { endsAt: new Date(Date.now() + 6_000).toISOString() });
  const watcher = await core.watch('round', id);
  const { event } = await watcher.event(3);
  assert.deepEqual([event.type, event.data], ['RoundFinished', { ending: 'TIME_UP' }]);
  const { status, body } = await core.command('round', 'Play', { playerId: 'ana', move: 'e4', points: 1 }, { aggregateId: id });
  assert.deepEqual([status, body.code], [422, 'ROUND_FINISHED']);
});

test('the read model shows the scores, whatever the players are called, and every command is a mutation', async () => {
  const id = fresh('round');
  const name = `a"b.c'd$[0]`;
  const ask = async (field, variables) => {
    const result = '{ __typename ... on Accepted { version } ... on Rejected { code } }';
    return (await core.ask(`mutation ($name: ID!) { it: ${field} ${result} }`, { name, ...variables })).it;
  };
  const accepted = (version) => ({ __typename: 'Accepted', version });
  await core.ask(`mutation { it: startGameRound(id: "${id}", input: { game: "chess", maxPlayers: 2 }) { __typename } }`);
  assert.deepEqual(await ask(`joinRound(id: "${id}", playerId: $name)`), accepted(2));
  assert.deepEqual(await ask(`play(id: "${id}", input: { playerId: $name, move: "e4", points: 7 })`), accepted(3));
  assert.deepEqual(await ask(`play(id: "${id}", input: { playerId: $name, move: "d4", points: -10 })`), accepted(4));
  const fields = 'id version status ending game maxPlayers moves endsAt players { playerId score } createdAt';
  const read = async (more = '') => (await core.ask(`{ it: round(id: "${id}" ${more}) { ${fields} } }`)).it;
  const now = await read();
  const [{ time }] = await journalled(core, 'round', id);
  const players = [{ playerId: name, score: -3 }];
  assert.deepEqual(now, { id, version: 4, status: 'RUNNING', ending: null, game: 'chess', maxPlayers: 2, moves: 2, endsAt: null, players, createdAt: time });
  assert.deepEqual(await read('atVersion: 4'), now);
  assert.deepEqual(await listed(core, 'round', id, 4, fields), now);
  await core.ask(`mutation { it: finishRound(id: "${id}") { __typename } }`);
  const over = await read();
  assert.deepEqual([over.status, over.ending], ['FINISHED', 'FINISHED']);
  assert.deepEqual(await listed(core, 'round', id, 5, fields), over);
});
