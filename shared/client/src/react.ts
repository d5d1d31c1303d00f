// `@edgefold/client/react`: thin hooks. What they show lies in the stores of the client.
import { createContext, createElement, useCallback, useContext, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { CoreError, asError } from './error.js';
import { textOf } from './document.js';
import type { AcceptedOf, AnyDocument, Core, EventOf, Live, LiveList, LiveOptions, LiveState, NodeOf, RowOf, Sendable, Sent, Store, Update, WatchOptions } from './types.js';

const Context = createContext<Core | undefined>(undefined);

/** Gives a core to all that is in it. */
export const CoreProvider = ({ core, children }: { core: Core; children?: ReactNode }) => createElement(Context.Provider, { value: core }, children);

export function useCore(): Core {
  const core = useContext(Context);
  if (!core) throw new Error('there is no <CoreProvider> around this');
  return core;
}

/** What a store shows, and how it is: for a `watch` or a live list of your own. */
export function useStore<Current>(store: Store<Current>): { current: Current; state: LiveState; error: CoreError | undefined } {
  const current = useSyncExternalStore(store.subscribe, () => store.current, () => store.current);
  const state = useSyncExternalStore(store.subscribe, () => store.state, () => store.state);
  return { current, state, error: store.error };
}

/** What does not change as long as its text is the same: variables are written anew with each rendering. */
const keyOf = (document: AnyDocument, variables: unknown) => `${textOf(document)} ${JSON.stringify(variables)}`;

/** How a store is, beside what it shows. */
interface Condition {
  state: LiveState;
  error: CoreError | undefined;
}
type Shown<Result> = Update<RowOf<Result>, EventOf<Result>>;
type Options<Result> = WatchOptions<RowOf<Result>, EventOf<Result>>;

/** One instance, live. With `initial`, which the server has rendered, there is something to show at once. */
export function useAggregate<Result, Variables>(document: AnyDocument<Result, Variables>, variables: Omit<Variables, 'after'>, options: Options<Result> & { initial: RowOf<Result> }): Shown<Result> & Condition;
export function useAggregate<Result, Variables>(document: AnyDocument<Result, Variables>, variables: Omit<Variables, 'after'>, options?: Options<Result>): Partial<Shown<Result>> & Condition;
export function useAggregate(document: AnyDocument, variables: any, options?: WatchOptions<any, any>): any {
  const core = useCore();
  const watch = useMemo(() => core.watch(document, variables, options), [core, keyOf(document, variables)]);
  const { current, state, error } = useStore(watch);
  return { ...current, state, error };
}

type Updates<Result> = Pick<Live<NodeOf<Result>>, 'expect'> & Condition;

/** A list, live. With `initial`, the page that the server has rendered, there is something to show at once. */
export function useList<Result, Variables>(document: AnyDocument<Result, Variables>, updates: AnyDocument, variables: Variables, options: LiveOptions<NodeOf<Result>, Result> & { initial: Result }): LiveList<NodeOf<Result>> & Updates<Result>;
export function useList<Result, Variables>(document: AnyDocument<Result, Variables>, updates: AnyDocument, variables: Variables, options?: LiveOptions<NodeOf<Result>, Result>): Partial<LiveList<NodeOf<Result>>> & Updates<Result>;
export function useList(document: AnyDocument, updates: AnyDocument, variables: any, options?: LiveOptions<any, any>): any {
  const core = useCore();
  const live = useMemo(() => core.list(document, variables).live(updates, options), [core, keyOf(document, variables), textOf(updates)]);
  const { current, state, error } = useStore(live);
  return { ...current, expect: live.expect, state, error };
}

/** A command: `send` gives the accepted answer, or undefined when it was refused or failed; then `error` says why. */
export function useSend<Result, Variables>(document: AnyDocument<Result, Variables>): { send: (variables: Sendable<Variables>) => Promise<Sent<AcceptedOf<Result>> | undefined>; sending: boolean; error: CoreError | undefined } {
  const core = useCore();
  const [{ sending, error }, set] = useState<{ sending: boolean; error?: CoreError }>({ sending: false });
  const text = textOf(document);
  const send = useCallback(async (variables: Sendable<Variables>) => {
    set({ sending: true });
    try {
      const sent = await core.send<Result, Variables>(text, variables);
      set({ sending: false });
      return sent;
    } catch (thrown) {
      set({ sending: false, error: asError(thrown) });
      return undefined;
    }
  }, [core, text]);
  return { send, sending, error };
}
