// The aggregate of the peers that run on Emmett: a device that reports its status.

const statuses = ['OK', 'WARN', 'FAULT'];
const valid = ({ name, payload }) =>
  name === 'UpdateDeviceStatus' &&
  statuses.includes(payload?.status) &&
  Number.isFinite(payload.reading) &&
  !Number.isNaN(Date.parse(payload.observedAt));

export class Refused extends Error {}

export const initialState = () => ({ readings: 0 });

export const evolve = (state, { data }) => ({ ...data, readings: state.readings + 1 });

/** What a command does to a state that it has been given: one event. */
export const decide = (command) => () => {
  if (!valid(command)) throw new Refused('not a report of a status');
  return { type: 'DeviceStatusUpdated', data: command.payload };
};

export const mapToStreamId = (id) => `device-${id}`;

/** The answer to a command, or the answers to a batch, as the benchmark's other peers give them. */
export function answer(said, { nextExpectedStreamVersion }) {
  const commands = [said].flat();
  const first = Number(nextExpectedStreamVersion) - commands.length + 1;
  const answers = commands.map(({ commandId }, index) => ({ status: 202, commandId, version: first + index }));
  return Array.isArray(said) ? { status: 200, body: answers } : { status: 202, body: answers[0] };
}

/** So many reports, to fill a stream with. */
export const reports = (count) =>
  Array.from({ length: count }, (_, index) => ({
    type: 'DeviceStatusUpdated',
    data: { status: 'OK', reading: index / 8, observedAt: new Date(Date.UTC(2026, 0, 1) + index).toISOString() },
  }));
