// The tutorial's runner: what it reads on a page, how it changes a file, and what it takes for printed.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inItsWords, namesOf } from '../../.dev/new.mjs';
import { root } from '../../.dev/pins.mjs';
import { blocks, missing, patched } from '../../.dev/tutorial.mjs';

test('a block is read with its line, its language and what it is for', () => {
  const page = 'Text.\n\n```rust file=a/b.rs\nfn x() {}\n```\n\n```sh until\nls\n```\n```text page=http://localhost:3000\n\na\n```\n```\nplain\n```\n';
  assert.deepEqual(blocks(page), [
    { line: 3, language: 'rust', options: { file: 'a/b.rs' }, text: 'fn x() {}\n' },
    { line: 7, language: 'sh', options: { until: true }, text: 'ls\n' },
    { line: 10, language: 'text', options: { page: 'http://localhost:3000' }, text: '\na\n' },
    { line: 14, language: undefined, options: {}, text: 'plain\n' },
  ]);
});

test('a change finds its places in their order, by whole lines', () => {
  const file = 'one\ntwo\n  three\nfour\ntwo\n';
  assert.equal(patched(file, ' one\n+and a half\n@@\n-four\n-two\n+last\n'), 'one\nand a half\ntwo\n  three\nlast\n');
  assert.equal(patched(file, '-two\n+2\n'), 'one\n2\n  three\nfour\ntwo\n');
  assert.equal(patched(file, '-  three\n'), 'one\ntwo\nfour\ntwo\n');
  for (const lost of [' three\n+x\n', ' four\n@@\n one\n+x\n', ' five\n', '~one\n']) assert.throws(() => patched(file, lost), /place|begins with/, lost);
});

test('what is printed is compared line by line, blanks and what stands for anything aside', () => {
  const printed = 'test a ...   ok\ntest b ... ok\n\ntest result: ok. 2 passed; 0 failed\n';
  assert.equal(missing(printed, 'test a ... ok\n test result: ok.\n'), undefined);
  assert.equal(missing(printed, 'test…2 passed…failed'), undefined);
  assert.equal(missing(printed, 'test b ... ok\ntest a ... ok\n'), 'test a ... ok');
  assert.equal(missing(printed, 'test c'), 'test c');
});

test('every change of the tutorial fits the files that there are by then', () => {
  const steps = blocks(readFileSync(join(root, 'shared/manual/tutorial.md'), 'utf8'));
  const [files, names] = [new Map(), namesOf('invoice')];
  const pattern = (path) => path.replace(names.folder, 'tests/thing');
  const first = (path) => (existsSync(join(root, pattern(path))) ? inItsWords(readFileSync(join(root, pattern(path)), 'utf8'), names) : '');
  for (const { line, language, options, text } of steps.filter(({ options }) => options.file)) {
    const { file } = options;
    if (!files.has(file)) files.set(file, first(file));
    try {
      files.set(file, language === 'diff' ? patched(files.get(file), text) : text);
    } catch (error) {
      assert.fail(`line ${line}: ${error.message}`);
    }
  }
  assert.ok(files.size > 10, [...files.keys()].join(', '));
});
