// The one error of the client, wherever it comes from: an answer, GraphQL, the socket, or the network.

export interface Fault {
  /** Stable code, for programs: the core's own, or `NETWORK`, `TIMEOUT`, `NOT_A_CORE`, `NO_SOCKET`, `DOCUMENT_UNFIT`, `CLOSED`, `SIGNED_OUT`. */
  code: string;
  /** A sentence for people. */
  detail?: string | undefined;
  /** True if the same request would fail in the same way. */
  final: boolean;
  /** Milliseconds after which the core wants to be asked again. */
  retryAfter?: number | undefined;
  /** The field that is wrong, as a form knows it: `dateStart`. */
  field?: string | undefined;
  /** Name of the business rule that says no. */
  rule?: string | undefined;
  /** Version of the instance when it refused. */
  currentVersion?: number | undefined;
  /** The status of the answer, or the code that the socket was closed with. */
  status?: number | undefined;
}

export class CoreError extends Error implements Fault {
  override name = 'CoreError';
  declare code: string;
  declare detail: string | undefined;
  declare final: boolean;
  declare retryAfter: number | undefined;
  declare field: string | undefined;
  declare rule: string | undefined;
  declare currentVersion: number | undefined;
  declare status: number | undefined;

  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.detail ?? fault.code, options);
    Object.assign(this, fault);
  }
}

/** The core has decided, and says no: nothing has changed. */
export class Refused extends CoreError {
  override name = 'Refused';
}

/** Codes of what heals by itself, or once others have finished. */
const heals = /^(UNAVAILABLE|NEWER_CODE_NEEDED|READ_MODEL_BEHIND|INTERNAL|TOO_MANY_(OPERATIONS|FOLLOWERS|FOLLOWED|AWAITED|REQUESTS|SOCKETS))$/;

/** The first of GraphQL's `errors`. */
export function fromErrors(errors: readonly any[], more?: Partial<Fault>): CoreError {
  const { message, extensions } = errors[0] ?? {};
  const code: string = extensions?.code ?? 'INTERNAL';
  return new CoreError({ code, detail: message, final: !heals.test(code), ...more });
}

export const network = (detail: string, cause?: unknown) => new CoreError({ code: 'NETWORK', detail, final: false }, { cause });

/** Whatever was thrown, as the one error. */
export const asError = (error: unknown) => (error instanceof CoreError ? error : network(String((error as Error)?.message ?? error), error));
