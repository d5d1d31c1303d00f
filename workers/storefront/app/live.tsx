import type { LiveState } from '@edgefold/client';
import { useLocation } from 'react-router';

const said: Record<LiveState, string> = { connecting: '', live: 'Live', behind: 'Reconnecting …', signedOut: 'Signed out', ended: 'Not live' };

/** Whether what the page shows is what there is. */
export function Live({ state }: { state: LiveState }) {
  const { pathname, search } = useLocation();
  return (
    <p className="live" data-state={state}>
      {said[state]} {state === 'signedOut' && <a href={`/sign-in?to=${encodeURIComponent(pathname + search)}`}>Sign in again</a>}
    </p>
  );
}
