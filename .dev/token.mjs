// `npm run token -- --sub ana --role guest [--ttl seconds] [--via shop]`: prints a token for this machine, signed with the development
// key in .dev.vars, which is made once and never committed.
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './pins.mjs';
import { isMain, main, Problem } from './process.mjs';

const file = join(root, '.dev.vars');
/** The roles that the domain declares. */
const rolesOfTheDomain = () =>
  [...readFileSync(join(root, 'workers/roles/src/lib.rs'), 'utf8').matchAll(/Role::new\("(\w+)"\)/g)].map(([, name]) => name);

/** A variable of this machine: kept when it is there, made when it is not. */
function variable(name, make) {
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const found = new RegExp(`^${name}\\s*=\\s*"?([^"\\n]+)"?$`, 'm').exec(kept);
  if (found) return found[1];
  const made = make();
  const before = kept && !kept.endsWith('\n') ? `${kept}\n` : kept;
  writeFileSync(file, `${before}${name}="${made}"\n`, { mode: 0o600 });
  return made;
}

/** The development key. */
export const secret = () => variable('AUTH_SECRET', () => randomBytes(32).toString('base64url'));

/** Says to the script that it runs on a developer's machine. What is deployed is never told so. */
export const markDevelopment = () => variable('ENVIRONMENT', () => 'development');

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with these claims, signed with HS256. */
export function sign(claims, key) {
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

async function token() {
  const { values } = parseArgs({
    options: { sub: { type: 'string' }, role: { type: 'string' }, ttl: { type: 'string', default: '3600' }, via: { type: 'string' } },
  });
  const [{ sub, role, via }, ttl, roles] = [values, Number(values.ttl), rolesOfTheDomain()];
  if (!sub || !roles.includes(role) || !(ttl > 0)) {
    throw new Problem(`usage: npm run token -- --sub ana --role ${roles.join('|')} [--ttl seconds] [--via shop]`);
  }
  const now = Math.floor(Date.now() / 1000);
  console.log(sign({ sub, role, iat: now, exp: now + ttl, act: via && { sub: via } }, secret()));
  return 0;
}

if (isMain(import.meta.url)) await main(token);
