// `npm run token -- --sub ana --role guest [--ttl seconds]`: prints a token for this machine, signed with the development
// key in .dev.vars, which is made once and never committed.
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './pins.mjs';
import { main, Problem } from './process.mjs';

const file = join(root, '.dev.vars');
const roles = ['guest', 'staff', 'device', 'admin'];
const line = /^AUTH_SECRET\s*=\s*"?([^"\n]+)"?$/m;

/** The development key. Made when there is none, kept when there is one. */
export function secret() {
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const found = line.exec(kept);
  if (found) return found[1];
  const made = randomBytes(32).toString('base64url');
  const before = kept && !kept.endsWith('\n') ? `${kept}\n` : kept;
  writeFileSync(file, `${before}AUTH_SECRET="${made}"\n`, { mode: 0o600 });
  return made;
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with these claims, signed with HS256. */
export function sign(claims, key) {
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

async function token() {
  const { values } = parseArgs({
    options: { sub: { type: 'string' }, role: { type: 'string' }, ttl: { type: 'string', default: '3600' } },
  });
  const [{ sub, role }, ttl] = [values, Number(values.ttl)];
  if (!sub || !roles.includes(role) || !(ttl > 0)) {
    throw new Problem(`usage: npm run token -- --sub ana --role ${roles.join('|')} [--ttl seconds]`);
  }
  const now = Math.floor(Date.now() / 1000);
  console.log(sign({ sub, role, iat: now, exp: now + ttl }, secret()));
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(token);
