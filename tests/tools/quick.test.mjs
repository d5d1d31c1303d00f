// `npm test -- quick`: which crates a change concerns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { touched, withDependants } from '../../.dev/quick.mjs';

const crates = [
  { name: 'kernel', folder: 'shared/kernel', uses: [], sources: '' },
  { name: 'flow', folder: 'shared/flow', uses: ['kernel'], sources: 'include_str!("../../../schema/sql/d1/query/heads.sql")' },
  { name: 'runtime', folder: 'shared/runtime', uses: ['flow'], sources: 'concat!("../../../schema/sql/object/", $name, ".sql")' },
  { name: 'room', folder: 'workers/room', uses: ['kernel'], sources: '' },
  { name: 'core', folder: 'workers/core', uses: ['room', 'runtime'], sources: 'format!("schema/json/{name}.json")' },
];

test('a crate and what depends on it, through others too', () => {
  assert.deepEqual(withDependants(touched(['workers/room/src/rules.rs'], crates), crates), ['room', 'core']);
  assert.deepEqual(withDependants(['kernel'], crates), crates.map(({ name }) => name));
});

test('a format belongs to the crates that include it', () => {
  assert.deepEqual(touched(['schema/sql/d1/query/heads.sql'], crates), ['flow']);
  assert.deepEqual(touched(['schema/sql/object/append.sql'], crates), ['runtime']);
  assert.deepEqual(touched(['schema/json/room/AddRoom.command.json'], crates), ['core']);
});

test('what all crates are compiled from concerns all', () => {
  for (const file of ['Cargo.lock', 'clippy.toml', '.cargo/config.toml']) assert.equal(touched([file], crates).length, 5, file);
});

test('what belongs to no crate concerns none', () => {
  assert.deepEqual(touched(['README.md', 'workers/room.md', '.dev/start.mjs'], crates), []);
});
