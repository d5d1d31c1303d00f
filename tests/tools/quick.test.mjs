// `npm test -- quick`: which crates a change concerns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forAll, touched, withDependants } from '../../.dev/quick.mjs';

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

test('a crate of the workspace that comes or goes concerns no other one', () => {
  const serde = '[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "registry"\n\n';
  const own = '[[package]]\nname = "edgefold-invoice"\nversion = "0.1.0"\n\n';
  assert.equal(forAll('Cargo.lock', serde), forAll('Cargo.lock', own + serde));
  assert.notEqual(forAll('Cargo.lock', serde), forAll('Cargo.lock', serde.replace('1.0.0', '1.0.1')));
  const manifest = (members, version) => `[workspace]\nmembers = [${members}]\n\n[workspace.dependencies]\nserde = "${version}"\n`;
  assert.equal(forAll('Cargo.toml', manifest('"a"', '1')), forAll('Cargo.toml', manifest('"a", "b"', '1')));
  assert.notEqual(forAll('Cargo.toml', manifest('"a"', '1')), forAll('Cargo.toml', manifest('"a"', '2')));
  assert.equal(forAll('clippy.toml', 'x'), 'x');
});
