// Documents of the tests over the fake core, and what several of them need.
import { setTimeout as sleep } from 'node:timers/promises';
import { graphql } from '@edgefold/client';
import { fakeCore } from '@edgefold/client/testing';

export const Watched = graphql(`subscription ($id: ID!, $after: String) {
  reservation(id: $id, after: $after) { cursor caughtUp event { type version } reservation { id version status refusal confirmBy } }
}`);
export const Waited = graphql(`subscription ($id: ID!, $after: String) {
  reservation(id: $id, after: $after, wait: true) { cursor caughtUp event { type } reservation { id status } }
}`);
export const Listed = graphql(`query ($filter: ReservationFilter, $after: String) {
  reservations(filter: $filter, after: $after) { updatesCursor nodes { id version status } pageInfo { hasNextPage endCursor } }
}`);
export const ListedLive = graphql(`subscription ($filter: ReservationFilter, $after: String) {
  reservations(filter: $filter, after: $after) { cursor left caughtUp reservation { id version status } }
}`);
export const Create = graphql(`mutation ($id: ID, $commandId: ID, $input: CreateReservationInput!) {
  createReservation(id: $id, commandId: $commandId, input: $input) {
    ... on Accepted { aggregateId version confirmWithinMs duplicate }
    ... on Rejected { code detail field rule }
  }
}`);

export const input = { roomId: 'r', dateStart: '2030-01-01', dateEnd: '2030-01-03' };
export const soon = (ms = 60_000) => new Date(Date.now() + ms).toISOString();

/** A core with reservations, which wait for a minute. */
export const hotel = (waits = 60_000) => fakeCore({ reservation: { createReservation: ({ input }) => ({ status: 'PENDING', confirmBy: soon(waits), ...input }) } });

/** Waits until something is so, also on a busy machine. */
export async function until(what, look, within = 60_000) {
  for (const end = Date.now() + within; !(await look()); await sleep(2)) if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
}

/** Collects what comes. */
export function collected(feed) {
  const seen = [];
  const over = (async () => {
    for await (const one of feed) seen.push(one);
  })();
  over.catch(() => {}); // who waits for it hears of it
  return { seen, over };
}
