// The real core's side of the tests: claims on days of a resource, over the script that the engine's own tests run on.
import { after } from 'node:test';
import { createCore } from '@edgefold/client';
import { addResource, cancel, reserve, settled } from '../../../tests/acceptance/claims.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';

export { addResource, cancel, reserve, settled };
export * from './claim_documents.mjs';

export const operator = () => token('operator', 'sam');

/** A client that ends with the test file. */
export function client(url, options) {
  const core = createCore({ url, token: operator, ...options });
  after(() => core.close());
  return core;
}
