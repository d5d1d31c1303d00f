// `@edgefold/client`: what a page, a server and a Worker need.
export { createCore } from './core.js';
export { graphql } from './document.js';
export { CoreError, Refused } from './error.js';
export { newId } from './id.js';
export { EventStreams } from './streams.js';
export type * from './types.js';
export type * from '../generated/schema.js';
