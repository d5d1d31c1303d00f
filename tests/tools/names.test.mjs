// The names that a module keeps are those of this project's functions, by their path; everything else in it stays as it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOf, withOwnNames } from '../../.dev/names.mjs';

test('a name is the path of a function of this project', () => {
  for (const [name, path] of [
    ['edgefold_runtime[e735d52e1fd863da]::door::auth::import_key', 'edgefold_runtime::door::auth::import_key'],
    ['<edgefold_runtime[e735d52e1fd863da]::journal::host::Journal>::fetch::{closure#0}', 'edgefold_runtime::journal::host::Journal::fetch'],
    ['<edgefold_runtime[e735d52e1fd863da]::platform::statement::Sql>::exec', 'edgefold_runtime::platform::statement::Sql::exec'],
    ['<core[4fjPCAzRJfu]::panic::Location>::caller', undefined],
    ['memcpy', undefined],
  ]) {
    assert.equal(pathOf(name), path);
  }
});

test('a module keeps its code, and runs', async () => {
  // (func (export "answer") (result i32) (i32.const 42)), with two names.
  const head = [0, 97, 115, 109, 1, 0, 0, 0];
  const types = [1, 5, 1, 96, 0, 1, 127];
  const functions = [3, 2, 1, 0];
  const exports = [7, 10, 1, 6, ...Buffer.from('answer'), 0, 0];
  const code = [10, 6, 1, 4, 0, 65, 42, 11];
  const name = (text) => [text.length, ...Buffer.from(text)];
  const own = 'edgefold_flow[e735d52e]::decide::fingerprint';
  const names = [...name('name'), 1, own.length + 3, 1, 0, ...name(own)];
  const module = Buffer.from([...head, ...types, ...functions, ...exports, ...code, 0, names.length, ...names]);
  const kept = withOwnNames(module);
  assert.ok(kept.includes('edgefold_flow::decide::fingerprint') && !kept.includes('e735'));
  const { instance } = await WebAssembly.instantiate(kept);
  assert.equal(instance.exports.answer(), 42);
});
