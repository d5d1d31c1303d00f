// `npm run remove -- order device`: deletes samples, or aggregates that were never deployed, and takes their lines out.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { namesOf, overAggregates, places } from './new.mjs';
import { root } from './pins.mjs';
import { isMain, main, Problem } from './process.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');

/** The manifest of the script, without the crate. */
export const outOfManifest = (text, { package: name }) => text.replace(new RegExp(`^${name} = .*\\n`, 'm'), '');

/** The script, without the line of its table, the projections and the `use` of the aggregate. */
export const outOfScript = (text, { binding, crate }) =>
  text
    .replace(new RegExp(`^ *"${binding}" => .*\\n`, 'm'), '')
    .replace(new RegExp(`^use ${crate}::.*\\n`, 'm'), '')
    .replace(/(projections: &\[)([^\]]*)\]/, (_, start, list) => `${start}${list.split(',').map((one) => one.trim()).filter((one) => one && !one.startsWith(`${crate}::`)).join(', ')}]`);

/** The SQL of its projections: the files begin with the name of the module that includes them. */
function sqlOf({ crate }) {
  const folder = 'schema/sql/projection';
  const modules = [...read(places.script).matchAll(new RegExp(`${crate}::(\\w+)::`, 'g'))].map(([, module]) => module);
  const files = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
  return files.filter((file) => modules.some((module) => new RegExp(`^${module}(_\\w+)?\\.sql$`).test(file))).map((file) => `${folder}/${file}`);
}

/** The configuration, without the binding and without the class: a migration that creates no other class goes. */
export function outOfConfig(text, { binding, class: name }) {
  const parts = text.split('\n\n').flatMap((part) => {
    if (part.includes(`name = "${binding}"\n`)) return part.match(/^#.*/m) ?? [];
    const less = part.replace(new RegExp(`"${name}"(, )?`), '').replace(/, \]/, ']');
    return /^new_sqlite_classes = \[\]$/m.test(less) && less !== part ? [] : [less];
  });
  // The comment over the first aggregate stands over the next one then.
  return parts.join('\n\n').replace(`${overAggregates}\n\n[[`, `${overAggregates}\n[[`);
}

/** Files of Rust below a folder, by their paths from there. */
const rustIn = (folder) => readdirSync(join(root, folder), { recursive: true }).filter((path) => path.endsWith('.rs'));

/** The native tests of the script that cannot be compiled without these crates, with the modules that only they have. */
function testsOf(crates) {
  const folder = 'workers/core/tests';
  const files = rustIn(folder);
  const text = (path) => read(`${folder}/${path}`);
  const modules = (path) => [...text(path).matchAll(/^mod (\w+);/gm)].flatMap(([, name]) => {
    const beside = path.includes('/') ? `${path.split('/')[0]}/` : '';
    return [`${beside}${name}.rs`, `${name}.rs`, `${name}/mod.rs`].filter((file) => files.includes(file)).slice(0, 1);
  });
  const names = (path) => crates.some((crate) => text(path).includes(crate)) || modules(path).some(names);
  const tests = files.filter((path) => !path.includes('/') || path.endsWith('/main.rs'));
  const [gone, kept] = [tests.filter(names), tests.filter((path) => !names(path))];
  const needed = new Set(kept.flatMap(modules));
  const lost = gone.flatMap(modules).filter((path) => !needed.has(path));
  const place = (path) => (path.includes('/') ? path.split('/')[0] : path);
  return [...new Set([...gone, ...lost].map((path) => `${folder}/${place(path)}`))];
}

/** What uses the crate of one that goes, and does not go itself. */
function dependants(names, going) {
  return readdirSync(join(root, 'workers'))
    .filter((folder) => folder !== 'core' && !going.includes(`workers/${folder}`) && existsSync(join(root, `workers/${folder}/Cargo.toml`)))
    .filter((folder) => new RegExp(`^${names.package} = `, 'm').test(read(`workers/${folder}/Cargo.toml`)));
}

/** Tests in JavaScript that speak of it, somewhere else than beside it. */
function mentions(types) {
  const said = new RegExp(`['"\`/](${types.join('|')})['"\`/]`);
  const folders = ['workers', 'tests/browser', 'tests/demo', 'tests/bench'].filter((folder) => existsSync(join(root, folder)));
  const files = folders.flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((path) => `${folder}/${path}`));
  const own = (path) => path.endsWith('.mjs') && !path.includes('/node_modules/');
  return files.filter((path) => own(path) && said.test(read(path))).sort();
}

function remove() {
  const types = process.argv.slice(2);
  if (!types.length) throw new Problem('usage: npm run remove -- order device');
  const all = types.map((type) => namesOf(type));
  const going = all.map(({ folder }) => folder);
  for (const names of all) {
    if (!existsSync(join(root, names.folder, 'src/events.rs'))) throw new Problem(`${names.folder} is no aggregate.`);
    const [needs] = dependants(names, going);
    if (needs) throw new Problem(`${needs} uses ${names.type}: remove it, too, or take that out of workers/${needs} first.`);
  }
  const crates = all.map(({ crate }) => crate);
  const stories = rustIn('tests').some((path) => path.startsWith('simulation/') && crates.some((crate) => read(`tests/${path}`).includes(crate)));
  const gone = [
    ...all.flatMap(({ folder, type }) => [folder, `schema/golden/${type}`, `schema/json/${type}`]),
    ...all.flatMap(sqlOf),
    ...testsOf(crates),
    ...(stories ? ['tests/simulation'] : []),
  ].filter((path) => existsSync(join(root, path)));
  const changed = new Map();
  const change = (path, make) => changed.set(path, make(changed.get(path) ?? read(path)));
  for (const names of all) {
    change(places.manifest, (text) => outOfManifest(text, names));
    change(places.script, (text) => outOfScript(text, names));
    change(places.config, (text) => outOfConfig(text, names));
  }
  if (stories) change('Cargo.toml', (text) => text.replace(', "tests/simulation"', '').replace(/^(#.*\n)?\[profile\.dev\.package\.edgefold-simulation\]\n.*\n/m, ''));
  for (const path of gone) rmSync(join(root, path), { recursive: true });
  for (const [path, text] of changed) writeFileSync(join(root, path), text);
  const said = [...gone.map((path) => `removed  ${path}`), ...[...changed.keys()].map((path) => `changed  ${path}`)];
  const left = mentions(all.map(({ type }) => type));
  console.log(`\n${said.map((line) => `edgefold  ${line}`).join('\n')}\n`);
  if (left.length) console.log(`edgefold  These still speak of what is gone. Change or delete them:\n\n${left.map((path) => `  ${path}`).join('\n')}\n`);
  console.log('edgefold  Run `npm run schema`, then `npm test -- quick`.\n');
  return 0;
}

if (isMain(import.meta.url)) await main(async () => remove());
