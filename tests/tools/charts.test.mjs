// What the benchmark's comparison is shown in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdown } from '../bench/figures.mjs';
import { bars, between } from '../bench/peers/charts.mjs';

const widths = (svg) => [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

test('a table of Markdown has numbers to the right, and a cell for what is missing', () => {
  assert.equal(markdown(['rate', 'one'], [['ours', '12'], ['a longer name']]), [
    '',
    '| rate          | one |',
    '| ------------- | --: |',
    '| ours          |  12 |',
    '| a longer name |     |',
  ].join('\n'));
});

test('the bars of a column are as long as their figures say, whatever those of another column are', () => {
  const cells = (...values) => values.map((value) => ({ value, said: `${value}` }));
  const columns = [{ name: 'small', unit: 'x' }, { name: 'large', unit: 'x' }];
  const svg = bars({ title: 'both', columns, rows: [{ label: 'one', cells: cells(1, 500) }, { label: 'two', cells: cells(2, 1_000) }] });
  const [one, two, ...large] = widths(svg);
  assert.equal(two, 2 * one);
  assert.deepEqual(large, [one, two]);
});

test('a peer without a figure has no bar, and a spread is drawn where there is one', () => {
  const columns = [{ name: 'first', unit: 'x' }];
  const rows = [{ label: 'none', cells: [undefined] }, { label: 'some', cells: [{ value: 2, lowest: 1, highest: 4, said: '2' }] }];
  const svg = bars({ title: 'spread', columns, rows });
  assert.equal(widths(svg).length, 1);
  const [, from, to] = /<line x1="([\d.]+)"[^>]* x2="([\d.]+)"/.exec(svg).map(Number);
  assert.ok(from < to);
});

test('a label can hold what has a meaning in SVG', () => {
  const svg = bars({ title: 'a < b & c', columns: [{ name: 'x', unit: '' }], rows: [{ label: '<peer>', cells: [{ value: 1, said: '1' }] }] });
  assert.match(svg, /a &lt; b &amp; c/);
  assert.match(svg, /&lt;peer>/);
});

test('the tables of a page are replaced, and nothing else of it', () => {
  const page = 'before\n<!-- peers -->\nold\n<!-- /peers -->\nafter';
  assert.equal(between(page, 'new'), 'before\n<!-- peers -->\nnew\n\n<!-- /peers -->\nafter');
  assert.equal(between(between(page, 'other'), 'new'), between(page, 'new'));
  assert.throws(() => between('a page without a place', 'new'), /no place/);
});
