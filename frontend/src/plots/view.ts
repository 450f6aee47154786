/** What the person's hand did on a figure (zoom, pan, turn, hide), kept by path, so that it can be said again to a figure drawn anew. */

import type { Own } from './own';
import { get, put } from './paths';
import type { Attributes } from './maps';

const KEPT =
  /^(?:[xy]axis\d*\.range|scene\d*\.(?:camera|aspectratio)|(?:polar|smith|ternary)\d*\..*|dragmode|hovermode)$/;
const END = /^(.*\.range)\[([01])\]$/;
const AUTO = /^([xy]axis\d*)\.autorange$/;

/**
 * Takes over what a `plotly_relayout` event says.
 *
 * @param said the figure's own layout: when it comes to say something else about an axis, that counts again.
 */
export function remember(view: Own['view'], event: Attributes, said: Attributes): void {
  for (const [key, value] of Object.entries(event)) {
    const auto = AUTO.exec(key);
    if (auto && value === true) {
      Reflect.deleteProperty(view, `${auto[1]}.range`);
      continue;
    }
    const end = END.exec(key);
    if (end) {
      const known = view[end[1]!]?.value;
      const range = Array.isArray(known) ? [...known] : [];
      range[Number(end[2])] = value;
      keep(view, end[1]!, range, said);
    } else if (KEPT.test(key)) {
      keep(view, key, value, said);
    }
  }
}

export function keep(view: Own['view'], path: string, value: unknown, said: Attributes): void {
  view[path] = { value, instead: JSON.stringify(get(said, path) ?? null) };
}

/** Says it all again to a layout; what the figure has changed itself since then is forgotten. */
export function restore(view: Own['view'], layout: Attributes, said: Attributes): void {
  for (const [path, { value, instead }] of Object.entries(view)) {
    if (JSON.stringify(get(said, path) ?? null) !== instead) {
      Reflect.deleteProperty(view, path);
      continue;
    }
    put(layout, path, value);
    if (path.endsWith('axis.range') || /axis\d+\.range$/.test(path)) {
      put(layout, path.replace(/range$/, 'autorange'), undefined);
    }
  }
}
