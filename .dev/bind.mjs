// Makes a script of a WebAssembly module: its JavaScript side, an entry for the platform, one bundle.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { withOwnNames } from './names.mjs';
import { root, tools } from './pins.mjs';
import { Problem, run, tail } from './process.mjs';
import { bindgen, nodeBinary, nodeEnv } from './toolchain.mjs';

/** wasm-opt may use what rustc uses and no newer encoding, which the platform may not know yet. */
const features = [
  'mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types',
  'exception-handling',
].map((feature) => `--enable-${feature}`);

const handlers = ['fetch', 'queue', 'scheduled'];

/**
 * The module that the platform loads: the handlers as an entry point, and the classes. A function that is named like a class
 * makes the objects of an aggregate, which are all of one class in the WebAssembly module.
 */
function entry(bindings) {
  const names = (kind) => [...bindings.matchAll(new RegExp(`^export ${kind} (\\w+)`, 'gm'))].map(([, name]) => name);
  const functions = names('function');
  const classes = names('class').filter((name) => name !== 'AggregateObject');
  const aggregates = functions.filter((name) => /^[A-Z]/.test(name));
  return `import { WorkerEntrypoint } from 'cloudflare:workers';
import * as script from './index.js';

const state = script.__worker_init_state();

// A trap, as when the memory runs out, makes the \`worker\` crate start a new instance of the module. An object of the old
// instance is then made anew at its next call.
const renewed = (Class, make) => new Proxy(Class, {
  construct(_, args) {
    let [object, instance] = [make(...args), state.instanceId];
    const current = () => {
      if (instance !== state.instanceId) [object, instance] = [make(...args), state.instanceId];
      return object;
    };
    return new Proxy(object, {
      get: (_, name) => Reflect.get(current(), name),
      set: (_, name, value) => Reflect.set(current(), name, value),
    });
  },
});

export default class extends WorkerEntrypoint {
${handlers.filter((name) => functions.includes(name)).map((name) => `  ${name}(arg) {
    return script.${name}(arg, this.env, this.ctx);
  }`).join('\n')}
}
${classes.map((name) => `export const ${name} = renewed(script.${name}, (...args) => new script.${name}(...args));`).join('\n')}
${aggregates.map((name) => `export const ${name} = renewed(script.AggregateObject, script.${name});`).join('\n')}
`;
}

/**
 * Writes index.js and index_bg.wasm into `out`, which is replaced only when both are complete. `optimise` makes them as
 * small as they can be, for what is deployed.
 */
export async function bind(module, out, { optimise }) {
  const part = join(root, 'target', `${basename(out)}.part`); // not beside build/, where git would see it
  const log = join(tools, 'log', `bind-${basename(out)}.log`);
  const at = (name) => join(part, name);
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  mkdirSync(join(tools, 'log'), { recursive: true });
  writeFileSync(log, '');
  const node = (...args) => [nodeBinary(), args, { log, cwd: part, env: nodeEnv() }];
  const step = async (what, done) => {
    if (!(await done)) throw new Problem(`${what} failed. The end of ${relative(root, log)}:\n\n${tail(log)}`);
  };
  await step('the binding generator', run(bindgen, [module, part], { log }));
  writeFileSync(at('entry.js'), entry(readFileSync(at('index.js'), 'utf8')));
  const bundle = ['--bundle', '--format=esm', '--external:./index_bg.wasm', '--external:cloudflare:*'];
  const small = optimise ? ['--minify'] : [];
  const esbuild = join(root, 'node_modules/esbuild/bin/esbuild');
  await step('esbuild', run(...node(esbuild, 'entry.js', '--outfile=bundle.js', ...bundle, ...small)));
  if (optimise) {
    const wasmOpt = join(root, 'node_modules/binaryen/bin/wasm-opt');
    const names = '--debuginfo'; // of functions, for a stack in the log
    // Functions that are alike have names that are alike: side by side they compress better, by a sixteenth of the whole.
    const order = '--reorder-functions-by-name';
    await step('wasm-opt', run(...node(wasmOpt, 'index_bg.wasm', '-o', 'index_bg.wasm', '-O', ...features, names, order)));
    writeFileSync(at('index_bg.wasm'), withOwnNames(readFileSync(at('index_bg.wasm'))));
  }
  // The platform knows no import phases.
  const script = readFileSync(at('bundle.js'), 'utf8').replace('import source ', 'import ');
  for (const name of ['entry.js', 'bundle.js', 'snippets']) rmSync(at(name), { recursive: true, force: true });
  writeFileSync(at('index.js'), script);
  rmSync(out, { recursive: true, force: true });
  renameSync(part, out);
}
