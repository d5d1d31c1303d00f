// Tries every HTTP door of a fresh core against its description: the description is valid, and schemathesis finds no error on
// our side and no answer that it does not describe. Takes a Python with both tools in it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configs, Core } from '../acceptance/core.mjs';
import { token, vars } from '../acceptance/tokens.mjs';

const [, , python] = process.argv;
const examples = 60; // for each operation: with what it tries at all bounds, that takes about a minute
const printed = fileURLToPath(new URL('../../schema/openapi.json', import.meta.url));
const checks = [
  'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance',
  'response_schema_conformance', 'unsupported_method', 'allow_header_conformance', 'ignored_auth',
];

const folder = mkdtempSync(join(tmpdir(), 'edgefold-openapi-')); // for what the tools keep of a run
const run = async (...args) => {
  const [code] = await once(spawn(python, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] }), 'exit');
  assert.equal(code, 0, `${args.slice(0, 3).join(' ')} ended with ${code}`);
};

const core = new Core(configs.core, vars, 1_000_000);
try {
  await run('-m', 'openapi_spec_validator', printed);
  await core.start();
  const { body } = await core.request('/openapi.json', { headers: { authorization: undefined } });
  assert.deepEqual(body, JSON.parse(readFileSync(printed, 'utf8')), 'what is served is what is printed');
  const doors = { staff: ['--exclude-path-regex', '^/admin/'], admin: ['--include-path-regex', '^/admin/'] };
  for (const [role, chosen] of Object.entries(doors)) {
    await run(
      '-m', 'schemathesis.cli', 'run', `${core.url}/openapi.json`, ...chosen,
      '--header', `Authorization: Bearer ${token(role, 'sam')}`,
      '--checks', checks.join(','),
      '--max-examples', `${examples}`, '--seed', '1', '--request-timeout', '20', '--continue-on-failure',
    );
  }
  assert.deepEqual((await core.logs()).filter(({ level }) => level === 'error'), [], 'nothing went wrong inside');
} finally {
  await core.close();
  rmSync(folder, { recursive: true, force: true });
}
