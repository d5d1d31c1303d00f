// Debian's packages, unpacked into the project: no root needed, nothing of the system changes.
//
// This is the way in where rustup's servers cannot be reached but the system's package mirror can.
// `rustc-web` is a current Rust that Debian keeps for building browsers; with `rust-web-src` it carries
// the library source from which std for wasm32 is built. The browser of the tests comes the same way.
import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, chromium, parts, rust, tools } from './pins.mjs';
import { output, run } from './process.mjs';

const apt = join(tools, 'apt');
const privateLists = ['-o', `Dir::State::lists=${join(apt, 'lists')}`];
// apt's own locks and caches belong to root.
const unprivileged = ['-o', 'Debug::NoLocking=1', '-o', `Dir::Cache=${join(apt, 'cache')}`];

export const debianHere = async () =>
  Boolean((await output('apt-get', ['--version'])) && (await output('dpkg-deb', ['--version'])));

async function depends(lists, name) {
  const text = (await output('apt-cache', [...lists, 'depends', name])) ?? '';
  return [...text.matchAll(/Depends: (\S+)/g)].map(([, dependency]) => dependency);
}

async function newEnough(lists, name, least, log) {
  const policy = (await output('apt-cache', [...lists, 'policy', name])) ?? '';
  const version = policy.match(/Candidate: (?:\d+:)?(\d+(?:\.\d+)+)/)?.[1];
  if (version && atLeast(version, least)) return true;
  appendFileSync(log, `${name} ${version ?? '(none)'}: ${least.join('.')} or newer is needed\n`);
  return false;
}

/** The packages of a Rust that is new enough, from the system's package lists or from fresher ones. */
async function rustPackages(lists, log) {
  if (!(await newEnough(lists, 'rustc-web', parts(rust), log))) return undefined;
  const std = (await depends(lists, 'libstd-rust-web-dev')).find((name) => /^libstd-rust-web-[\d.]+$/.test(name));
  const llvm = std && (await depends(lists, std)).find((name) => /^libllvm\d+$/.test(name));
  if (!llvm) {
    appendFileSync(log, 'no LLVM named among the dependencies of rustc-web\n');
    return undefined;
  }
  // The linker must not be older than the LLVM that wrote the object files.
  const lld = llvm.replace('libllvm', 'lld-');
  return ['rustc-web', 'cargo-web', 'rust-web-src', 'libstd-rust-web-dev', std, llvm, lld];
}

/** Downloads the packages and what they need that the system does not have. */
async function download(lists, packages, log) {
  rmSync(join(apt, 'cache'), { recursive: true, force: true });
  mkdirSync(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
  const install = ['-y', '--download-only', '--reinstall', '--no-install-recommends', 'install'];
  return run('apt-get', [...unprivileged, ...lists, ...install, ...packages], { log });
}

async function update(log) {
  mkdirSync(join(apt, 'lists', 'partial'), { recursive: true });
  return run('apt-get', [...unprivileged, ...privateLists, 'update'], { log });
}

/** Unpacks the downloaded packages; `select` names the parts to take as arguments to tar. */
async function unpack(into, select, log) {
  const archives = join(apt, 'cache', 'archives');
  const fresh = `${into}.part`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    const pipe = 'set -e; deb=$1; into=$2; shift 2; dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$into" --wildcards "$@"';
    const args = ['-c', pipe, 'sh', join(archives, file), fresh, ...select(file)];
    if (!(await run('sh', args, { log }))) return false;
  }
  rmSync(into, { recursive: true, force: true });
  renameSync(fresh, into); // half an unpacked toolchain is never seen under its name
  rmSync(apt, { recursive: true, force: true });
  return true;
}

/** Tries the system's package lists first: they are there without a download. */
async function install(into, packages, select, log) {
  for (const lists of [[], privateLists]) {
    if (lists.length && !(await update(log))) return false;
    const names = await packages(lists, log);
    if (names && (await download(lists, names, log))) return unpack(into, select, log);
  }
  return false;
}

const noDocs = ['--exclude=./usr/share'];

export const installDebianRust = (into, log) =>
  install(
    into,
    rustPackages,
    // Of the compiler's source only the library: the rest is most of a gigabyte.
    (file) =>
      file.startsWith('rust-web-src') ? ['./usr/src/rustc-*/library', './usr/lib/rustlib/src'] : noDocs,
    log,
  );

/** The browser of the tests; fonts come with it where the system has none. */
export const installDebianChromium = (into, log) =>
  install(
    into,
    async (lists, log) => (await newEnough(lists, 'chromium', chromium, log)) && ['chromium'],
    (file) => (file.startsWith('fonts-') ? ['./usr/share/fonts'] : noDocs),
    log,
  );

/** A database server for the benchmark: the one of the release, whatever its version. */
export const installDebianPostgres = (into, log) =>
  install(
    into,
    async (lists) => {
      const server = (await depends(lists, 'postgresql')).find((name) => /^postgresql-\d+$/.test(name));
      return server && [server];
    },
    () => ['doc', 'locale', 'man'].map((name) => `--exclude=./usr/share/${name}`),
    log,
  );
