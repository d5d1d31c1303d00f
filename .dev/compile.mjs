// Compiles crates to WebAssembly with cargo.
//
// panic=unwind lets a panic fail one request and not all of them. That needs std built from source with it, which cargo
// allows on nightly only. Instead of a nightly that changes every day, the pinned stable compiler is told to accept it
// (RUSTC_BOOTSTRAP).
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, tools } from './pins.mjs';
import { Problem, run, tail } from './process.mjs';
import { timed } from './step.mjs';
import { wasm, workerCargo, workerTarget } from './toolchain.mjs';

const log = join(tools, 'log', 'build.log');

/** What cargo makes of a crate. Beside it lies the list of the files that it was made from, as `.d`. */
export const moduleOf = ({ crate, profile }) =>
  join(workerTarget, wasm, profile, `${crate.replaceAll('-', '_')}.wasm`);

/** Compiles scripts of one profile side by side: most of a release build's time is one thread's for each. */
export async function compile(scripts) {
  const { cargo, env } = await workerCargo();
  const crates = scripts.flatMap(({ crate }) => ['-p', crate]);
  const args = ['build', '--quiet', '--lib', '--profile', scripts[0].profile, '--target', wasm, ...crates];
  mkdirSync(join(tools, 'log'), { recursive: true });
  writeFileSync(log, '');
  const colour = process.stdout.isTTY ? ['--color', 'always'] : [];
  const names = scripts.map(({ name }) => name).join(' and the ');
  const flags = ['-Zbuild-std=std,panic_unwind', '-Zbuild-std-features=panic-unwind,optimize_for_size', ...colour];
  if (await timed(`compiling the ${names}`, () => run(cargo, [...args, ...flags], { log, cwd: root, env }))) return;
  throw new Problem(`the code does not compile:\n\n${tail(log, 200)}`);
}
