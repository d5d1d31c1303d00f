// Node's test reporter for `npm test`: each failure in full.
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
  for await (const { type, data } of events) {
    // A test whose own subtests failed says no more than they do.
    if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
      yield `  ${where(data)}  ${data.name}\n${indented(reason(data.details))}\n`;
    }
  }
}
