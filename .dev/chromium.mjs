// Finds a Chromium for the tests that need a browser, or unpacks Debian's into the project. Playwright downloads none.
import { appendFileSync, chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianHere, installDebianChromium } from './debian.mjs';
import { locked } from './lock.mjs';
import { atLeast, chromium, tools } from './pins.mjs';
import { output, Problem } from './process.mjs';
import { step } from './step.mjs';
import { plainEnv } from './environment.mjs';

const place = join(tools, 'chromium');
const launcher = join(place, 'chromium');
const known = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The version of a browser as its numbers; undefined if it does not run. */
async function versionOf(command) {
  const text = await output(command, ['--version'], { env: plainEnv });
  return text?.match(/\b(\d+(?:\.\d+)+)\b/)?.[1];
}

async function newEnough(command) {
  const version = await versionOf(command);
  return Boolean(version && atLeast(version, chromium));
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The folders of libraries that were unpacked with the browser: none where the system has them all. */
function libraryFolders() {
  const folders = ['usr/lib', 'lib'].flatMap((lib) => {
    const names = existsSync(join(place, lib)) ? readdirSync(join(place, lib)) : [];
    return names.filter((name) => name.endsWith('-linux-gnu')).map((name) => join(place, lib, name));
  });
  return [...folders, ...folders.map((folder) => join(folder, 'pulseaudio'))].filter(existsSync);
}

/** Writes the command that starts the unpacked browser with the libraries and the fonts that came with it. */
function writeLauncher() {
  const libraries = libraryFolders().join(':');
  const fonts = join(place, 'fonts.conf');
  const dirs = ['/usr/share/fonts', join(place, 'usr/share/fonts')].map((folder) => `<dir>${folder}</dir>`);
  writeFileSync(
    fonts,
    `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n` +
      `<fontconfig>${dirs.join('')}<cachedir>${join(place, 'fonts.cache')}</cachedir></fontconfig>\n`,
  );
  const lines = [
    '#!/bin/sh',
    libraries && `export LD_LIBRARY_PATH=${quoted(libraries)}"\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    `export FONTCONFIG_FILE=${quoted(fonts)}`,
    `exec ${quoted(join(place, 'usr/lib/chromium/chromium'))} "$@"`,
  ];
  writeFileSync(launcher, `${lines.filter(Boolean).join('\n')}\n`);
  chmodSync(launcher, 0o755);
}

/** For the end of the log: the libraries that neither the system nor the packages have. */
async function sayWhatIsMissing(log) {
  const env = { ...plainEnv, LD_LIBRARY_PATH: libraryFolders().join(':') };
  const text = (await output('ldd', [join(place, 'usr/lib/chromium/chromium')], { env })) ?? 'ldd is not here';
  const missing = text.split('\n').filter((line) => /not found|not here/.test(line));
  appendFileSync(log, `the unpacked Chromium does not run. Missing:\n${missing.join('\n') || '  no library'}\n`);
  return false;
}

/** The command that starts a Chromium or Chrome. A Problem says what is missing where there is none. */
export async function findChromium() {
  const given = process.env.CHROME_PATH;
  if (given) {
    if (await newEnough(given)) return given;
    throw new Problem(`CHROME_PATH=${given} is no Chromium or Chrome ${chromium.join('.')} or newer`);
  }
  const old = [];
  for (const command of known) {
    const version = await versionOf(command);
    if (version && !atLeast(version, chromium)) old.push(`${command} is ${version}`);
    if (!version || !atLeast(version, chromium)) continue;
    // Playwright wants the path, not the name.
    return command.startsWith('/') ? command : output('sh', ['-c', `command -v ${command}`], { env: plainEnv });
  }
  if (process.platform !== 'linux' || !(await debianHere())) {
    throw new Problem(
      `there is no Chromium or Chrome ${chromium.join('.')} or newer on PATH${old.map((it) => ` (${it})`).join('')}, and no apt to ` +
        'get one from. ' +
        'Install one, or name it: CHROME_PATH=/path/to/chrome',
    );
  }
  await locked('setup', () =>
    step({
      name: 'chromium',
      label: 'unpacking Chromium from Debian packages, 125 MB or more (about 15 s)',
      key: chromium.join('.'),
      makes: launcher,
      run: async (log) => {
        if (!(await installDebianChromium(place, log))) return false;
        writeLauncher();
        return (await newEnough(launcher)) || sayWhatIsMissing(log);
      },
    }),
  );
  return launcher;
}
