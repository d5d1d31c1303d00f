// The Python tools that try the HTTP doors, in an environment of their own below .tools/.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { locked } from './lock.mjs';
import { atLeast, root, tools } from './pins.mjs';
import { output, run } from './process.mjs';
import { step } from './step.mjs';
import { plainEnv } from './environment.mjs';

const least = [3, 10]; // what schemathesis runs on
const requirements = join(root, 'tests/openapi/requirements.txt');
const place = join(tools, 'python');

/** The Python of the project with the tools in it; undefined where there is no Python to make it from. */
export async function pythonTools() {
  const version = await output('python3', ['--version'], { env: plainEnv });
  const [, number] = version?.match(/^Python (\d+\.\d+)/) ?? [];
  const whole = number && (await output('python3', ['-c', 'import venv, ensurepip; print("yes")'], { env: plainEnv }));
  if (!whole || !atLeast(number, least)) return undefined;
  const python = join(place, 'bin/python');
  await locked('python', () =>
    step({
      name: 'python',
      label: 'installing schemathesis (about 30 s)',
      key: createHash('sha256').update(readFileSync(requirements)).update(version).digest('hex'),
      makes: python,
      run: async (log) => {
        rmSync(place, { recursive: true, force: true });
        const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '-r', requirements];
        return (
          (await run('python3', ['-m', 'venv', place], { log, env: plainEnv })) &&
          run(python, pip, { log, env: plainEnv })
        );
      },
    }),
  );
  return python;
}
