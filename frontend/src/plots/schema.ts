/** What Plotly's own description of its attributes says a value may be. */

import { isMap, type Attributes } from './maps';

/** The entry of an attribute, or null where the description has none. `xaxis2` is described as `xaxis`. */
export function entryOf(description: unknown, path: string): Attributes | null {
  let at = description;
  for (const part of path.split('.')) {
    if (!isMap(at)) return null;
    at = at[part] ?? at[part.replace(/\d+$/, '')];
  }
  return isMap(at) && typeof at['valType'] === 'string' ? at : null;
}

/** Whether a value may stand there; what is not described, or loosely, may be anything. */
export function fits(entry: Attributes | null, value: unknown): boolean {
  switch (entry?.['valType']) {
    case 'number':
    case 'integer': {
      const { min = -Infinity, max = Infinity } = entry;
      return typeof value === 'number' && value >= Number(min) && value <= Number(max);
    }
    case 'color':
      return typeof value === 'number' || CSS.supports('color', String(value));
    case 'boolean':
      return typeof value === 'boolean';
    case 'enumerated': {
      const values = Array.isArray(entry['values']) ? entry['values'].map(String) : [];
      // Some are written as regular expressions.
      return values.includes(String(value)) || values.some((one) => /^\/.*\/$/.test(one));
    }
    default:
      return true;
  }
}
