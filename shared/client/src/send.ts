// A command: its ids, its answer.
import { demand, takes, textOf } from './document.js';
import { whole, type Ask } from './door.js';
import { Refused } from './error.js';
import { root } from './follow.js';
import { newId } from './id.js';
import type { AnyDocument, Sent } from './types.js';

/** The field as a form knows it. */
export const fieldOf = (path: string | null | undefined) => path?.replace(/^payload\.?/, '') || undefined;

export async function send(ask: Ask, document: AnyDocument, given: any, signal?: AbortSignal): Promise<Sent<any>> {
  const query = demand(textOf(document), ['commandId']);
  const variables = { ...given, commandId: given.commandId ?? newId() };
  if (takes(query, 'id')) variables.id ??= newId();
  const answer = root(whole(await ask({ query, variables }, signal)));
  if (answer.code) {
    const { code, detail, field, rule, currentVersion } = answer;
    throw new Refused({ code, detail, final: true, field: fieldOf(field), rule: rule ?? undefined, currentVersion: currentVersion ?? undefined });
  }
  const { aggregateId, version, confirmWithinMs } = answer;
  // What the row itself says is the core's clock; the other counts from now.
  const row: any = Object.values(answer).find((value: any) => value?.confirmBy);
  const confirmBy = row?.confirmBy ?? (confirmWithinMs ? new Date(Date.now() + confirmWithinMs).toISOString() : undefined);
  return { id: aggregateId ?? variables.id, commandId: variables.commandId, version, confirmBy, answer };
}
