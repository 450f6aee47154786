/**
 * How a wall falls into sections: by the prefix of labels, in an order that everybody finds again, which a person may change. Plain
 * arithmetic on names, without a page.
 */

/** What a card is sorted by. */
export interface Labelled {
  readonly label: string;
  readonly kind: string;
}

export interface Section<T> {
  /** The prefix its cards share; its name for the person, and for what is kept about it. */
  readonly name: string;
  readonly cards: readonly T[];
}

/** Where numbers without a prefix are, and where pictures, sounds and videos are. */
export const METRICS = 'metrics';
export const MEDIA = 'media';
const OTHER = 'other';
const NUMBERS: readonly string[] = ['metric', 'plot', 'legend'];
const SEEN: readonly string[] = ['image', 'video', 'audio', 'histogram', 'table', 'document'];
const FIRST: readonly string[] = [METRICS, MEDIA];
const LAST: readonly string[] = ['sys', 'image', 'param', 'grad', 'audio', 'files', OTHER];

/** Everything before the last `/`; null where there is none. */
export function prefixOf(label: string): string | null {
  const at = label.lastIndexOf('/');
  return at > 0 ? label.slice(0, at) : null;
}

/** The section of a card: its prefix, else one that is shared by all of its sort. */
export function sectionOf({ label, kind }: Labelled): string {
  const prefix = prefixOf(label);
  if (prefix !== null) return prefix;
  if (NUMBERS.includes(kind)) return METRICS;
  return SEEN.includes(kind) ? MEDIA : OTHER;
}

const natural = new Intl.Collator('en', { numeric: true });

/** Names in the order in which people look for them: 2 before 10, capitals beside small letters; never undecided. */
export function byName(a: string, b: string): number {
  return natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** `metrics` and `media`, then whatever people called theirs, then what every run has. `grad/layer1` goes with `grad`. */
function rank(name: string): number {
  const first = FIRST.indexOf(name);
  if (first >= 0) return first - FIRST.length;
  return LAST.indexOf(name.split('/', 1)[0]!) + 1;
}

export function bySection(a: string, b: string): number {
  return rank(a) - rank(b) || byName(a, b);
}

/** The sections of a wall, each with its cards by name. */
export function sectionsOf<T>(cards: readonly T[], look: (card: T) => Labelled): Section<T>[] {
  const found = new Map<string, { card: T; label: string }[]>();
  for (const card of cards) {
    const labelled = look(card);
    const name = sectionOf(labelled);
    const held = found.get(name);
    if (held) held.push({ card, label: labelled.label });
    else found.set(name, [{ card, label: labelled.label }]);
  }
  return [...found]
    .sort(([a], [b]) => bySection(a, b))
    .map(([name, held]) => ({
      name,
      cards: held.sort((a, b) => byName(a.label, b.label)).map(({ card }) => card),
    }));
}

/**
 * Sections in the order a person gave them. Those that the person never moved keep their own order; each stands right behind the one
 * before which it would stand of itself, so that a new section is found where it is looked for.
 */
export function arranged<T extends { name: string }>(sections: readonly T[], order: readonly string[]): T[] {
  const places = new Map(order.map((name, place) => [name, place]));
  const placed = sections.filter(({ name }) => places.has(name));
  const result = placed.sort((a, b) => places.get(a.name)! - places.get(b.name)!);
  sections.forEach((section, at) => {
    if (places.has(section.name)) return;
    const before = at > 0 ? sections[at - 1]! : null;
    result.splice(before ? result.indexOf(before) + 1 : 0, 0, section);
  });
  return result;
}

/** The order after `name` was put where `target` is: before it when it came from below, behind it when it came from above. */
export function moved(names: readonly string[], name: string, target: string): string[] {
  const [from, to] = [names.indexOf(name), names.indexOf(target)];
  if (from < 0 || to < 0 || from === to) return [...names];
  const rest = names.filter((one) => one !== name);
  rest.splice(to, 0, name);
  return rest;
}

/** How many columns and rows of cards a section shows at once. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
}

export const DEFAULT_GRID: Grid = { columns: 3, rows: 3 };
export const MOST = 8;

export function gridOf(kept: unknown): Grid {
  const { columns, rows } = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<
    string,
    unknown
  >;
  const within = (value: unknown, otherwise: number) => {
    const number = Math.round(Number(value));
    return value != null && Number.isFinite(number) ? Math.min(MOST, Math.max(1, number)) : otherwise;
  };
  return {
    columns: within(columns, DEFAULT_GRID.columns),
    rows: within(rows, DEFAULT_GRID.rows),
  };
}

/** How many pages so many cards take. */
export function pagesOf(cards: number, { columns, rows }: Grid): number {
  return Math.max(1, Math.ceil(cards / (columns * rows)));
}

/** The cards of one page; the nearest page there is, when there are fewer by now. */
export function pageOf<T>(
  cards: readonly T[],
  grid: Grid,
  page: number,
): { page: number; cards: readonly T[] } {
  const each = grid.columns * grid.rows;
  const shown = Math.min(Math.max(0, page), pagesOf(cards.length, grid) - 1);
  return { page: shown, cards: cards.slice(shown * each, (shown + 1) * each) };
}
