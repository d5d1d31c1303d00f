// What the comparison found, as pictures: a row for each peer, a column for each scenario, and in each cell a bar on the scale of
// its column. Plain SVG, readable on a light and on a dark page.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whole } from '../figures.mjs';

const size = { label: 300, column: 124, row: 24, head: 64, bar: 96 };
const style = `text { font: 12px system-ui, sans-serif; fill: #24292f; }
.quiet { fill: #57606a; } .title { font-weight: 600; font-size: 14px; }
.bar { fill: #b6bec8; } .ours { fill: #f6a35c; } .spread { stroke: #57606a; stroke-width: 1; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
  .bar { fill: #444c56; } .ours { fill: #b35c1e; } .spread { stroke: #9da7b3; }
}`;

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x, y, content, kind = '') => `<text x="${x}" y="${y}"${kind && ` class="${kind}"`}>${escaped(content)}</text>`;

/**
 * A chart as SVG.
 *
 * @param columns each with a `name` and a `unit`.
 * @param rows each with a `label`, whether it is `ours`, and `cells`: for each column `{value, lowest, highest, said}` or nothing.
 */
export function bars({ title, columns, rows }) {
  const [width, height] = [size.label + columns.length * size.column, size.head + rows.length * size.row + 8];
  const parts = [text(0, 16, title, 'title')];
  columns.forEach(({ name, unit }, index) => {
    const x = size.label + index * size.column;
    parts.push(text(x, 38, name), text(x, 54, unit, 'quiet'));
    const cells = rows.map(({ cells }) => cells[index]);
    const most = Math.max(...cells.filter(Boolean).map(({ value, highest = value }) => Math.max(value, highest)));
    const wide = (value) => Math.max(1, (value / most) * size.bar).toFixed(1);
    cells.forEach((cell, row) => {
      if (!cell) return;
      const y = size.head + row * size.row;
      parts.push(`<rect x="${x}" y="${y}" width="${wide(cell.value)}" height="18"${` class="bar${rows[row].ours ? ' ours' : ''}"`}/>`);
      if (cell.highest > cell.lowest) {
        const [from, to] = [cell.lowest, cell.highest].map((value) => (x + Number(wide(value))).toFixed(1));
        parts.push(`<line x1="${from}" y1="${y + 15}" x2="${to}" y2="${y + 15}" class="spread"/>`);
      }
      parts.push(text(x + 4, y + 13, cell.said));
    });
  });
  rows.forEach(({ label }, row) => parts.push(text(0, size.head + row * size.row + 13, label)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`, `<style>${style}</style>`, ...parts, '</svg>', '',
  ].join('\n');
}

const charts = [
  { file: 'rates', title: 'Accepted a second: more is better', unit: (unit) => unit, cell: ({ perSecond, lowest, highest }) => ({ value: perSecond, lowest, highest, said: whole(perSecond) }) },
  { file: 'latency', title: 'Milliseconds to the answer, p99: less is better', unit: () => 'ms', cell: ({ p99 }) => ({ value: p99, said: p99.toFixed(p99 < 10 ? 1 : 0) }) },
  { file: 'processor', title: 'Processor seconds of the server for 1,000 commands: less is better', unit: () => 's', cell: ({ processor }) => ({ value: processor, said: processor.toFixed(2) }) },
];

/** Writes the charts, and the figures beside them, into a folder. */
export function draw(folder, found) {
  mkdirSync(folder, { recursive: true });
  for (const { file, title, unit, cell } of charts) {
    // What only some peers have is in the tables.
    const columns = found.scenarios.filter(({ key }) => found.peers.every(({ rates }) => rates[key]));
    const rows = found.peers.map(({ name, label, rates }) => ({
      label, ours: name === 'core', cells: columns.map(({ key }) => cell(rates[key])),
    }));
    const named = columns.map(({ name, unit: own }) => ({ name, unit: unit(own) }));
    writeFileSync(join(folder, `${file}.svg`), bars({ title, columns: named, rows }));
  }
  writeFileSync(join(folder, 'peers.json'), `${JSON.stringify(found, rounded, 2)}\n`);
}

const marks = ['<!-- peers -->\n', '<!-- /peers -->'];

/** The same page with these tables between its marks. */
export function between(page, tables) {
  const [from, to] = marks.map((mark) => page.indexOf(mark));
  if (from < 0 || to < from) throw new Error(`the page has no place for the tables: ${marks.join('')}`);
  return `${page.slice(0, from)}${marks[0]}${tables}\n\n${page.slice(to)}`;
}

/** Three digits are more than such figures can say. */
const rounded = (_, value) => (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value);
