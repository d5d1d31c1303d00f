// The inner loop: what is seen as a change, what follows from it, and how a build is handed over.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { consequences, offer } from '../../.dev/loop.mjs';
import { root } from '../../.dev/pins.mjs';
import { change, differences, look, sourcesOf } from '../../.dev/watch.mjs';

function folder() {
  const made = mkdtempSync(join(tmpdir(), 'edgefold-tools-'));
  after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('files that are new, changed, replaced or gone are seen, in new folders too', () => {
  const place = folder();
  const write = (name, text) => writeFileSync(join(place, name), text);
  for (const name of ['same', 'changed', 'replaced', 'gone']) write(name, 'x');
  const before = look([place]);
  write('changed', 'xy');
  write('aside', 'z');
  renameSync(join(place, 'aside'), join(place, 'replaced')); // as many editors save
  rmSync(join(place, 'gone'));
  mkdirSync(join(place, 'new'));
  write('new/file', 'x');
  mkdirSync(join(place, 'node_modules'));
  write('node_modules/file', 'x');
  const seen = differences(before, look([place])).map((path) => path.slice(place.length + 1));
  assert.deepEqual(seen, ['changed', 'gone', 'new/file', 'replaced']);
});

test('a change is told when whoever writes has finished', async () => {
  const place = folder();
  const file = join(place, 'rules.rs');
  writeFileSync(file, '1');
  const told = change([place], look([place]));
  for (const text of ['12', '123', '1234']) {
    writeFileSync(file, text);
    await new Promise((done) => setTimeout(done, 150));
  }
  const last = look([place]);
  assert.deepEqual(differences(await told, last), []);
});

test("the list of a module's sources is read, blanks in paths included", () => {
  const list = join(folder(), 'module.d');
  writeFileSync(list, '/a\\ b/module.wasm: /a\\ b/src/lib.rs /c/query.sql\n');
  assert.deepEqual([...sourcesOf(list)], ['/a b/src/lib.rs', '/c/query.sql']);
});

test('SQL compiles only what includes it, and a migration compiles nothing', () => {
  const at = (path) => join(root, path);
  const sources = new Set([at('workers/room/src/rules.rs'), at('schema/sql/d1/query/room_page.sql')]);
  const of = (...paths) => consequences(paths.map(at), sources);
  const [nothing, script, tables] = [{}, { script: true }, { tables: true }].map((it) => ({ tables: false, script: false, ...it }));
  assert.deepEqual(of('workers/room/src/rules.rs'), script);
  assert.deepEqual(of('schema/sql/d1/query/room_page.sql'), script);
  assert.deepEqual(of('workers/room/src/new.rs'), script, 'a new module is in no list yet');
  assert.deepEqual(of('workers/room/Cargo.toml'), script);
  assert.deepEqual(of('schema/sql/d1/0009_more.sql'), tables);
  assert.deepEqual(of('schema/sql/d1/0009_more.sql', 'workers/room/src/rules.rs'), { tables: true, script: true });
  assert.deepEqual(of('shared/client/client.mjs', 'workers/room/tests/rules.rs', 'schema/sql/d1/query/unused.sql'), nothing);
});

test('a build is handed over whole: its script names its own module, and the module before it stays', () => {
  const [from, to] = [folder(), folder()];
  const script = { out: relative(root, from) };
  const built = (text) => {
    writeFileSync(join(from, 'index_bg.wasm'), text);
    writeFileSync(join(from, 'index.js'), 'import module from "./index_bg.wasm";');
    const served = readFileSync(offer(script, to), 'utf8');
    return /"\.\/(.*)"/.exec(served)[1];
  };
  const first = built('first');
  assert.equal(readFileSync(join(to, first), 'utf8'), 'first');
  const second = built('second');
  assert.notEqual(second, first);
  assert.deepEqual(readdirSync(to).sort(), ['index.js', first, second].sort());
  const third = built('third');
  assert.deepEqual(readdirSync(to).sort(), ['index.js', second, third].sort());
  assert.equal(built('third'), third, 'the same build has the same name');
});
