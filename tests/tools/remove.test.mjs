// `npm run remove`: it takes out what `npm run new` has put in, and what a sample has besides.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inConfig, inManifest, inScript, namesOf } from '../../.dev/new.mjs';
import { root } from '../../.dev/pins.mjs';
import { outOfConfig, outOfManifest, outOfScript } from '../../.dev/remove.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const files = [
  ['workers/core/Cargo.toml', inManifest, outOfManifest],
  ['workers/core/src/lib.rs', inScript, outOfScript],
  ['wrangler.toml', inConfig, outOfConfig],
];

test('what is made and removed leaves every file as it was', () => {
  for (const type of ['invoice', 'gift-card']) {
    for (const [path, add, remove] of files) assert.equal(remove(add(read(path), namesOf(type)), namesOf(type)), read(path), `${type}: ${path}`);
  }
});

test('of a sample nothing is left', () => {
  for (const type of ['room', 'order', 'round']) {
    const names = namesOf(type);
    for (const [path, , remove] of files) {
      const text = remove(read(path), names);
      for (const name of [names.package, `${names.crate}::`, `"${names.binding}"`, `"${names.class}"`]) assert.ok(!text.includes(name), `${path} still has ${name}`);
    }
  }
});

test('a table that has lost all aggregates can still be read, and a comment stays over what it is about', () => {
  const samples = ['room', 'reservation', 'device', 'account', 'catalogue', 'order', 'round'].map((type) => namesOf(type));
  const config = samples.reduce(outOfConfig, read('wrangler.toml'));
  assert.doesNotMatch(config, /new_sqlite_classes = \[\]/);
  assert.match(config, /# One class for each aggregate type\.\n/);
  assert.match(inConfig(config, namesOf('invoice')), /# One class for each aggregate type\.\n\[\[durable_objects\.bindings\]\]\nname = "INVOICE"/);
  const script = samples.reduce(outOfScript, read('workers/core/src/lib.rs'));
  assert.match(script, /aggregates: \{\n    \},/);
  assert.match(script, /projections: &\[\]/);
  assert.match(inScript(script, namesOf('invoice')), /aggregates: \{\n        "INVOICE" => InvoiceObject\(edgefold_invoice::Invoice\),\n    \},/);
});
