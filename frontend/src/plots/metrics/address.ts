/**
 * How metric panes are drawn, as it lies in an address, to be read by people: `plots=smooth:ema,weight:0.9,x:relative,logy:on@train/loss`
 * smooths all panes, puts time along x, and draws one of them with a logarithmic y.
 *
 *     plots = [token {"," token}]      token = word ":" value ["@" key of a pane]
 *
 * "on" and "off" are flags, "auto" leaves a logarithmic axis to the program that made the window.
 */

import { escaped, plain, quoted } from '../../gallery/pins/address';
import type { MetricPage, MetricsState } from './page.svelte';
import { believed, DEFAULTS, type PageSettings } from './settings';

/** Longer than this, it stays out of the address. */
const LONGEST = 3000;

const WORDS: Readonly<Record<string, keyof PageSettings>> = {
  smooth: 'smoothing',
  weight: 'weight',
  neighbours: 'neighbours',
  x: 'x',
  logx: 'logX',
  logy: 'logY',
  outliers: 'leavesOutliers',
  band: 'envelope',
  cursor: 'syncCursor',
  zoom: 'syncZoom',
  groups: 'groups',
};
const FLAGS: Readonly<Record<string, boolean | null>> = { on: true, off: false, auto: null };

/** The part of a query that says how the panes of a page are drawn, "" where the same is shown without. */
export function plotsQuery(page: MetricPage): string {
  const now = tokens(page.state());
  if (now === tokens(page.given ?? {})) return '';
  const query = `plots=${quoted(now)}`;
  return query.length <= LONGEST ? query : '';
}

/** What an address says of it, or null if it says nothing. */
export function plotsIn(search: URLSearchParams): MetricsState | null {
  const text = search.get('plots');
  if (text === null) return null;
  const page: Record<string, unknown> = {};
  const panes = new Map<string, Record<string, unknown>>();
  for (const token of text.split(',')) {
    const [said = '', pane] = token.split('@');
    const [word = '', value] = said.split(/:(.*)/s);
    if (value === undefined || !Object.hasOwn(WORDS, word)) continue;
    const key = pane === undefined ? null : plain(pane);
    const into = key === null ? page : (panes.get(key) ?? {});
    into[WORDS[word]!] = valueOf(word, value);
    if (key !== null) panes.set(key, into);
  }
  const each = [...panes].map(([key, choices]) => [key, believed(choices)] as const);
  return { page: believed(page), panes: Object.fromEntries(each) };
}

/** The same text for the same settings. */
function tokens({ page = {}, panes = {} }: MetricsState): string {
  const chosen = Object.fromEntries(
    Object.entries(page).filter(([name, value]) => DEFAULTS[name as keyof PageSettings] !== value),
  );
  const keys = Object.keys(panes).sort();
  return [...said(chosen), ...keys.flatMap((key) => said(panes[key]!, `@${escaped(key)}`))].join(',');
}

function said(settings: Partial<PageSettings>, where = ''): string[] {
  return Object.entries(WORDS).flatMap(([word, name]) =>
    name in settings ? [`${word}:${textOf(settings[name])}${where}`] : [],
  );
}

function textOf(value: PageSettings[keyof PageSettings] | undefined): string {
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  return value === true ? 'on' : value === false ? 'off' : 'auto';
}

function valueOf(word: string, text: string): unknown {
  if (word === 'smooth' || word === 'x') return plain(text);
  if (word === 'weight' || word === 'neighbours') return text.trim() ? Number(text) : undefined;
  return FLAGS[text];
}
