/** Attributes by dotted path, as Plotly writes them: `xaxis.range`, `marker.line.width`. */

import { isMap, type Attributes } from './maps';

export function get(map: unknown, path: string): unknown {
  let value = map;
  for (const part of path.split('.')) {
    if (!isMap(value)) return undefined;
    value = value[part];
  }
  return value;
}

/** Sets `marker.color` and the like; the maps on the way are copied first, for others hold them too. */
export function put(figure: Attributes, path: string, value: unknown): void {
  const [first, ...rest] = path.split('.') as [string, ...string[]];
  if (rest.length === 0) {
    if (value === undefined) Reflect.deleteProperty(figure, first);
    else figure[first] = value;
    return;
  }
  const inner = isMap(figure[first]) ? { ...figure[first] } : {};
  put(inner, rest.join('.'), value);
  figure[first] = inner;
}

/** A map that says one thing at a path: what `PATCH` merges. */
export function nested(path: string, value: unknown): Attributes {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Attributes;
}

export type Leaf = { path: string; value: number | boolean | string };

/** Every number, boolean and string of a map, by path; arrays are left out. */
export function leaves(map: Attributes, prefix = ''): Leaf[] {
  return Object.entries(map).flatMap(([name, value]): Leaf[] => {
    const path = prefix + name;
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') {
      return [{ path, value }];
    }
    return isMap(value) && !('bdata' in value) ? leaves(value, `${path}.`) : [];
  });
}
