// What is published: every entry is there with its types, and nothing else is needed.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import * as api from '@edgefold/client';

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { exports, dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(file('package.json'), 'utf8'));
const read = (path) => readFileSync(file(path), 'utf8');
const imports = (text) => [...text.matchAll(/(?:from|import) ?["']([^"']+)["']/g)].map(([, name]) => name);

test('every entry has its script and its types', () => {
  for (const [entry, { types, default: script }] of Object.entries(exports)) assert.ok(existsSync(file(types)) && existsSync(file(script)), entry);
  assert.deepEqual(Object.keys(api).sort(), ['CoreError', 'EventStreams', 'Refused', 'createCore', 'graphql', 'newId']);
});

test('it depends on nothing; what an adapter is for is the only thing that it imports', () => {
  assert.equal(dependencies, undefined);
  assert.deepEqual(Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional), []);
  const foreign = readdirSync(file('dist/src')).filter((name) => name.endsWith('.js')).flatMap((name) => imports(read(`dist/src/${name}`)).filter((from) => !from.startsWith('.')).map((from) => `${name} ${from}`));
  assert.deepEqual(foreign.sort(), ['apollo.js @apollo/client', 'apollo.js @apollo/client/utilities', 'apollo.js rxjs', 'react.js react', 'urql.js @urql/core', 'workers.js cloudflare:workers']);
});

test('its types find each other without a bundler', () => {
  for (const name of readdirSync(file('dist/src')).filter((name) => name.endsWith('.d.ts'))) {
    for (const from of imports(read(`dist/src/${name}`)).filter((from) => from.startsWith('.'))) {
      assert.ok(from.endsWith('.js') && existsSync(new URL(from.replace(/\.js$/, '.d.ts'), new URL('../dist/src/', import.meta.url))), `${name} ${from}`);
    }
  }
});
