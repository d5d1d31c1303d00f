// The points of each player in each game, over all rounds: a projection by hand that reads a stream's own past.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';

const core = await serve('core');
const admin = core.as(token('admin', 'root'));
const patient = { within: 60_000 };

const send = (id, name, payload) => core.send('round', name, payload, { aggregateId: id });

async function round(game, players) {
  const id = fresh('round');
  await send(id, 'StartGameRound', { game, maxPlayers: 10 });
  for (const playerId of players) await send(id, 'JoinRound', { playerId });
  return id;
}
const play = (id, playerId, points) => send(id, 'Play', { playerId, move: `for ${points}`, points });

/** The leaderboard as a guest reads it: `[player, points, moves]`, the best first. */
async function board(game, first) {
  const query = 'query ($game: String!, $first: Int) { leaderboard(game: $game, first: $first) { playerId points moves } }';
  const { status, body } = await core.as(token('guest', 'ana')).post('/graphql', { query, variables: { game, first } });
  assert.deepEqual([status, body.errors], [200, undefined], JSON.stringify(body));
  return body.data.leaderboard.map(({ playerId, points, moves }) => [playerId, points, moves]);
}
const shows = (game, expected, options) =>
  until(`the leaderboard of ${game} shows ${JSON.stringify(expected)}`, async () => JSON.stringify(await board(game)) === JSON.stringify(expected), options);

const look = async () => {
  const { status, body } = await admin.request('/admin/projections/leaderboard');
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const generation = async () => Math.max(...(await look()).partitions.map((one) => one.generation));

/** Has the rows made again, beside what `meanwhile` does; ends when readers see them. */
async function rebuild(meanwhile = async () => {}) {
  const next = (await generation()) + 1;
  const { status, body } = await admin.post('/admin/projections/leaderboard/rebuild');
  assert.equal(status, 200, JSON.stringify(body));
  await meanwhile();
  await until('readers see the new rows', async () => {
    const { rebuild, partitions } = await look();
    return !rebuild && partitions.every((one) => one.generation === next && one.status === 'ACTIVE' && one.state === 'CAUGHT_UP');
  }, patient);
  return next;
}

const [chess, go] = [fresh('chess'), fresh('go')];

test('points add up over the rounds of a game, and one game knows nothing of another', async () => {
  const [one, two] = [await round(chess, ['ana', 'ben', 'cleo']), await round(chess, ['ben', 'ana'])];
  const other = await round(go, ['ana']);
  for (const [id, player, points] of [
    [one, 'ana', 5], [one, 'ben', 7], [two, 'ben', 1], [one, 'ana', 4], [two, 'ana', -2], [other, 'ana', 1_000], [one, 'cleo', -3], [two, 'ben', -1],
  ]) {
    await play(id, player, points);
  }
  await send(one, 'FinishRound', {});
  await shows(chess, [['ben', 7, 3], ['ana', 7, 3], ['cleo', -3, 1]]);
  await shows(go, [['ana', 1_000, 1]]);
  assert.deepEqual(await board(chess, 1), [['ben', 7, 3]]);
  assert.deepEqual(await board(fresh('nobody plays this')), []);
});

test('whoever joins and never plays is not on it', async () => {
  const game = fresh('bridge');
  const id = await round(game, ['ana', 'ben']);
  await play(id, 'ben', 0);
  await shows(game, [['ben', 0, 1]]);
});

test('a rebuild gives the same, and takes away what nobody has played', async () => {
  const before = [await board(chess), await board(go)];
  const now = await generation();
  await core.sql(`UPDATE leaderboard_g${now} SET points = points + 1, moves = 0 WHERE game = ?`, chess);
  await core.sql(`INSERT INTO leaderboard_g${now} (game, player_id, points, moves) VALUES (?, 'nobody', 9999, 1)`, go);
  await core.sql(`DELETE FROM leaderboard_round_g${now}`);
  assert.notDeepEqual([await board(chess), await board(go)], before);
  for (const made of [now + 1, now + 2]) {
    assert.equal(await rebuild(), made);
    assert.deepEqual([await board(chess), await board(go)], before);
  }
  const tables = await core.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'leaderboard%_g%' ORDER BY name");
  assert.deepEqual(tables.map(({ name }) => name), [`leaderboard_g${now + 2}`, `leaderboard_round_g${now + 2}`], 'the old tables are gone');
});

test('moves that are made during a rebuild count once, and the old rows answer until the switch', async () => {
  const game = fresh('draughts');
  const id = await round(game, ['ana', 'ben']);
  await play(id, 'ana', 1);
  await shows(game, [['ana', 1, 1]]);
  const seen = [];
  await rebuild(async () => {
    for (let move = 2; move <= 60; move++) {
      await play(id, 'ana', 1);
      seen.push(...(await board(game)));
    }
  });
  await shows(game, [['ana', 60, 60]], patient);
  assert.equal(seen.length, 59, 'somebody always had an answer');
  assert.ok(seen.every(([player, points, moves]) => player === 'ana' && points === moves && points <= 60), JSON.stringify(seen));
});

test('a runtime that is killed counts nothing twice', async () => {
  const game = fresh('poker');
  const id = await round(game, ['ana', 'ben']);
  for (let kill = 0; kill < 2; kill++) {
    for (let move = 0; move < 20; move++) await play(id, move % 2 ? 'ana' : 'ben', 3);
    await core.killAndRestart();
  }
  await play(id, 'ana', 3);
  await shows(game, [['ana', 63, 21], ['ben', 60, 20]], patient);
  await rebuild();
  assert.deepEqual(await board(game), [['ana', 63, 21], ['ben', 60, 20]]);
});

test('how many are asked for is bounded', async () => {
  for (const first of [0, 101]) {
    const { errors } = await core.graphql('query ($first: Int) { leaderboard(game: "chess", first: $first) { playerId } }', { first });
    assert.equal(errors[0].extensions.code, 'INVALID_FIELD');
  }
});

test('whoever has shown no token is shown none', async () => {
  const { body } = await core.as(undefined).post('/graphql', { query: `{ leaderboard(game: "${chess}") { playerId } }` });
  assert.deepEqual([body.data, body.errors[0].extensions.code], [null, 'UNAUTHENTICATED']);
});
