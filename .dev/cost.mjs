// What a million of each usual command costs, by published prices and by counts of what each of them takes: `npm run cost`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pins.mjs';
import { isMain, main, Problem } from './process.mjs';

const read = (name) => JSON.parse(readFileSync(join(root, 'tests/bench', name), 'utf8'));

/** What is counted: `systems` with the counts of each, `commands` and `loads`; and the prices. Each call gives a copy of its own. */
export const inputs = () => ({ ...read('prices.json'), ...read('counts.json') });

const help = `npm run cost -- [--price <name>=<dollars for a million>] [--count <system>.<command>.<load>.<name>=<number>]
                 [--load <load>] [--command <command>] [--commands-a-month <number>] [--detail]

Prints what a million commands cost. A count stands for each command; <load> and <command> may be *. Whatever can be set more than
once may be given more than once. --detail prints every count with its price; the names are those that it prints. A machine that
runs all month is shared by --commands-a-month commands (10000000). The prices lie in tests/bench/prices.json, the counts in
tests/bench/counts.json. Those of Edgefold are held by a test.`;

const number = (option, text) => {
  const value = Number(text);
  if (text?.trim() && Number.isFinite(value) && value >= 0) return value;
  throw new Problem(`${option}: "${text ?? ''}" is no number from 0 on`);
};

const one = (kind, name, known) => {
  if (known.includes(name)) return name;
  throw new Problem(`there is no ${kind} "${name}"; there are ${known.join(', ')}`);
};

function setCount(given, path, value) {
  const [system, command, load, ...rest] = path.split('.');
  const name = rest.join('.');
  const { commands } = given.systems[one('system', system, Object.keys(given.systems))];
  const some = (kind, wanted, known) => (wanted === '*' ? known : [one(kind, wanted, known)]);
  for (const command_ of some('command', command, Object.keys(given.commands))) {
    for (const load_ of some('load', load, Object.keys(given.loads))) {
      one('price', priceOf(name), Object.keys(given.prices));
      commands[command_][load_][name] = value;
    }
  }
}

/** The inputs as the arguments change them, with `wanted`: the commands, the loads, and whether the details are. */
export function parse(args, given = inputs()) {
  const wanted = { commands: [], loads: [], detail: false };
  const rest = [...args];
  while (rest.length) {
    const option = rest.shift();
    if (option === '--detail') {
      wanted.detail = true;
      continue;
    }
    const value = rest.shift() ?? '';
    const [name, set] = value.split('=');
    if (option === '--price') given.prices[one('price', name, Object.keys(given.prices))] = number(value, set);
    else if (option === '--count') setCount(given, name, number(value, set));
    else if (option === '--load') wanted.loads.push(one('load', value, Object.keys(given.loads)));
    else if (option === '--command') wanted.commands.push(one('command', value, Object.keys(given.commands)));
    else if (option === '--commands-a-month') given.commandsAMonth = number(option, value);
    else throw new Problem(`unknown option ${option}\n\n${help}`);
  }
  if (!wanted.commands.length) wanted.commands = Object.keys(given.commands);
  if (!wanted.loads.length) wanted.loads = Object.keys(given.loads);
  return { ...given, wanted };
}

/** What is counted may say where: `row-written/D1` has the price of `row-written`. */
const priceOf = (name) => name.split('/')[0];

/** Each count of a command at a load, with its dollars for a million commands. */
export function lines({ systems, prices, commandsAMonth }, system, command, load) {
  const { commands, aMonth = {} } = systems[system];
  const counted = Object.entries(commands[command][load]);
  const shared = Object.entries(aMonth).map(([name, count]) => [name, count / commandsAMonth]);
  return [...counted, ...shared].map(([name, count]) => ({ name, count, price: prices[priceOf(name)], dollars: count * prices[priceOf(name)] }));
}

/** Dollars for a million commands. */
export const dollars = (...which) => lines(...which).reduce((sum, line) => sum + line.dollars, 0);

/** The table of all that is wanted. */
export function table(given) {
  const { systems, commands, loads, wanted } = given;
  const names = Object.keys(systems);
  const rows = wanted.commands.flatMap((command) => wanted.loads.map((load) =>
    [commands[command], loads[load], ...names.map((system) => dollars(given, system, command, load).toFixed(2))]));
  const head = ['a million of', 'that come', ...names.map((system) => systems[system].name)];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const figure = (count) => (count >= 0.01 || count === 0 ? String(Number(count.toFixed(3))) : count.toPrecision(2));

function details(given) {
  const { systems, commands, loads, wanted } = given;
  return wanted.commands.flatMap((command) => wanted.loads.flatMap((load) => Object.keys(systems).flatMap((system) => [
    `\n${commands[command]}, ${loads[load]}: ${systems[system].name}`,
    ...lines(given, system, command, load).map(({ name, count, price, dollars: sum }) =>
      `  ${`${system}.${command}.${load}.${name}`.padEnd(52)} ${figure(count).padStart(9)} × ${String(price).padStart(8)} = ${sum.toFixed(3).padStart(7)} $`),
  ])));
}

if (isMain(import.meta.url)) {
  main(() => {
    const args = process.argv.slice(2);
    if (args.includes('--help')) return console.log(help);
    const given = parse(args);
    console.log(`Dollars for a million commands. ${given.about} Prices of ${given.date}.\n`);
    console.log(table(given));
    if (given.wanted.detail) console.log(details(given).join('\n'));
  });
}
