// The module around a built script, where a test or the benchmark wants to know or change what goes on: see switch.mjs.
import { readFileSync } from 'node:fs';

/**
 * Modules for a manifest; `around.mjs` is the main one.
 *
 * @param main the script's own main module. @param classes names of its objects' classes.
 * @param switched whether D1 can be switched, and what is sent, called and billed is counted.
 * @param release that the script plays, if it knows several.
 */
export function around(main, classes, { switched, release }) {
  const bare = [`export * from './${main}';`, `export { default } from './${main}';`];
  const behind = [
    `import * as script from './${main}';`,
    "import { entry, object } from './switch.mjs';",
    'export default entry(script.default);',
    ...classes.map((name) => `export const ${name} = object(script.${name}, '${name}');`),
  ];
  const contents = [...(switched ? behind : bare), ...(release ? [`globalThis.RELEASE = ${release};`] : [])].join('\n');
  return {
    'around.mjs': { type: 'esm', contents },
    'switch.mjs': { type: 'esm', contents: readFileSync(new URL('switch.mjs', import.meta.url), 'utf8') },
  };
}
