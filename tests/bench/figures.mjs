// From what was measured to what is said.

/** How often each scenario is measured, after a warm-up. */
export const rounds = 3;

/** The value below which this share of them lies. */
export function percentile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (values) => percentile(values, 0.5);

export const whole = (value) => Math.round(value).toLocaleString('en');
export const ms = (value) => `${value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)} ms`;
export const kilobytes = (bytes) => `${whole(bytes / 1024)} KiB`;
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
export const times = (value) => `× ${value.toFixed(2)}`;

const widthsOf = (all) => all[0].map((_, column) => Math.max(...all.map((row) => `${row[column] ?? ''}`.length)));
const padded = (row, widths) => widths.map((width, column) => `${row[column] ?? ''}`[column ? 'padStart' : 'padEnd'](width));

/** Rows of cells as lines: the first column to the left, numbers to the right. */
export function table(head, rows) {
  const widths = widthsOf([head, ...rows]);
  const line = (row) => padded(row, widths).join('   ').trimEnd();
  return ['', line(head), widths.map((width) => '─'.repeat(width)).join('   '), ...rows.map(line)].join('\n');
}

/** The same as a table of Markdown, for the manual. */
export function markdown(head, rows) {
  const widths = widthsOf([head, ...rows]);
  const line = (row) => `| ${padded(row, widths).join(' | ')} |`;
  const rule = widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return ['', line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
