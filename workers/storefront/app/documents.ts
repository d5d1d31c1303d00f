// What is asked of the core, and told by it.
import { graphql } from '@edgefold/client';

export const Free = graphql(`
  query ($filter: RoomFilter, $minVersion: [MinVersion!]) {
    rooms(first: 100, filter: $filter, orderBy: CHEAPEST, minVersion: $minVersion) { updatesCursor nodes { id version number capacity nightlyRate } }
  }
`);
export const RoomsLive = graphql(`
  subscription ($filter: RoomFilter, $after: String) { rooms(filter: $filter, after: $after) { cursor room { id version } } }
`);
export const LiveRoom = graphql(`
  subscription ($id: ID!, $after: String) {
    room(id: $id, after: $after) { cursor caughtUp room { id version number capacity nightlyRate status } }
  }
`);
export const CreateReservation = graphql(`
  mutation ($id: ID, $commandId: ID, $input: CreateReservationInput!) {
    createReservation(id: $id, commandId: $commandId, input: $input) {
      ... on Accepted { aggregateId version confirmWithinMs }
      ... on Rejected { code detail field rule }
    }
  }
`);
export const CancelReservation = graphql(`
  mutation ($id: ID!, $commandId: ID) {
    cancelReservation(id: $id, commandId: $commandId) {
      ... on Accepted { aggregateId version }
      ... on Rejected { code detail field rule }
    }
  }
`);
export const LiveReservation = graphql(`
  subscription ($id: ID!, $after: String) {
    reservation(id: $id, after: $after) {
      cursor caughtUp event { type }
      reservation { id version status refusal userId roomId dateStart dateEnd confirmBy }
    }
  }
`);
export const Mine = graphql(`
  query ($after: String) {
    reservations(first: 100, after: $after) {
      updatesCursor nodes { id version status refusal roomId dateStart dateEnd confirmBy } pageInfo { hasNextPage endCursor }
    }
  }
`);
export const MineLive = graphql(`
  subscription ($after: String) {
    reservations(after: $after) { cursor left caughtUp reservation { id version status refusal roomId dateStart dateEnd confirmBy } }
  }
`);
