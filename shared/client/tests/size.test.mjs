// What a page pays.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** KB after gzip of a page's script, with what it imports. */
async function kilobytes(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', conditions: ['browser'], external: ['react'],
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length / 1024;
}

const watching = `
  import { createCore, graphql } from '@edgefold/client';
  const core = createCore({ url: 'https://core.example.com', token: () => fetch('/token').then((it) => it.text()) });
  const Watched = graphql('subscription ($id: ID!, $after: String) { reservation(id: $id, after: $after) { cursor caughtUp reservation { id status } } }');
  const watch = core.watch(Watched, { id: location.hash });
  watch.subscribe(() => (document.title = watch.current?.row.status));
`;

test('a page that watches one instance pays at most 12 KB', async (t) => {
  const size = await kilobytes(watching);
  t.diagnostic(`${size.toFixed(2)} KB gzip`);
  assert.ok(size > 1 && size <= 12, `${size} KB`);
});

test('what a page does not import it does not pay for', async () => {
  const [little, whole] = [await kilobytes("import { newId } from '@edgefold/client'; console.log(newId());"), await kilobytes(watching)];
  assert.ok(little < whole / 5, `${little} KB of ${whole}`);
});

test('event streams cost little, and only those who ask for them', async (t) => {
  const [without, size] = [await kilobytes(watching), await kilobytes(watching.replace('createCore, graphql', 'createCore, graphql, EventStreams').replace('core.example.com\'', '$&, fallback: EventStreams'))];
  t.diagnostic(`${(size - without).toFixed(2)} KB gzip`);
  assert.ok(size > without + 0.3 && size < without + 1.5, `${size} KB after ${without}`);
});

test('the hooks are thin', async (t) => {
  const size = await kilobytes(`${watching} import { useAggregate, CoreProvider } from '@edgefold/client/react'; console.log(useAggregate, CoreProvider);`);
  t.diagnostic(`${size.toFixed(2)} KB gzip beside React`);
  assert.ok(size <= 12, `${size} KB`);
});
