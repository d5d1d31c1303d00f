// Node's test reporter for `npm test`: a line for each file, and each failure in full with what its file printed.
import { basename } from 'node:path';
import { inspect } from 'node:util';

const where = ({ file, line }) => (file ? `${basename(file)}:${line}` : '');

/** What went wrong, without the wrapper that the runner puts around it. */
function reason({ error }) {
  const cause = error?.cause ?? error;
  return cause instanceof Error ? inspect(cause) : String(cause);
}

const indented = (text) => text.replace(/^(?=.)/gm, '      ');

export default async function* reporter(events) {
  const printed = new Map(); // file -> what it wrote
  let total;
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') {
      printed.set(data.file, (printed.get(data.file) ?? '') + data.message);
    }
    // A test whose own subtests failed says no more than they do.
    if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
      yield `  FAILED  ${where(data)}  ${data.name}\n${indented(reason(data.details))}\n`;
    }
    if (type !== 'test:summary') continue;
    if (!data.file) {
      total = data.counts;
      continue;
    }
    const { tests, failed, cancelled } = data.counts;
    const verdict = failed + cancelled ? 'FAILED' : 'ok';
    yield `  ${verdict.padEnd(8)}${basename(data.file).padEnd(34)}${String(tests).padStart(4)} tests${(data.duration_ms / 1000).toFixed(1).padStart(8)} s\n`;
    if (verdict !== 'ok' && printed.has(data.file)) yield `${indented(printed.get(data.file))}\n`;
    printed.delete(data.file);
  }
  // What no file's summary has claimed: a file that ended before it could report.
  for (const [file, text] of printed) yield `  ${basename(file)} printed:\n${indented(text)}\n`;
  if (total) yield `  ${total.passed} tests passed, ${total.failed + total.cancelled} failed, ${total.skipped} skipped\n`;
}
