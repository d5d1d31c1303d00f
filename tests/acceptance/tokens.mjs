// Tokens as an issuer would make them, for a core whose keys the tests know.
import { sign } from '../../.dev/token.mjs';

/** What the core under test is configured with. */
export const vars = {
  AUTH_SECRET: 'the key of the tests, 32 bytes or more',
  AUTH_ISSUER: 'https://issuer.test',
  AUTH_AUDIENCE: 'edgefold',
};

export const seconds = () => Math.floor(Date.now() / 1000);

/** Claims that are good for an hour, unless `more` says otherwise. */
export const claims = (role, sub, more) => ({
  sub,
  role,
  iss: vars.AUTH_ISSUER,
  aud: vars.AUTH_AUDIENCE,
  exp: seconds() + 3600,
  ...more,
});

export const token = (role, sub, more, key = vars.AUTH_SECRET) => sign(claims(role, sub, more), key);

/** The header that shows a token. */
export const bearer = (text) => ({ authorization: `Bearer ${text}` });
