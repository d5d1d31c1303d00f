// `npm run new -- invoice`: a new aggregate, copied from the smallest one there is (tests/thing) and registered everywhere.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './pins.mjs';
import { isMain, main, Problem } from './process.mjs';
import { printSchema } from './schema.mjs';
import { setup } from './setup.mjs';
import { cargoExtra } from './stages.mjs';

const pattern = join(root, 'tests/thing');

/** The files outside its folder in which an aggregate has a line or two. */
export const places = { manifest: 'workers/core/Cargo.toml', script: 'workers/core/src/lib.rs', config: 'wrangler.toml' };

/** The line in the configuration that stands over the bindings of aggregates. */
export const overAggregates = '# One class for each aggregate type.';

/** Longest type: bindings, classes, tables and paths have it in their names. */
const longest = 40;

/** Names that every aggregate or the script has already. */
const taken = [
  'Accepted', 'Box', 'Choice', 'Command', 'Core', 'Err', 'Journal', 'Me', 'Mutation', 'None', 'Object', 'Ok', 'Option', 'Query', 'Refusal', 'Rejected',
  'Result', 'Roles', 'Self', 'Session', 'Some', 'State', 'Status', 'String', 'Subscription', 'Thing', 'Vec',
];

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function plural(word) {
  if (/[^aeiou]y$/.test(word)) return word.replace(/y$/, 'ies');
  return /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

/** How a type is written in each place: `gift-card` is the type `gift_card`. A Problem says why there can be none of this name. */
export function namesOf(type, reserved = []) {
  const form = 'A type is lower-case words with - between them, such as invoice or gift-card';
  if (!type) throw new Problem('usage: npm run new -- invoice');
  if (!/^[a-z][a-z0-9]*([-_][a-z][a-z0-9]*)*$/.test(type)) throw new Problem(`${JSON.stringify(type)} is no name for a type. ${form}.`);
  if (type.length > longest) throw new Problem(`${type} is too long for a type: it may have ${longest} characters.`);
  const words = type.split(/[-_]/);
  const many = [...words.slice(0, -1), plural(words.at(-1))];
  const rust = words.map(capital).join('');
  if ([...taken, ...reserved].includes(rust)) throw new Problem(`${type} cannot be a type: ${rust} is the name of something else already.`);
  const inGraphql = ([first, ...rest]) => [first, ...rest.map(capital)].join('');
  return {
    type: words.join('_'), // stored, and in paths
    folder: `workers/${words.join('-')}`,
    package: `edgefold-${words.join('-')}`,
    crate: `edgefold_${words.join('_')}`,
    rust,
    binding: words.join('_').toUpperCase(),
    class: `${rust}Object`,
    spoken: words.join(' '),
    article: /^[aeiou]/.test(type) ? 'an' : 'a',
    manySpoken: many.join(' '),
    // What GraphQL calls the list, unless it is the type with an s.
    list: inGraphql(many) === `${inGraphql(words)}s` ? undefined : inGraphql(many),
  };
}

/** The names of Rust that every file of an aggregate has by the prelude. */
const inPrelude = () => [...readFileSync(join(root, 'shared/flow/src/prelude.rs'), 'utf8').matchAll(/\b[A-Z]\w+/g)].map(([name]) => name);

/** A file of the pattern, with the words of this type in it. */
export function inItsWords(text, names) {
  const lists = names.list && `    const PLURAL: Option<&'static str> = Some("${names.list}");\n`;
  return text
    .replace(/^description = .*$/m, `description = "${capital(names.article)} ${names.spoken}"`)
    .replace(/(impl Lists for Thing \{\n)/, `$1${lists ?? ''}`)
    .replaceAll('edgefold-thing', names.package)
    .replaceAll('edgefold_thing', names.crate)
    .replaceAll('"thing"', `"${names.type}"`)
    .replaceAll('**Thing**', `**${capital(names.spoken)}**`)
    .replaceAll('THING', names.binding)
    .replaceAll('Thing', names.rust)
    .replace(/\b[Aa] thing\b/g, (found) => `${found[0] === 'A' ? capital(names.article) : names.article} ${names.spoken}`)
    .replace(/\bthings\b/g, names.manySpoken)
    .replace(/\bthing\b/g, names.spoken);
}

/** The manifest of the script, with the crate among its dependencies. */
export function inManifest(text, { package: name, folder }) {
  const line = `${name} = { path = "../${folder.split('/')[1]}" }\n`;
  const [last] = [...text.matchAll(/^edgefold-(roles.*|\S+ = \{ path = "\.\.\/.*)\n/gm)].slice(-1);
  if (!last) throw new Problem(`${places.manifest} has no crate of workers/ among its dependencies. Nothing was changed. It lacks:\n\n${line}`);
  const end = last.index + last[0].length;
  return text.slice(0, end) + line + text.slice(end);
}

/** The script, with the aggregate in its table. */
export function inScript(text, { binding, class: name, crate, rust }) {
  const table = /^( *)aggregates: \{\n(?:.*\n)*?\1\}/m.exec(text);
  const indent = `${table?.[1] ?? ''}    `;
  const line = `${indent}"${binding}" => ${name}(${crate}::${rust}),\n`;
  if (!table) throw new Problem(`${places.script} has no table of aggregates. Nothing was changed. It lacks:\n\n${line}`);
  const end = table.index + table[0].lastIndexOf('\n') + 1;
  return text.slice(0, end) + line + text.slice(end);
}

/** The configuration, with the binding and a migration that creates the class. */
export function inConfig(text, { binding, class: name }) {
  const parts = text.split('\n\n');
  const isBinding = (part) => part?.includes('[[durable_objects.bindings]]');
  const isOfAggregate = (part) => part?.startsWith('[[durable_objects.bindings]]');
  let place = parts.findIndex((part) => part.startsWith(overAggregates));
  if (place < 0) place = parts.findIndex(isBinding);
  const migrations = parts.findLastIndex((part) => part.includes('[[migrations]]'));
  const [binds, tags] = [`[[durable_objects.bindings]]\nname = "${binding}"\nclass_name = "${name}"`, text.matchAll(/^tag = "v(\d+)"/gm)];
  const tag = Math.max(0, ...[...tags].map(([, number]) => Number(number))) + 1;
  const creates = `[[migrations]]\ntag = "v${tag}"\nnew_sqlite_classes = ["${name}"]`;
  if (place < 0 || migrations < place) {
    throw new Problem(`${places.config} has no bindings, or no migrations behind them. Nothing was changed. It lacks:\n\n${binds}\n\n${creates}`);
  }
  // The aggregates come first; what else is bound has a comment of its own.
  while (isOfAggregate(parts[place + 1])) place += 1;
  if (parts[place] === overAggregates) parts[place] = `${overAggregates}\n${binds}`;
  else parts.splice(place + 1, 0, binds);
  parts.splice(parts.findLastIndex((part) => part.includes('[[migrations]]')) + 1, 0, creates);
  return parts.join('\n\n');
}

/** Every file of the pattern, by its path there. */
const patternFiles = () => readdirSync(pattern, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(pattern.length + 1))
  .sort();

async function create() {
  const names = namesOf(process.argv[2], inPrelude());
  const read = (path) => readFileSync(join(root, path), 'utf8');
  if (existsSync(join(root, names.folder))) throw new Problem(`${names.folder} is there already: choose another type, or delete that folder.`);
  if (read(places.config).includes(`"${names.binding}"`)) throw new Problem(`${places.config} has something with the name ${names.binding} already: choose another type.`);
  // All of it is made before anything is written: what does not fit leaves nothing behind.
  const copied = patternFiles().map((path) => [`${names.folder}/${path}`, inItsWords(read(`tests/thing/${path}`), names)]);
  const registered = [[places.manifest, inManifest], [places.script, inScript], [places.config, inConfig]].map(([path, change]) => [path, change(read(path), names)]);
  await setup();
  for (const [path, text] of [...copied, ...registered]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  await cargoExtra(undefined, 'rustfmt', 'fmt', '-p', names.package);
  const { ok, changed } = await printSchema();
  const made = [...copied.map(([path]) => `new      ${path}`), ...registered.map(([path]) => `changed  ${path}`), ...changed];
  console.log(`\n${made.map((line) => `edgefold  ${line}`).join('\n')}\n`);
  if (!ok) throw new Problem('the formats in schema/ were not printed: see the messages above, and try `npm run schema`');
  console.log(`edgefold  The type is ${names.type}. What comes next:

  1. Say in ${names.folder}/src what it is: commands.rs, events.rs, state.rs and rules.rs, with its test in tests/rules.rs.
  2. Nothing is stored yet. If the names or fields of events have changed: rm -r schema/golden/${names.type}
  3. npm run schema         prints its formats
     npm test -- quick      checks it
     npm start              serves it

  shared/manual/tutorial.md goes this way step by step.
`);
  return 0;
}

if (isMain(import.meta.url)) await main(create);
