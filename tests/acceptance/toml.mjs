/** Reads as much of TOML as wrangler.toml uses: tables, arrays of tables, and values of one line that are JSON too. */
export function parseToml(text) {
  const root = {};
  let table = root;
  // `[list.table]` belongs to the last item of `[[list]]`.
  const item = (place) => (Array.isArray(place) ? place.at(-1) : place);
  const at = (path) => path.split('.').reduce((place, key) => item((place[key] ??= {})), root);
  for (const line of text.split('\n').map((line) => line.trim())) {
    const [, list] = line.match(/^\[\[(.+)\]\]$/) ?? [];
    const [, name] = line.match(/^\[([^[].*)\]$/) ?? [];
    const [, key, value] = line.match(/^(\w+)\s*=\s*(.+)$/) ?? [];
    if (list) {
      const path = list.split('.');
      const parent = path.length > 1 ? at(path.slice(0, -1).join('.')) : root;
      (parent[path.at(-1)] ??= []).push((table = {}));
    } else if (name) {
      table = at(name);
    } else if (key) {
      table[key] = JSON.parse(value);
    } else if (line && !line.startsWith('#')) {
      throw new Error(`wrangler.toml: this reader does not know: ${line}`);
    }
  }
  return root;
}
