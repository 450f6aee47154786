/**
 * The pins of a page: one object for all its cards. Rules are in precedence.ts; here they are kept, on the server for who is signed in,
 * and asked for when a metric's best step is to be found.
 */

import { getContext, setContext, untrack } from 'svelte';

import { type Api, ApiError, said } from '../../lib/api';
import type { LiveEnv } from '../../live/types';
import { toasts } from '../../shell/toasts.svelte';
import {
  applyBest,
  type Best,
  countEnvs,
  effective,
  lookOf,
  type Mode,
  moveBest,
  parsePins,
  type Pin,
  pinEverywhere,
  pinHere,
  type PinList,
  place,
  unpinEverywhere,
  unpinHere,
} from './precedence';
import { type BestAsked, type Missed, outcomeText } from './words';

export { indexOf, lookOf } from './precedence';
export type { Best, BestAsked, Missed, Pin, PinList };

/** Saving waits until the hand rests. */
const REST_MS = 500;
/** Best steps are looked for again at most once in this time, and never for more than a tenth of it. */
const FOLLOW_MS = 5_000;
export const DEFAULT_TOLERANCE = 20;
export const MOST_TOLERANCE = 100_000;

/** What is kept with a view, a link, or for a person. */
export interface PinState {
  readonly pins: PinList;
  readonly follow: BestAsked | null;
}

/** What came of a best-step action. */
export interface BestOutcome {
  readonly pins: PinList;
  readonly missed: readonly Missed[];
  /** In words, as the notice says it. */
  readonly text: string;
}

const NONE: PinState = { pins: [], follow: null };

export class Pins {
  /** All pins of the page. */
  list = $state.raw<PinList>([]);
  /** What best-step pins go on following; null: they stay where they are. */
  follow = $state.raw<BestAsked | null>(null);
  /** Full names of the envs of the page. */
  envs = $state.raw<readonly string[]>([]);
  /** Whether the kept pins have come. */
  isLoaded = $state(false);
  /** Steps between a metric's point and its picture: what the person chose last. */
  tolerance = $state(DEFAULT_TOLERANCE);

  /** How many envs are pinned. */
  readonly count = $derived(countEnvs(this.list));
  /** What the best-step pins that there are were asked for. */
  readonly lastBest = $derived.by<BestAsked | null>(() => {
    const best = this.list.find((pin) => pin.source === 'best')?.best;
    if (!best) return null;
    const { metric, mode, with_image, tolerance } = best;
    return { metric, mode, with_image, tolerance };
  });

  /** What is shown by itself, by a view or a link; null: what the person keeps. */
  #given = $state.raw<PinState | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waits = false;
  /** Places without a result when best steps were looked for last. */
  #awaited: ReadonlySet<string> = new Set();
  #toleranceOf: string | null = null;
  /** Whether what is shown is what an address said, and nothing was changed since: it is not kept for the person. */
  #isBorrowed = false;
  /** The notice of the last best-step action. */
  #told = 0;
  /** In which cards the page shows an env; null where that is not known. */
  #cardsOf: (env: string) => readonly string[] | null = () => null;
  /** Looks at once whether pins that follow their best step have to move. */
  #wake: () => void = () => undefined;

  constructor(
    private readonly api: Api | null,
    /** Whether pins are kept for the person on the server. */
    private readonly isKept: boolean,
    /** What is kept for the page of this env, as it came with the page: where it begins, the server is not asked once more. */
    private came: { readonly env: string; readonly pins?: unknown } | null = null,
  ) {}

  // -- what holds a cell

  of(env: string, card: string): Pin | null {
    return effective(this.list, env, card);
  }

  pinHere(env: string, card: string, step: number, index: number | null): void {
    this.#set(pinHere(this.list, { env, card, step, index }));
  }

  /** `card` is where the pin is made. */
  pinEverywhere(env: string, card: string | null, step: number, index: number | null): void {
    this.#set(pinEverywhere(this.list, { env, card, step, index }));
  }

  unpinHere(env: string, card: string): void {
    this.#set(unpinHere(this.list, env, card, this.#cardsOf(env)));
  }

  unpinEverywhere(env: string): void {
    this.#set(unpinEverywhere(this.list, env));
  }

  /** Takes away every pin of the page, and offers to bring them back. */
  clear(): void {
    if (this.list.length === 0) return;
    const before = this.state();
    this.#set([]);
    toasts.add('All pins are cleared', { action: { label: 'Undo', run: () => this.#turnBack(before) } });
  }

  // -- best steps

  /**
   * Pins each of these envs where the metric is lowest or highest, and says in a notice for which that was possible. With image: at the
   * nearest picture within `tolerance` steps of the best point that has one.
   */
  async bestStep(
    envs: readonly string[],
    metric: string,
    mode: Mode,
    withImage: boolean,
    tolerance: number = this.tolerance,
  ): Promise<BestOutcome | null> {
    if (envs.length === 0) return null;
    const asked: BestAsked = { metric, mode, with_image: withImage, tolerance };
    const before = this.state();
    try {
      const { found, missed } = await this.#find(envs, asked);
      const pinned = new Set(found.map((pin) => pin.env));
      const text = outcomeText(asked, envs, pinned, missed);
      const isDone = found.length > 0;
      if (isDone) this.#set(applyBest(this.list, found), this.follow === null ? null : asked);
      toasts.remove(this.#told); // it says how things were before
      this.#told = toasts.add(text, {
        action: isDone ? { label: 'Undo', run: () => this.#turnBack(before) } : null,
        kind: isDone ? 'plain' : 'bad',
      });
      return { pins: found, missed, text };
    } catch (error) {
      toasts.add(`The best steps were not found; the pins are as they were. ${said(error)}`, { kind: 'bad' });
      return null;
    }
  }

  /** Lets best-step pins move with their metric from now on, or stay. */
  setFollow(isOn: boolean): void {
    this.#set(this.list, isOn ? this.lastBest : null);
    if (isOn) void this.#moveOn();
  }

  /**
   * Looks after pins that follow their best step, while the page shows this env; `cardsOf` tells in which cards it shows one of its
   * envs. Returns what ends it.
   */
  watch(live: LiveEnv, cardsOf: (env: string) => readonly string[]): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let rests = FOLLOW_MS;
    let isDue = false;
    const look = async () => {
      if (!isDue || document.hidden || this.follow === null) {
        timer = undefined;
        return;
      }
      isDue = false;
      const began = performance.now();
      await this.#moveOn();
      rests = Math.max(FOLLOW_MS, 10 * (performance.now() - began));
      timer = setTimeout(() => void look(), rests);
    };
    const begin = (rest: number) => {
      if (isDue && timer === undefined && this.follow !== null && !document.hidden)
        timer = setTimeout(() => void look(), rest);
    };
    const beginAgain = () => begin(rests);
    const stop = live.onChange(() => {
      isDue = true;
      begin(rests);
    });
    document.addEventListener('visibilitychange', beginAgain);
    this.#cardsOf = cardsOf;
    this.#wake = () => {
      isDue = true;
      begin(0);
    };
    untrack(this.#wake);
    return () => {
      stop();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', beginAgain);
      this.#cardsOf = () => null;
      this.#wake = () => undefined;
    };
  }

  async #moveOn(): Promise<void> {
    const asked = this.follow;
    if (asked === null || this.envs.length === 0) return;
    const awaited = this.#awaited;
    try {
      const { found } = await this.#find(this.envs, asked);
      if (this.follow !== asked) return;
      const moved = moveBest(this.list, found, awaited);
      if (this.#isBorrowed) this.list = moved;
      else this.#set(moved, asked);
    } catch {
      // The next change of the metric asks again.
    }
  }

  async #find(
    envs: readonly string[],
    asked: BestAsked,
  ): Promise<{ found: PinList; missed: readonly Missed[] }> {
    if (!this.api) throw new ApiError(0, { detail: 'This page has no server to ask.' });
    const answer = await this.api.send<{ pins: unknown; missed: Missed[] }>('POST', '/best-step', {
      envs,
      ...asked,
    });
    this.#awaited = new Set(answer.missed.map(({ env, card }) => place(env, card ?? null)));
    return { found: parsePins(answer.pins), missed: answer.missed };
  }

  // -- the tolerance, a preference of the person in a workspace

  async loadTolerance(): Promise<void> {
    const workspace = this.#workspace;
    if (!this.api || !this.isKept || workspace === null || workspace === this.#toleranceOf) return;
    this.#toleranceOf = workspace;
    try {
      const { tolerance } = await this.api.get<{ tolerance: number }>(preferencePath(workspace));
      if (workspace === this.#workspace) this.tolerance = tolerance;
    } catch {
      this.#toleranceOf = null; // as it was; the next menu asks again
    }
  }

  saveTolerance(tolerance: number): void {
    if (tolerance === this.tolerance) return;
    this.tolerance = tolerance;
    const workspace = this.#workspace;
    if (!this.api || !this.isKept || workspace === null) return;
    this.api.send('PUT', preferencePath(workspace), { tolerance }).catch((error: unknown) => {
      toasts.add(`The tolerance holds on this page only. ${said(error)}`, { kind: 'bad' });
    });
  }

  get #workspace(): string | null {
    return this.envs[0]?.split('/', 1)[0] ?? null;
  }

  // -- keeping

  /**
   * Makes this the page of these envs. `begun` are the pins of its address, which count for more than `given`, those of a view or a
   * link, and than those that the person keeps.
   */
  async turnTo(
    envs: readonly string[],
    begun: PinState | null = null,
    given: PinState | null | Promise<PinState | null> = null,
  ): Promise<void> {
    this.flush();
    const came = envs.length === 1 && envs[0] === this.came?.env ? parseState(this.came?.pins) : null;
    this.came = null; // later they may be others
    this.envs = envs;
    this.#given = null;
    this.#show(begun ?? NONE, begun !== null);
    this.#isBorrowed = begun !== null;
    const shown = (await given) ?? (this.isKept ? null : await this.#read(envs));
    if (this.envs !== envs) return;
    this.#given = shown && this.#fitting(shown);
    if (this.isLoaded) return;
    const kept = this.#given ?? came ?? (await this.#read(envs));
    if (this.envs === envs && !this.isLoaded) this.#show(kept);
  }

  /** Shows the pins of a saved view, or with null the person's own again. */
  async open(given: PinState | null): Promise<void> {
    await this.turnTo([...this.envs], null, given);
  }

  /** Says that what is shown now is what the view has; with null: that it is the page's own. */
  belongTo(given: PinState | null): void {
    this.#given = given && this.#fitting(given);
  }

  /** Keeps these pins for a copy of the page's only env, too. */
  async copyTo(env: string): Promise<void> {
    if (!this.api || !this.isKept || this.list.length === 0) return;
    const pins = this.list.map((pin) => ({ ...pin, env }));
    await this.api.send('PUT', pinsPath([env]), { pins, follow: this.follow });
  }

  /** The page shows these envs now: pins of others go, those of the rest stay. */
  follows(envs: readonly string[]): void {
    if (envs.length === this.envs.length && envs.every((env, i) => env === this.envs[i])) return;
    if (!this.isLoaded) {
      void this.turnTo(envs); // what was asked for the others is not waited for
      return;
    }
    this.flush();
    this.envs = envs;
    this.list = this.list.filter((pin) => envs.includes(pin.env));
  }

  /** An env has another name now. */
  renamed(from: string, to: string): void {
    this.envs = this.envs.map((env) => (env === from ? to : env));
    this.list = this.list.map((pin) => (pin.env === from ? { ...pin, env: to } : pin));
  }

  /** As plain data, for a view or a link. */
  state(): PinState {
    return { pins: this.list, follow: this.follow };
  }

  /** What the address has to say: null where it shows the same without. */
  get forAddress(): PinState | null {
    const now = this.state();
    if (!this.isLoaded || isSame(now, this.#given ?? NONE)) return null;
    return now;
  }

  /** Sends what still waits, because the page is about to go. */
  flush(): void {
    clearTimeout(this.#timer);
    if (!this.#waits || !this.api) return;
    this.#waits = false;
    const body = this.state();
    const isShort = JSON.stringify(body).length < 60_000;
    this.api.send('PUT', pinsPath(this.envs), body, { keepalive: isShort }).catch((error: unknown) => {
      toasts.add(`The pins hold on this page only. ${said(error)}`, { kind: 'bad' });
    });
  }

  async #read(envs: readonly string[]): Promise<PinState> {
    if (!this.api || envs.length === 0) return NONE;
    try {
      return parseState(await this.api.get<unknown>(pinsPath(envs))) ?? NONE;
    } catch {
      return NONE; // the wall is of use without them
    }
  }

  #show(state: PinState, isLoaded = true): void {
    const { pins, follow } = this.#fitting(state);
    this.list = pins;
    this.follow = follow;
    this.#awaited = new Set();
    this.isLoaded = isLoaded;
    this.#isBorrowed = false;
    this.#wake(); // while nobody looked, the best may have become another one
  }

  /** Pins of the envs of this page. On the page of one env all are its own, whatever it was called when they were kept. */
  #fitting({ pins, follow }: PinState): PinState {
    const [only] = this.envs;
    if (this.envs.length === 1) return { pins: pins.map((pin) => ({ ...pin, env: only! })), follow };
    return { pins: pins.filter((pin) => this.envs.includes(pin.env)), follow };
  }

  #turnBack(state: PinState): void {
    this.#set(state.pins, state.follow);
  }

  /** Pins of a view or a link are changed for this page alone; others are kept. */
  #set(list: PinList, follow: BestAsked | null = list.some(isBest) ? this.follow : null): void {
    if (list === this.list && follow === this.follow) return;
    this.isLoaded = true;
    this.#isBorrowed = false;
    this.list = list;
    this.follow = follow;
    if (!this.isKept || this.#given !== null) return;
    this.#waits = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), REST_MS);
  }
}

/** What was kept or sent, as far as it can be read; null if it says nothing of pins. */
export function parseState(value: unknown): PinState | null {
  const { pins, follow } = (value ?? {}) as Record<string, unknown>;
  return Array.isArray(pins) ? { pins: parsePins(pins), follow: parseAsked(follow) } : null;
}

export function parseAsked(value: unknown): BestAsked | null {
  const asked = (value ?? {}) as Partial<BestAsked>;
  if (typeof asked.metric !== 'string' || (asked.mode !== 'min' && asked.mode !== 'max')) return null;
  const { metric, mode, tolerance } = asked;
  return {
    metric,
    mode,
    with_image: asked.with_image === true,
    tolerance: toTolerance(tolerance) ?? DEFAULT_TOLERANCE,
  };
}

/** A tolerance as it was typed, or null: whole, 0 to 100 000. */
export function toTolerance(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value;
  return Number.isInteger(number) && (number as number) >= 0 && (number as number) <= MOST_TOLERANCE
    ? (number as number)
    : null;
}

/** The colour of a pin's badge and ring, as style sheets take it. */
export function pinColour(pin: Pin): string {
  return `var(--pin-${lookOf(pin)})`;
}

const isBest = (pin: Pin) => pin.source === 'best';
const isSame = (a: PinState, b: PinState) => JSON.stringify(a) === JSON.stringify(b);
const preferencePath = (workspace: string) =>
  `/preferences/best-step?workspace=${encodeURIComponent(workspace)}`;
const pinsPath = (envs: readonly string[]) => `/pins?${new URLSearchParams(envs.map((env) => ['env', env]))}`;

const KEY = Symbol('pins');

export function setPins(pins: Pins): Pins {
  return setContext(KEY, pins);
}

/** The pins of the page; where it has none, some that last as long as the component. Call it while a component is being made. */
export function getPins(): Pins {
  return getContext<Pins | undefined>(KEY) ?? new Pins(null, false);
}
