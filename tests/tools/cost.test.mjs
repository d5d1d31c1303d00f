// What a million commands cost: the arithmetic, what can be changed about it, and what the manual says of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dollars, inputs, lines, parse, table } from '../../.dev/cost.mjs';
import { root } from '../../.dev/pins.mjs';

const small = () => ({
  about: '', date: '', commandsAMonth: 1_000_000,
  prices: { row: 2, request: 0.5, machine: 1_000_000 },
  commands: { tell: 'tales', ask: 'questions' },
  loads: { alone: 'alone', load: 'together' },
  systems: {
    ours: { name: 'Ours', commands: {
      tell: { alone: { 'row/here': 3, 'row/there': 1, request: 2 }, load: { 'row/here': 1, request: 1 } },
      ask: { alone: { request: 2 }, load: { request: 1 } },
    } },
    theirs: { name: 'Theirs', aMonth: { machine: 4 }, commands: {
      tell: { alone: { request: 1 }, load: { request: 1 } }, ask: { alone: { request: 1 }, load: { request: 1 } },
    } },
  },
});

test('a count stands for each command, wherever it is counted, and has the price of what it counts', () => {
  assert.equal(dollars(small(), 'ours', 'tell', 'alone'), 3 * 2 + 2 + 2 * 0.5);
  assert.deepEqual(lines(small(), 'ours', 'tell', 'load'), [
    { name: 'row/here', count: 1, price: 2, dollars: 2 },
    { name: 'request', count: 1, price: 0.5, dollars: 0.5 },
  ]);
});

test('a machine that runs all month is shared by the commands of the month', () => {
  assert.equal(dollars(small(), 'theirs', 'tell', 'load'), 0.5 + 4);
  assert.equal(dollars(parse(['--commands-a-month', '4000000'], small()), 'theirs', 'tell', 'load'), 0.5 + 1);
});

test('the table has a row for each command and load that is wanted', () => {
  const given = parse(['--load', 'load', '--command', 'ask', '--command', 'tell'], small());
  assert.equal(table(given), [
    '| a million of | that come | Ours | Theirs |',
    '| --- | --- | --- | --- |',
    '| questions | together | 0.50 | 4.50 |',
    '| tales | together | 2.50 | 4.50 |',
  ].join('\n'));
  assert.equal(table(parse([], small())).split('\n').length, 2 + 4);
});

test('every price and every count can be changed', () => {
  const changed = (...args) => parse(args, small());
  assert.equal(dollars(changed('--price', 'row=3'), 'ours', 'tell', 'alone'), 4 * 3 + 1);
  assert.equal(dollars(changed('--count', 'ours.tell.alone.row/here=0'), 'ours', 'tell', 'alone'), 2 + 1);
  const all = changed('--count', 'ours.*.*.request=10');
  assert.deepEqual(['tell', 'ask'].map((command) => dollars(all, 'ours', command, 'load')), [7, 5]);
});

test('what makes no sense is refused, and it is said what there is', () => {
  for (const [args, said] of [
    [['--price', 'rwo=3'], /no price "rwo"; there are row, request, machine/],
    [['--price', 'row=cheap'], /no number/],
    [['--price', 'row=-1'], /no number/],
    [['--price', 'row'], /no number/],
    [['--count', 'ours.tell.alone.rows=1'], /no price "rows"/],
    [['--count', 'ours.shout.alone.row=1'], /no command "shout"; there are tell, ask/],
    [['--count', 'hers.tell.alone.row=1'], /no system "hers"/],
    [['--load', 'heavy'], /no load "heavy"; there are alone, load/],
    [['--commands-a-month', ''], /no number/],
    [['--cheap'], /unknown option --cheap/],
  ]) {
    assert.throws(() => parse(args, small()), said, args.join(' '));
  }
});

test('everything that is counted has a price', () => {
  const given = inputs();
  for (const system of Object.keys(given.systems)) {
    for (const command of Object.keys(given.commands)) {
      for (const load of Object.keys(given.loads)) assert.ok(dollars(given, system, command, load) > 0, `${system} ${command} ${load}`);
    }
  }
});

test('a report costs what was aimed for', () => {
  const report = (load) => dollars(inputs(), 'edgefold', 'report', load);
  assert.ok(report('alone') <= 7.5 && report('load') <= 4, `${report('alone')} and ${report('load')}`);
  const rows = (load) => lines(inputs(), 'edgefold', 'report', load).filter(({ name }) => name.startsWith('row-written')).reduce((sum, { count }) => sum + count, 0);
  assert.ok(rows('alone') <= 5 && rows('load') <= 3.2, `${rows('alone')} and ${rows('load')} rows`);
});

test('the manual and the README say what the command prints', () => {
  const text = (path) => readFileSync(join(root, path), 'utf8');
  assert.ok(text('shared/manual/costs.md').includes(table(parse([]))), 'the first table of costs.md is the one of `npm run cost`');
  const [alone, load] = ['alone', 'load'].map((load) => dollars(inputs(), 'edgefold', 'report', load).toFixed(2));
  assert.ok(text('README.md').includes(`**${load} $ per million commands** under load, ${alone} $`));
});
