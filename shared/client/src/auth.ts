// `@edgefold/client/auth`: tokens on a server. Whoever answers from a cache has to check a token itself: the core is not asked then.
import { CoreError } from './error.js';

export { sessions, type SessionOptions, type Sessions } from './sessions.js';

/** Milliseconds by which clocks may differ: the same as the core allows. */
const skew = 60_000;
/** Milliseconds between two looks at a key set: made-up keys do not become requests. */
const calm = 30_000;
/** Milliseconds for which a key set counts without another look. */
const lasting = 10 * 60_000;

/** Who calls. */
export interface Who {
  subject: string;
  role: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** The service that acts for the subject. */
  via: string | undefined;
  claims: Record<string, unknown>;
}

export interface VerifierOptions {
  /** The secret of HS256. */
  secret?: string;
  /** Where the issuer publishes its keys. */
  jwks?: string;
  issuer?: string;
  audience?: string;
  /** The claim that has the role: a name, or a JSON Pointer into the claims, as with the core's `AUTH_ROLE_CLAIM`. */
  roleClaim?: string;
  fetch?: typeof globalThis.fetch;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const bytesOf = (part: string) => Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
const partOf = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const invalid = (detail: string) => new CoreError({ code: 'INVALID_TOKEN', detail, final: true, status: 401 });
const hmac = (secret: string, use: 'sign' | 'verify') => crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [use]);

/** How WebCrypto takes the keys of each algorithm. The key decides, not the token: a public key is no secret. */
const algorithms: Record<string, { kty: string; crv?: string; key: any; signature: any }> = {
  RS256: { kty: 'RSA', key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, signature: 'RSASSA-PKCS1-v1_5' },
  ES256: { kty: 'EC', crv: 'P-256', key: { name: 'ECDSA', namedCurve: 'P-256' }, signature: { name: 'ECDSA', hash: 'SHA-256' } },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', key: { name: 'Ed25519' }, signature: 'Ed25519' },
};

/** The keys of an issuer: fetched once, again when they are old or one is missing, and kept while the issuer is away. */
function keySet(url: string, call: typeof fetch) {
  let keys: any[] | undefined;
  let [asked, fetched] = [-Infinity, -Infinity];
  // Nobody waits for the look of another one: in a Worker that ends with the other's request.
  async function look() {
    asked = Date.now();
    const response = await call(url, { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`got ${response.status}`);
    keys = ((await response.json()) as any).keys;
    fetched = Date.now();
  }
  const find = (alg: string, kid?: string) => {
    const { kty, crv } = algorithms[alg]!;
    return keys?.find((key) => key.kty === kty && (!crv || key.crv === crv) && (!kid || key.kid === kid) && (!key.use || key.use === 'sig') && (!key.alg || key.alg === alg || key.alg === crv)); // EdDSA is Ed25519 by its newer name
  };
  return async (alg: string, kid?: string) => {
    const isOld = !find(alg, kid) || Date.now() - fetched > lasting;
    if (isOld && (!keys || Date.now() - asked > calm)) {
      await look().catch((cause) => {
        if (!keys) throw new CoreError({ code: 'UNAVAILABLE', detail: "the issuer's keys cannot be fetched", final: false }, { cause });
      });
    }
    return find(alg, kid);
  };
}

/** A claim by its name, or by a JSON Pointer. */
function claimAt(claims: any, path: string): unknown {
  if (!path.startsWith('/')) return claims[path];
  return path.slice(1).split('/').reduce((value, key) => value?.[key.replace(/~1/g, '/').replace(/~0/g, '~')], claims);
}

/** Makes what tells a good token from a forged one, by the rules of the core. */
export function verifier(options: VerifierOptions): (token: string | undefined) => Promise<Who> {
  const { secret, jwks, issuer, audience, roleClaim = 'role' } = options;
  if (!secret && !jwks) throw new TypeError('a verifier has a secret or a key set');
  if (jwks && !(issuer && audience)) throw new TypeError('a key set is for an issuer and an audience: others use the same keys for other things');
  const keyOf = jwks ? keySet(jwks, options.fetch ?? globalThis.fetch.bind(globalThis)) : undefined;

  async function isSigned(alg: unknown, kid: string | undefined, text: string, signature: Uint8Array): Promise<boolean> {
    if (alg === 'HS256' && secret) return crypto.subtle.verify('HMAC', await hmac(secret, 'verify'), signature as BufferSource, utf8(text));
    const how = keyOf && Object.hasOwn(algorithms, String(alg)) ? algorithms[String(alg)] : undefined;
    if (!how) throw invalid(`tokens are not signed with ${alg} here`);
    const found = await keyOf!(String(alg), kid);
    if (!found) throw invalid('the token is signed with an unknown key');
    const { kty, crv, n, e, x, y } = found;
    const key = await crypto.subtle.importKey('jwk', { kty, crv, n, e, x, y }, how.key, false, ['verify']);
    return crypto.subtle.verify(how.signature, key, signature as BufferSource, utf8(text));
  }

  function check(claims: any): Who {
    const now = Date.now();
    const instant = (name: string) => {
      const value = claims[name];
      if (value !== undefined && !Number.isFinite(value)) throw invalid(`the claim ${name} is no instant`);
      return value === undefined ? undefined : value * 1000;
    };
    const expiresAt = instant('exp');
    if (expiresAt === undefined) throw invalid('the token has no claim exp');
    if (expiresAt + skew <= now) throw invalid('the token has expired');
    for (const name of ['nbf', 'iat']) if ((instant(name) ?? 0) - skew > now) throw invalid(`the claim ${name} lies in the future`);
    if (issuer && claims.iss !== issuer) throw invalid('the token is from another issuer');
    if (audience && ![claims.aud].flat().includes(audience)) throw invalid('the token is for another audience');
    const subject = claims.sub;
    if (typeof subject !== 'string' || !subject) throw invalid('the token has no claim sub');
    const role = [claimAt(claims, roleClaim)].flat().find((one): one is string => typeof one === 'string');
    if (!role) throw invalid(`the token has no claim ${roleClaim}`);
    return { subject, role, expiresAt, via: (claims.act as any)?.sub, claims };
  }

  return async (token) => {
    const parts = token?.split('.') ?? [];
    if (parts.length !== 3) throw invalid('this is no token');
    const [head, body, signature] = parts as [string, string, string];
    let header: any, claims: any, bytes: Uint8Array;
    try {
      [header, claims] = [head, body].map((part) => JSON.parse(new TextDecoder().decode(bytesOf(part))));
      bytes = bytesOf(signature);
    } catch {
      throw invalid('this is no token');
    }
    if (!header || !claims || header.crit) throw invalid('this is no token');
    if (header.typ !== undefined && !/^(application\/)?(at\+)?jwt$/i.test(header.typ)) throw invalid('the token is for something else');
    if (!(await isSigned(header.alg, header.kid, `${head}.${body}`, bytes))) throw invalid('the signature is wrong');
    return check(claims);
  };
}

export interface SignerOptions {
  secret: string;
  subject: string;
  role: string;
  issuer?: string;
  audience?: string;
  /** The service that acts for the subject. */
  via?: string;
  /** Seconds for which a token is good: 300. */
  seconds?: number;
}

/** Makes the tokens of a service, or those of a user for whom it acts: what `createCore` takes as `token`. A token is made anew when half of its time is over. */
export function signer({ secret, subject, role, issuer, audience, via, seconds = 300 }: SignerOptions): () => Promise<string> {
  let [made, until] = ['', 0];
  return async () => {
    const now = Math.floor(Date.now() / 1000);
    if (now < until) return made;
    const claims = { sub: subject, role, iss: issuer, aud: audience, act: via && { sub: via }, iat: now, exp: now + seconds };
    const text = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => partOf(utf8(JSON.stringify(part)))).join('.');
    const signature = await crypto.subtle.sign('HMAC', await hmac(secret, 'sign'), utf8(text));
    [made, until] = [`${text}.${partOf(new Uint8Array(signature))}`, now + seconds / 2];
    return made;
  };
}
