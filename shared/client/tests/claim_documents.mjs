// Documents on claims, for tests in this process and in a page.
export const Watched = `subscription ($id: ID!, $after: String) {
  claim(id: $id, after: $after) { cursor caughtUp event { type version } claim { id version status } }
}`;
export const Waited = `subscription ($id: ID!, $after: String) {
  claim(id: $id, after: $after, wait: true) { cursor caughtUp event { type version } claim { id version status } }
}`;
export const Listed = `query ($filter: ClaimFilter, $after: String) {
  claims(filter: $filter, first: 3, after: $after) { updatesCursor nodes { id version status } pageInfo { hasNextPage endCursor } }
}`;
export const ListedLive = `subscription ($filter: ClaimFilter, $after: String) {
  claims(filter: $filter, after: $after) { cursor left caughtUp event { id version aggregateId } claim { id version status } }
}`;
export const Create = `mutation ($id: ID, $commandId: ID, $input: CreateClaimInput!) {
  createClaim(id: $id, commandId: $commandId, input: $input) {
    ... on Accepted { aggregateId version confirmWithinMs duplicate }
    ... on Rejected { code detail field rule currentVersion }
  }
}`;
export const CreateShown = `mutation ($id: ID, $commandId: ID, $input: CreateClaimInput!) {
  createClaim(id: $id, commandId: $commandId, input: $input) {
    ... on Accepted { aggregateId version confirmWithinMs claim { id version status confirmBy } }
    ... on Rejected { code detail field }
  }
}`;
export const Cancel = `mutation ($id: ID!, $commandId: ID) {
  cancelClaim(id: $id, commandId: $commandId) { ... on Accepted { version } ... on Rejected { code detail } }
}`;
