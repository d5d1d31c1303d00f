// What the client reads off its own token: when to show the next one.

/** Milliseconds until a token should be replaced: half a minute before it expires, or when half of its time is over. Undefined where it does not say. */
export function renewIn(token: string, now = Date.now()): number | undefined {
  try {
    const { exp } = JSON.parse(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')));
    const left = exp * 1000 - now;
    return Number.isFinite(left) ? Math.max(left > 60_000 ? left - 30_000 : left / 2, 0) : undefined;
  } catch {
    return undefined; // no JSON Web Token; whoever checks it knows
  }
}
