/**
 * What pins there are, which of them holds a cell, and what each act makes of them: plain arithmetic on lists.
 *
 * At any time an env has at most one pin of scope `page`, and in each card at most one of scope `panel`; where it has both, the page's
 * pin leaves that card out (`except`). So no pin is ever hidden behind another, to come back later.
 */

export type Mode = 'min' | 'max';

/** Another picture within the tolerance, besides the one that is pinned. */
export interface Alternative {
  readonly step: number;
  /** It is exactly as near to the metric's step as the pinned one. */
  readonly exact: boolean;
  /** How many pictures lie within the tolerance, the pinned one among them. */
  readonly within: number;
}

/** Why a best-step pin is where it is. */
export interface Best {
  readonly metric: string;
  readonly mode: Mode;
  readonly with_image: boolean;
  readonly tolerance: number;
  /** Null: not known any more, as in an address that left it out. */
  readonly value: number | null;
  readonly metric_step: number;
  /** Steps between the metric's step and the pinned one. */
  readonly distance: number;
  /** Whether the env has anything to show at the pinned step. */
  readonly has_image: boolean;
  readonly alternative: Alternative | null;
}

/** An env held at one step: in one card (`panel`), or in every card of the page. */
export interface Pin {
  /** `workspace/name`. */
  readonly env: string;
  readonly scope: 'panel' | 'page';
  /** The card's label; of a pin of the page: where it was made, if in a card. */
  readonly card: string | null;
  readonly step: number;
  readonly source: 'manual' | 'best';
  /** The sample on screen when it was pinned: where the card of origin begins. */
  readonly index: number | null;
  /** Cards that a pin of the page leaves alone. */
  readonly except: readonly string[];
  readonly best: Best | null;
}

export type PinList = readonly Pin[];

/** How a pin is drawn and named. */
export type Look = 'panel' | 'page' | 'best';

export const SYMBOLS: Readonly<Record<Look, string>> = { panel: '◇', page: '◈', best: '★' };

export function lookOf(pin: Pin): Look {
  return pin.source === 'best' ? 'best' : pin.scope;
}

/** The pin that holds this env in this card, or null: it follows the slider. */
export function effective(pins: PinList, env: string, card: string): Pin | null {
  let own: Pin | null = null;
  for (const pin of pins) {
    if (pin.env !== env) continue;
    if (pin.scope === 'page') {
      if (!pin.except.includes(card)) return pin;
    } else if (pin.card === card) own = pin;
  }
  return own;
}

/** The sample that a cell begins with: a pin says it in the card in which it was made. */
export function indexOf(pin: Pin | null, card: string): number | null {
  return pin !== null && pin.card === card ? pin.index : null;
}

/** Holds an env in one card. A wider pin leaves that card out from now on. */
export function pinHere(
  pins: PinList,
  at: { env: string; card: string; step: number; index: number | null },
): PinList {
  return [...released(pins, at.env, at.card), { ...manual(at), scope: 'panel', card: at.card }];
}

/** Holds an env in every card. All earlier pins of that env go. */
export function pinEverywhere(
  pins: PinList,
  at: { env: string; card: string | null; step: number; index: number | null },
): PinList {
  return [...unpinEverywhere(pins, at.env), { ...manual(at), scope: 'page', card: at.card }];
}

/**
 * Lets an env follow the slider in this card; others that share the pin keep it. Where the page's cards of that env are known, a pin that
 * none of them shares any more goes.
 */
export function unpinHere(
  pins: PinList,
  env: string,
  card: string,
  cards: readonly string[] | null = null,
): PinList {
  const rest = released(pins, env, card);
  if (cards === null) return rest;
  return rest.filter(
    (pin) => pin.env !== env || pin.scope === 'panel' || cards.some((one) => !pin.except.includes(one)),
  );
}

/** Takes away all pins of an env. */
export function unpinEverywhere(pins: PinList, env: string): PinList {
  return pins.filter((pin) => pin.env !== env);
}

/**
 * Puts the pins of one best-step action in the place of all earlier ones but local ones; of these, those that a new one overrides go.
 * Without any result nothing changes.
 */
export function applyBest(pins: PinList, found: PinList): PinList {
  if (found.length === 0) return pins;
  const everywhere = new Set(found.filter((pin) => pin.scope === 'page').map((pin) => pin.env));
  const here = new Set(found.map((pin) => place(pin.env, pin.card)));
  const kept = pins.filter(
    (pin) =>
      pin.scope === 'panel' &&
      pin.source === 'manual' &&
      !everywhere.has(pin.env) &&
      !here.has(place(pin.env, pin.card)),
  );
  return [...kept, ...found];
}

/**
 * Moves best-step pins to where they would be now. What was unpinned meanwhile stays unpinned; `awaited` are places that had no
 * result so far, and get a pin with their first one.
 */
export function moveBest(pins: PinList, found: PinList, awaited: ReadonlySet<string>): PinList {
  const fresh = new Map(found.map((pin) => [place(pin.env, pin.scope === 'page' ? null : pin.card), pin]));
  const isBest = (pin: Pin) => pin.source === 'best';
  const moved = pins.map((pin) => {
    const key = place(pin.env, pin.scope === 'page' ? null : pin.card);
    const next = isBest(pin) ? fresh.get(key) : undefined;
    fresh.delete(key);
    return next && !same(next, pin) ? { ...next, except: pin.except } : pin;
  });
  const added = [...fresh].flatMap(([key, pin]) =>
    (awaited.has(key) || awaited.has(place(pin.env, null))) &&
    !moved.some((one) => one.env === pin.env && (pin.scope === 'page' || one.scope === 'page'))
      ? [pin]
      : [],
  );
  return added.length === 0 && moved.every((pin, i) => pin === pins[i]) ? pins : [...moved, ...added];
}

/** How many envs are pinned somewhere. */
export function countEnvs(pins: PinList): number {
  return new Set(pins.map((pin) => pin.env)).size;
}

/** A name for (env, card), or for an env as a whole. */
export function place(env: string, card: string | null): string {
  return JSON.stringify([env, card]);
}

/** Pins as they may be kept: whatever does not fit the rules above is left out, the later of two for one place counts. */
export function parsePins(value: unknown): PinList {
  if (!Array.isArray(value)) return [];
  let pins: PinList = [];
  for (const one of value) {
    const pin = parsePin(one);
    if (!pin) continue;
    const isSamePlace = (other: Pin) =>
      other.env === pin.env && other.scope === pin.scope && (pin.scope === 'page' || other.card === pin.card);
    pins = [...pins.filter((other) => !isSamePlace(other)), pin];
  }
  return pins.filter((pin) => pin.scope === 'page' || effective(pins, pin.env, pin.card!) === pin);
}

function parsePin(value: unknown): Pin | null {
  const { env, scope, card, step, source, index, except, best } = (value ?? {}) as Record<string, unknown>;
  if (typeof env !== 'string' || (scope !== 'panel' && scope !== 'page')) return null;
  if (!Number.isSafeInteger(step) || (source !== 'manual' && source !== 'best')) return null;
  if (typeof card !== 'string' && (scope === 'panel' || (card !== null && card !== undefined))) return null;
  const why = source === 'best' ? parseBest(best) : null;
  if (source === 'best' && !why) return null;
  return {
    env,
    scope,
    card: card ?? null,
    step: step as number,
    source,
    index: Number.isSafeInteger(index) && (index as number) >= 0 ? (index as number) : null,
    except:
      scope === 'page' && Array.isArray(except)
        ? [...new Set(except.filter((one) => typeof one === 'string'))]
        : [],
    best: why,
  };
}

function parseBest(value: unknown): Best | null {
  const best = (value ?? {}) as Partial<Best>;
  if (typeof best.metric !== 'string' || (best.mode !== 'min' && best.mode !== 'max')) return null;
  if (!Number.isSafeInteger(best.metric_step)) return null;
  const { alternative } = best;
  return {
    metric: best.metric,
    mode: best.mode,
    with_image: best.with_image === true,
    tolerance: Number.isSafeInteger(best.tolerance) && best.tolerance! >= 0 ? best.tolerance! : 0,
    value: typeof best.value === 'number' && Number.isFinite(best.value) ? best.value : null,
    metric_step: best.metric_step!,
    distance: Number.isSafeInteger(best.distance) && best.distance! >= 0 ? best.distance! : 0,
    has_image: best.has_image !== false,
    alternative:
      alternative && Number.isSafeInteger(alternative.step)
        ? {
            step: alternative.step,
            exact: alternative.exact === true,
            within: Number.isSafeInteger(alternative.within) ? alternative.within : 2,
          }
        : null,
  };
}

/** Without the pin of this card, and with the card left out of a wider one. */
function released(pins: PinList, env: string, card: string): PinList {
  return pins.flatMap((pin) => {
    if (pin.env !== env) return [pin];
    if (pin.scope === 'panel') return pin.card === card ? [] : [pin];
    return [pin.except.includes(card) ? pin : { ...pin, except: [...pin.except, card] }];
  });
}

function manual(at: { env: string; step: number; index: number | null }) {
  return { env: at.env, step: at.step, index: at.index, source: 'manual', except: [], best: null } as const;
}

function same(a: Pin, b: Pin): boolean {
  return a.step === b.step && JSON.stringify(a.best) === JSON.stringify(b.best);
}
