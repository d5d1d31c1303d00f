// `npm run new`: what a type may be called, the words of a copied file, and the lines that register it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inConfig, inItsWords, inManifest, inScript, namesOf } from '../../.dev/new.mjs';
import { root } from '../../.dev/pins.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const [invoice, card] = [namesOf('invoice'), namesOf('gift-card')];

test('a type of two words is written in each place as that place wants it', () => {
  const { type, folder, package: name, crate, rust, binding, class: object, spoken } = card;
  assert.deepEqual(
    [type, folder, name, crate, rust, binding, object, spoken],
    ['gift_card', 'workers/gift-card', 'edgefold-gift-card', 'edgefold_gift_card', 'GiftCard', 'GIFT_CARD', 'GiftCardObject', 'gift card'],
  );
  assert.deepEqual(namesOf('gift_card'), card);
});

test('a plural that is more than an s is said to GraphQL', () => {
  for (const [type, list] of [['invoice', undefined], ['category', 'categories'], ['gift-box', 'giftBoxes'], ['day', undefined]]) {
    assert.equal(namesOf(type).list, list, type);
  }
  const lists = 'impl Lists for Thing {\n    const FILTERS';
  assert.match(inItsWords(lists, namesOf('category')), /^impl Lists for Category \{\n    const PLURAL: Option<&'static str> = Some\("categories"\);\n    const FILTERS/);
  assert.equal(inItsWords(lists, invoice), 'impl Lists for Invoice {\n    const FILTERS');
});

test('what can be no type is refused with the reason', () => {
  for (const [type, why] of [
    [undefined, /usage/], ['Invoice', /no name for a type/], ['2nd', /no name/], ['gift--card', /no name/], ['gift card', /no name/], ['rückgabe', /no name/],
    ['-invoice', /no name/], ['../invoice', /no name/], ['x'.repeat(41), /too long/], ['state', /something else/], ['thing', /something else/],
  ]) {
    assert.throws(() => namesOf(type), why, String(type));
  }
  assert.throws(() => namesOf('order', ['Order']), /Order is the name of something else/);
});

test('every word of the pattern is changed, in code and in prose', () => {
  const folder = join(root, 'tests/thing');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length >= 9);
  for (const names of [invoice, card]) {
    for (const file of files) {
      const text = inItsWords(readFileSync(join(file.parentPath ?? file.path, file.name), 'utf8'), names);
      assert.doesNotMatch(text, /(?<!no)thing|\ba invoice/i, file.name);
    }
  }
  const said = '//! **Thing**: a thing, edgefold_thing::Thing, "AddThing", "thing", THING_CLOSED, things. A thing.';
  assert.equal(
    inItsWords(said, card),
    '//! **Gift card**: a gift card, edgefold_gift_card::GiftCard, "AddGiftCard", "gift_card", GIFT_CARD_CLOSED, gift cards. A gift card.',
  );
  assert.match(inItsWords(said, invoice), /^\/\/! \*\*Invoice\*\*: an invoice, .*invoices\. An invoice\.$/);
});

test('the manifest of the script gets the crate', () => {
  const text = 'edgefold-flow.workspace = true\nedgefold-roles.workspace = true\nedgefold-room = { path = "../room" }\nedgefold-runtime.workspace = true\n';
  assert.equal(inManifest(text, invoice).split('\n')[3], 'edgefold-invoice = { path = "../invoice" }');
  assert.equal(inManifest('edgefold-roles.workspace = true\nx\n', card), 'edgefold-roles.workspace = true\nedgefold-gift-card = { path = "../gift-card" }\nx\n');
  assert.throws(() => inManifest('', invoice), /It lacks:/);
});

test('the script gets a line in its table', () => {
  const text = 'script! {\n    aggregates: {\n        "ROOM" => RoomObject(edgefold_room::Room),\n    },\n    roles: ROLES,\n}\n';
  const line = '        "GIFT_CARD" => GiftCardObject(edgefold_gift_card::GiftCard),\n';
  assert.equal(inScript(text, card), text.replace('    },\n', `${line}    },\n`));
  const empty = 'script! {\n    aggregates: {\n    },\n}\n';
  assert.equal(inScript(empty, card), empty.replace('    },\n', `${line}    },\n`));
  assert.throws(() => inScript('fn main() {}', card), /It lacks:/);
});

test('the configuration gets a binding beside the others, and a migration behind them', () => {
  const text = read('wrangler.toml');
  const changed = inConfig(text, invoice);
  const added = changed.split('\n').filter((line) => !text.split('\n').includes(line));
  const tag = Math.max(...[...text.matchAll(/tag = "v(\d+)"/g)].map(([, number]) => Number(number))) + 1;
  assert.deepEqual(added, ['name = "INVOICE"', 'class_name = "InvoiceObject"', `tag = "v${tag}"`, 'new_sqlite_classes = ["InvoiceObject"]']);
  assert.ok(changed.indexOf('"INVOICE"') < changed.indexOf('# The session of a GraphQL socket'));
  assert.ok(changed.indexOf('["InvoiceObject"]') > changed.lastIndexOf('["JournalObject"]'));
  assert.throws(() => inConfig('name = "edgefold"', invoice), /It lacks:/);
});

test('what is there takes a new aggregate', () => {
  inManifest(read('workers/core/Cargo.toml'), invoice);
  inScript(read('workers/core/src/lib.rs'), invoice);
});
