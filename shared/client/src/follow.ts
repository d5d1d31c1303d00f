// A subscription that survives its socket: it goes on after the last cursor, so nothing is lost and nothing comes twice.
import { demand, textOf } from './document.js';
import { CoreError, fromErrors } from './error.js';
import type { Socket } from './socket.js';
import type { AnyDocument, FollowSink } from './types.js';

/** The value of the one root field. */
export const root = (data: any): any => data && Object.values(data)[0];

export function follow(socket: Socket, document: AnyDocument, variables: Record<string, unknown>, sink: FollowSink): () => void {
  const query = textOf(document);
  let { after } = variables;
  try {
    demand(query, ['after'], ['cursor']);
  } catch (cause) {
    // To the sink, since it may be called deep inside of another client.
    queueMicrotask(() => sink.ended(new CoreError({ code: 'DOCUMENT_UNFIT', detail: (cause as Error).message, final: true }, { cause })));
    return () => {};
  }
  const stop = socket.run({
    asked: () => ({ query, variables: { ...variables, after } }),
    next(answer) {
      after = root(answer.data)?.cursor ?? after;
      if (answer.errors?.length && !root(answer.data)) {
        stop();
        sink.ended(fromErrors(answer.errors));
      } else sink.next(answer);
    },
    connected: (isConnected) => sink.connected?.(isConnected),
    ended: (error) => sink.ended(error),
  });
  return stop;
}
