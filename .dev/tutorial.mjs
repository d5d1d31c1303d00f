// Follows the tutorial in a copy of the project, as a reader does: writes its files, runs its commands, and compares what they print.
//
// | block | what is done |
// |---|---|
// | rust file=… or js file=… | the file is written |
// | diff file=… | the lines with - give way to those with +; @@ goes on further down in the file |
// | sh | the commands are run one after the other; variables stay |
// | sh until | … again and again until they print what the next block says |
// | sh terminal=… | … in a terminal of their own, where they go on; a second one ends the first |
// | text | the block before has printed this: its lines in this order, … for anything |
// | text terminal=… | that terminal prints this by and by |
// | text page=… | the page at this address shows these lines by and by, in any order and without being loaded again |
import { createServer } from 'node:net';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copied } from './copy.mjs';
import { findChromium } from './chromium.mjs';
import { root } from './pins.mjs';
import { end, isMain, main, Problem, run, start } from './process.mjs';
import { hostRust, nodeEnv, once } from './toolchain.mjs';

const page = 'shared/manual/tutorial.md';

/** How long what comes by and by is waited for: a first build takes minutes, and a good many beside everything else. */
const patience = 45 * 60_000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The blocks of a page: { line, language, options, text }. */
export function blocks(markdown) {
  const found = [];
  let open;
  markdown.split('\n').forEach((line, i) => {
    const fence = /^```(.*)$/.exec(line);
    if (!fence) return open?.lines.push(line);
    if (open) {
      found.push({ ...open, lines: undefined, text: open.lines.map((line) => `${line}\n`).join('') });
      open = undefined;
      return undefined;
    }
    const [language, ...words] = fence[1].split(/\s+/).filter(Boolean);
    const options = Object.fromEntries(words.map((word) => word.split(/=(.*)/s)).map(([name, value]) => [name, value ?? true]));
    open = { line: i + 1, language, options, lines: [] };
    return undefined;
  });
  return found.map(({ lines, ...block }) => block);
}

/** A text after a change: each part of it replaces one place, behind that of the part before. */
export function patched(text, change) {
  let done = '';
  let rest = text;
  for (const part of change.split(/^@@.*\n/m)) {
    const lines = part.split('\n').slice(0, -1);
    const unknown = lines.find((line) => line && !/^[-+ ]/.test(line));
    if (unknown !== undefined) throw new Problem(`a line of a change begins with -, + or a blank: ${unknown}`);
    const side = (sign) => lines.filter((line) => !line.startsWith(sign)).map((line) => `${line.slice(1)}\n`).join('');
    const [before, after] = [side('+'), side('-')];
    // A place begins with a line.
    const at = `\n${rest}`.indexOf(`\n${before}`);
    if (at < 0) throw new Problem(`there is no such place in the file, or not behind the one before:\n\n${before}`);
    done += rest.slice(0, at) + after;
    rest = rest.slice(at + before.length);
  }
  return done + rest;
}

const flat = (text) => text.replace(/\s+/g, ' ').trim();

/** The first line of what is expected that does not come, in its order; undefined if all do. */
export function missing(printed, expected) {
  let rest = flat(printed);
  for (const line of expected.split('\n').map(flat).filter(Boolean)) {
    const pieces = line.split('…').map(flat);
    for (const piece of pieces) {
      const at = rest.indexOf(piece);
      if (at < 0) return line;
      rest = rest.slice(at + piece.length);
    }
  }
  return undefined;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return `${port}`;
}

/** The first line that is not there, in whatever order they are. */
const absent = (shown, expected) => expected.split('\n').find((line) => missing(shown, line) !== undefined);

/** Waits for what comes by and by: `look` gives what there is, `lacking` the line of `expected` that it lacks. */
async function comes(expected, look, { within = patience, lacking = missing } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    const there = await look();
    const lacks = lacking(there, expected);
    if (lacks === undefined) return;
    if (Date.now() > deadline) throw new Problem(`«${lacks}» did not come. What came:\n\n${there}`);
    await pause(500);
  }
}

/** A reader, with what is open on the desk: a shell, terminals, pages of a browser. */
class Reader {
  #terminals = new Map();
  #pages = new Map();
  #browser;
  #printed = '';

  constructor(copy, env, log) {
    Object.assign(this, { copy, env, log });
  }

  #say(text) {
    if (this.log) appendFileSync(this.log, text);
    else process.stdout.write(text);
  }

  write(file, text) {
    const to = join(this.copy, file);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, text);
  }

  change(file, text) {
    this.write(file, patched(readFileSync(join(this.copy, file), 'utf8'), text));
  }

  /** Runs commands in the shell, whose variables stay. */
  async #shell(text) {
    const [variables, output] = ['variables', 'output'].map((name) => join(this.copy, `target/shell.${name}`));
    const script = `set -eauo pipefail\n[ -f '${variables}' ] && . '${variables}'\n${text}\nexport -p > '${variables}'`;
    rmSync(output, { force: true });
    const ok = await run('bash', ['-c', script], { cwd: this.copy, env: this.env, log: output });
    this.#printed = readFileSync(output, 'utf8');
    return ok;
  }

  async run(text, until) {
    if (until !== undefined) return comes(until, async () => ((await this.#shell(text)) ? this.#printed : ''), { within: 60_000 });
    const ok = await this.#shell(text);
    this.#say(this.#printed);
    if (!ok) throw new Problem(`this fails:\n\n${text}\n${this.#printed.split('\n').slice(-60).join('\n')}`);
    return undefined;
  }

  /** Whether the commands before have printed this. */
  printed(expected) {
    const lacks = missing(this.#printed, expected);
    if (lacks !== undefined) throw new Problem(`this was not printed: «${lacks}». What was:\n\n${this.#printed}`);
  }

  /** Starts commands in a terminal; what has run there is ended. */
  async open(name, text) {
    const before = this.#terminals.get(name);
    if (before) await end(before.group);
    const { child, ended } = start('bash', ['-c', text], { cwd: this.copy, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const terminal = { group: child.pid, printed: '', ended: undefined };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        terminal.printed += text;
        this.#say(text);
      });
    }
    ended.then(({ code }) => (terminal.ended = code));
    this.#terminals.set(name, terminal);
  }

  /** Waits until a terminal prints this. What it has printed counts once. */
  async prints(name, expected) {
    const terminal = this.#terminals.get(name);
    if (!terminal) throw new Problem(`there is no terminal ${name} yet`);
    await comes(expected, () => {
      if (terminal.ended !== undefined) throw new Problem(`terminal ${name} has ended:\n\n${terminal.printed}`);
      return terminal.printed;
    });
    terminal.printed = '';
  }

  /** What a page shows: of a browser where there is one, else what the server sends. */
  async #shown(address) {
    if (this.#browser === undefined) this.#browser = await launched();
    if (!this.#browser) return (await (await fetch(address)).text()).replace(/<style>[^]*?<\/style>|<script>[^]*?<\/script>|<[^>]*>/g, ' ');
    if (!this.#pages.has(address)) {
      const opened = await this.#browser.newPage();
      await opened.goto(address);
      this.#pages.set(address, opened);
    }
    return this.#pages.get(address).innerText('body');
  }

  shows(address, expected) {
    return comes(expected, () => this.#shown(address), { within: 120_000, lacking: absent });
  }

  async leave() {
    if (this.#browser) await this.#browser.close();
    await Promise.all([...this.#terminals.values()].map(({ group }) => end(group)));
  }
}

/** A browser; false if there is none here. */
async function launched() {
  try {
    const { chromium } = await import('playwright-core');
    // Chromium has no sandbox for root.
    return await chromium.launch({ executablePath: await findChromium(), chromiumSandbox: process.getuid() !== 0 });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.log(`edgefold  the page is read without a browser: ${error.message}`);
    return false;
  }
}

/** What a block asks for. `next` is the block behind it. */
async function follow(reader, { language, options, text }, next) {
  if (options.file) return language === 'diff' ? reader.change(options.file, text) : reader.write(options.file, text);
  if (language === 'sh' && options.terminal) return reader.open(options.terminal, text);
  if (language === 'sh') return reader.run(text, options.until && next?.text);
  if (language !== 'text') throw new Problem(`a block of ${language || 'no language'} says neither where it goes nor what it is for`);
  if (options.terminal) return reader.prints(options.terminal, text);
  if (options.page) return reader.shows(options.page, text);
  return reader.printed(text);
}

/** The copy, as a clone that nobody has worked in. */
async function clone() {
  // What cargo compiles is shared, so that each dependency is compiled once.
  const copy = await copied('tutorial', { links: ['node_modules', '.tools', 'target/debug', 'target/worker'] });
  const git = (...args) => run('git', ['-c', 'user.name=reader', '-c', 'user.email=reader@example.com', ...args], { cwd: copy, log: join(copy, 'target/git.log') });
  if (!((await git('init', '--quiet')) && (await git('add', '--all')) && (await git('commit', '--quiet', '--message', 'engine')))) {
    throw new Problem('git could not make a repository of the copy: see target/tutorial/target/git.log');
  }
  return copy;
}

/** Follows the tutorial to its end; `from` a line of the page on in the copy that there is. */
export async function tutorial(log, from = 0) {
  const [copy, [core, site], { env }] = [from ? join(root, 'target/tutorial') : await clone(), [await freePort(), await freePort()], await hostRust()];
  const { PATH } = nodeEnv();
  // Of the user's own servers, none is asked and none is in the way.
  const moved = (text) => text.replaceAll('8787', core).replaceAll('localhost:3000', `localhost:${site}`).replaceAll('listen(3000', `listen(${site}`);
  const reader = new Reader(copy, { ...env, ...once, PATH: `${PATH}:${env.PATH}`, PORT: core }, log);
  const steps = blocks(readFileSync(join(root, page), 'utf8'));
  const since = Date.now();
  try {
    for (const [i, step] of steps.entries()) {
      if (step.line < from) continue;
      const seconds = Math.round((Date.now() - since) / 1000);
      const [first] = step.text.split('\n');
      const said = `\nedgefold  ${page}:${step.line}, ${seconds} s: ${step.options.file ?? first}\n`;
      if (log) appendFileSync(log, said);
      else process.stdout.write(said);
      const options = Object.fromEntries(Object.entries(step.options).map(([name, value]) => [name, name === 'page' ? moved(value) : value]));
      const next = steps[i + 1] && { ...steps[i + 1], text: moved(steps[i + 1].text) };
      try {
        await follow(reader, { ...step, options, text: moved(step.text) }, next);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        throw new Problem(`${page}, line ${step.line}: ${error.message}`);
      }
    }
  } finally {
    await reader.leave();
  }
  return true;
}

// `node .dev/tutorial.mjs` shows what is going on, and with the number of a line it goes on there, for whoever writes the page.
if (isMain(import.meta.url)) await main(async () => ((await tutorial(undefined, Number(process.argv[2] ?? 0))) ? 0 : 1));
