// What the comparison found, as tables of Markdown: the manual has them as they are printed.
import { markdown, megabytes, ms, times, whole } from '../figures.mjs';

/** A row for each peer, a column for each scenario in which anybody has the figure. */
function byScenario({ scenarios, peers }, title, cell, has = () => true) {
  const rows = peers.filter(has);
  const columns = scenarios.filter(({ key }) => rows.some(({ rates }) => rates[key]));
  const head = [title, ...columns.map(({ name, unit }) => (unit === 'events/s' ? `${name}, events` : name))];
  return markdown(head, rows.map((peer) => [peer.label, ...columns.map(({ key }) => (peer.rates[key] ? cell(peer.rates[key]) : ''))]));
}

const spread = ({ perSecond, lowest, highest }) => `${whole(perSecond)} (${whole(lowest)}–${whole(highest)})`;

function others({ peers, events }) {
  const head = ['', `first look at ${whole(events)} events`, 'without a snapshot', 'memory, idle', 'memory, after the load'];
  const look = (time) => (time === undefined ? '' : ms(time));
  return markdown(head, peers.map(({ label, cold, memory }) => [
    label, look(cold?.ms), look(cold?.without), megabytes(memory.idle), megabytes(memory.busy),
  ]));
}

/** What cannot be made equal. */
const lacking = ({ peers }) => ['', ...peers.filter(({ lacks }) => lacks).map(({ label, lacks }) => `- ${label}: no ${lacks}`)].join('\n');

/** How Edgefold stands to the better of the JavaScript Workers with all duties, and to each PostgreSQL peer's cost. */
function ratios(found) {
  const of = (name) => found.peers.find((peer) => peer.name === name).rates;
  const [core, ...duties] = ['core', 'queued', 'journalled'].map(of);
  const columns = found.scenarios.filter(({ key }) => duties.every((rates) => rates[key]));
  const best = (key, figure, choose) => choose(...duties.map((rates) => rates[key][figure]));
  const ratio = (one, other) => times(one / other);
  const line = (title, cell) => [title, ...columns.map(({ key }) => cell(key))];
  const cost = (name) => (key) => ratio(core[key].processor, of(name)[key].processor);
  return markdown(['Edgefold beside', ...columns.map(({ name }) => name)], [
    line('the better JavaScript Worker with all duties, rate', (key) => ratio(core[key].perSecond, best(key, 'perSecond', Math.max))),
    line('the same, p99', (key) => ratio(core[key].p99, best(key, 'p99', Math.min))),
    line('Emmett with PostgreSQL, processor time', cost('emmettPostgres')),
    line('cqrs-es with postgres-es, processor time', cost('cqrs')),
  ]);
}

const measured = ({ date, cores, rounds, seconds, postgres }) =>
  `Measured on ${date} with ${cores} cores, which the load generator shared, in ${rounds} rounds of ${seconds} s; PostgreSQL ${postgres}.`;

export function report(found) {
  return [
    '',
    measured(found),
    byScenario(found, 'accepted a second, median (lowest–highest)', spread),
    byScenario(found, 'milliseconds to the answer, p50 / p99', ({ p50, p99 }) => `${p50.toFixed(1)} / ${p99.toFixed(1)}`),
    byScenario(found, 'processor seconds for 1,000', ({ processor }) => processor.toFixed(2)),
    byScenario(
      found, 'until all accepted is in lists, slowest round', ({ readable }) => ms(readable),
      ({ rates }) => Object.values(rates).some(({ readable }) => readable !== undefined),
    ),
    ratios(found),
    others(found),
    lacking(found),
  ].join('\n');
}
