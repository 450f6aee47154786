/**
 * Which step each card of a page shows, and what cards share: the link between them, the place in a list of samples, and how closely
 * people look. It outlives the cards, which come and go as the page is scrolled, and is plain JSON for addresses and views.
 */

import type { LiveEnv } from '../live/types';
import type { Region } from '../panes/imageView';
import { nearestPlace, sectionOf } from './nearest';

/** How far a step that is chosen in a linked card reaches. */
export type Scope = 'section' | 'page';
/** What moves together when another sample is chosen: all cards, the cells of this card, or each cell alone. */
export type SampleSync = 'widgets' | 'runs' | 'off';

export interface CardJson {
  /** The step that was chosen; absent while the card follows the newest. */
  step?: number;
  linked?: false;
  sync?: 'runs' | 'off';
  /** The place in the list of samples, from 0. */
  sample?: number;
  /** The same by env, where each cell has its own. */
  samples?: Record<string, number>;
}

/** Only what differs from how a page begins. */
export interface StepsJson {
  scope?: 'page';
  sample?: number;
  cards?: Record<string, CardJson>;
  /** Sections with Sync Zoom, and what is seen there: null is the whole. */
  zoom?: Record<string, Region | null>;
}

/** One card's place in the steps. */
export class CardSteps {
  readonly section: string;
  /** The steps there are, rising; the card says. */
  steps = $state.raw<readonly number[]>([]);
  /** Whether these are all: before, what was chosen may not be among them yet. */
  isWhole = $state(false);
  isLinked = $state(true);
  sync = $state<SampleSync>('widgets');
  isPlaying = $state(false);
  /** What the person chose, here or in a linked card; null follows the newest. */
  #chosen = $state<number | null>(null);
  /** Chosen before the steps were known: the nearest is taken once they are. */
  #sent = $state<number | null>(null);
  #sample = $state<number | null>(null);
  #samples = $state.raw<Readonly<Record<string, number>>>({});

  // Getters, for a $derived would belong to the card on screen that asked first, and stand still once that one is gone.

  /** The place of the step that is shown; -1 while there is none. */
  get at(): number {
    const goal = this.#sent ?? this.#chosen;
    return goal === null ? this.steps.length - 1 : nearestPlace(this.steps, goal);
  }

  /** The step that is shown, or null while there is none. */
  get step(): number | null {
    return this.steps[this.at] ?? null;
  }

  get isFollowing(): boolean {
    return this.#chosen === null && this.#sent === null;
  }

  /** Whether the step that is shown is the one that will be shown when all steps are known. */
  get isSettled(): boolean {
    return this.#sent === null || this.isWhole;
  }

  constructor(
    private readonly page: Steps,
    readonly key: string,
    readonly label: string,
  ) {
    this.section = sectionOf(label);
  }

  /** What the card knows of its steps. */
  know(steps: readonly number[], isWhole: boolean): void {
    this.steps = steps;
    this.isWhole = isWhole;
    if (isWhole && this.#sent !== null) this.#settle(this.#sent);
  }

  /** The person chooses a step by its place; linked cards come along. */
  choose(place: number): void {
    const at = Math.max(0, Math.min(this.steps.length - 1, place));
    const step = this.steps[at];
    if (step === undefined) return;
    this.#sent = null;
    this.#chosen = at === this.steps.length - 1 ? null : step;
    if (this.isLinked) this.page.send(this, step);
  }

  go(by: number): void {
    this.choose(this.at + by);
  }

  /** The step nearest to a number that was typed. */
  type(step: number): void {
    this.choose(nearestPlace(this.steps, step));
  }

  /** A linked card went to a step. */
  receive(step: number): void {
    if (this.isWhole) this.#settle(step);
    else this.#sent = step;
  }

  #settle(step: number): void {
    const at = nearestPlace(this.steps, step);
    this.#sent = null;
    this.#chosen = at === this.steps.length - 1 ? null : (this.steps[at] ?? null);
  }

  /** The place in the list of samples that was chosen for an env's cell, or null. */
  sampleOf(env: string): number | null {
    if (this.sync === 'widgets') return this.page.sample;
    return this.sync === 'runs' ? this.#sample : (this.#samples[env] ?? null);
  }

  chooseSample(env: string, place: number): void {
    if (this.sync === 'widgets') this.page.sample = place;
    else if (this.sync === 'runs') this.#sample = place;
    else this.#samples = { ...this.#samples, [env]: place };
  }

  /** What is on screen stays when less moves together; when all moves together again, the common place counts. */
  setSync(sync: SampleSync, envs: readonly string[]): void {
    if (sync === 'runs') this.#sample = this.sampleOf(envs[0] ?? '');
    if (sync === 'off') {
      const own = envs.map((env) => [env, this.sampleOf(env)] as const);
      this.#samples = Object.fromEntries(own.filter((one): one is [string, number] => one[1] !== null));
    }
    this.sync = sync;
  }

  state(): CardJson {
    const step = this.#sent ?? this.#chosen;
    return {
      ...(step === null ? {} : { step }),
      ...(this.isLinked ? {} : { linked: false as const }),
      ...(this.sync === 'widgets' ? {} : { sync: this.sync }),
      ...(this.sync === 'runs' && this.#sample !== null ? { sample: this.#sample } : {}),
      ...(this.sync === 'off' && Object.keys(this.#samples).length > 0 ? { samples: this.#samples } : {}),
    };
  }

  restore(json: CardJson): void {
    this.isLinked = json.linked !== false;
    this.sync = json.sync === 'runs' || json.sync === 'off' ? json.sync : 'widgets';
    this.#sample = place(json.sample);
    this.#samples = Object.fromEntries(
      Object.entries(json.samples ?? {}).filter(([, value]) => place(value) !== null),
    );
    this.#chosen = null;
    this.#sent = null;
    if (typeof json.step === 'number' && Number.isFinite(json.step)) this.receive(json.step);
  }
}

/** All cards of one page. */
export class Steps {
  scope = $state<Scope>('section');
  /** The place in lists of samples that all cards share. */
  sample = $state<number | null>(null);
  readonly #cards = new Map<string, CardSteps>();
  /** Cards that were restored and have not come yet. */
  #waiting = new Map<string, CardJson>();
  /** What was sent last: by section, and over the page. */
  readonly #sent = new Map<string, number>();
  #sentToAll: number | null = null;
  #zooms = $state.raw<Readonly<Record<string, Region | null>>>({});
  /** Grows with each card that comes, so that `state()` is reactive. */
  #count = $state(0);

  /** A card by its key on this page; made when it is first asked for. */
  card(key: string, label: string): CardSteps {
    const known = this.#cards.get(key);
    if (known?.label === label) return known;
    const card = new CardSteps(this, key, label);
    this.#cards.set(key, card);
    const waiting = known?.state() ?? this.#waiting.get(key);
    this.#waiting.delete(key);
    if (waiting) card.restore(waiting);
    const sent = this.scope === 'page' ? this.#sentToAll : this.#sent.get(card.section);
    if (!waiting && sent !== null && sent !== undefined) card.receive(sent);
    queueMicrotask(() => (this.#count += 1));
    return card;
  }

  /** A linked card went to a step: those it is linked with go to the nearest they have. */
  send(from: CardSteps, step: number): void {
    this.#sent.set(from.section, step);
    this.#sentToAll = step;
    for (const card of this.#cards.values()) {
      if (card === from || !card.isLinked) continue;
      if (this.scope === 'page' || card.section === from.section) card.receive(step);
    }
  }

  /** Whether people look at all pictures of a section in the same way. */
  isZoomSynced(section: string): boolean {
    return Object.hasOwn(this.#zooms, section);
  }

  syncZoom(section: string, isSynced: boolean): void {
    const { [section]: region = null, ...others } = this.#zooms;
    this.#zooms = isSynced ? { ...others, [section]: region } : others;
  }

  /** What is seen of the pictures of a section; null is the whole. */
  regionOf(section: string): Region | null {
    return this.#zooms[section] ?? null;
  }

  look(section: string, region: Region | null): void {
    if (this.isZoomSynced(section)) this.#zooms = { ...this.#zooms, [section]: region };
  }

  /** Reactive. */
  state(): StepsJson {
    void this.#count;
    const cards = Object.fromEntries(
      [...this.#cards]
        .map(([key, card]) => [key, card.state()] as const)
        .filter(([, json]) => !isEmpty(json)),
    );
    const all = { ...Object.fromEntries(this.#waiting), ...cards };
    return {
      ...(this.scope === 'page' ? { scope: this.scope } : {}),
      ...(this.sample === null ? {} : { sample: this.sample }),
      ...(isEmpty(all) ? {} : { cards: all }),
      ...(isEmpty(this.#zooms) ? {} : { zoom: { ...this.#zooms } }),
    };
  }

  /** Takes what `state` gave, of any page and time: what is no such thing is left out. */
  restore(json: StepsJson | null | undefined): void {
    const cards = Object.entries(mapOf(json?.cards)).filter(([, card]) => isMap(card));
    this.scope = json?.scope === 'page' ? 'page' : 'section';
    this.sample = place(json?.sample);
    this.#zooms = Object.fromEntries(
      Object.entries(mapOf(json?.zoom)).map(([section, region]) => [section, regionIn(region)]),
    );
    this.#sent.clear();
    this.#sentToAll = null;
    this.#waiting = new Map(cards as [string, CardJson][]);
    for (const [key, card] of this.#cards) {
      card.restore(this.#waiting.get(key) ?? {});
      this.#waiting.delete(key);
    }
  }
}

const pages = new WeakMap<LiveEnv, Steps>();

/** The steps of a page: one for what it watches. */
export function stepsOf(live: LiveEnv): Steps {
  const known = pages.get(live);
  if (known) return known;
  const steps = new Steps();
  pages.set(live, steps);
  return steps;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const mapOf = (value: unknown): Record<string, unknown> => (isMap(value) ? value : {});
const isEmpty = (value: object): boolean => Object.keys(value).length === 0;
const place = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;

function regionIn(value: unknown): Region | null {
  if (!isMap(value)) return null;
  const { ratio, x, y } = value;
  return [ratio, x, y].every((one) => typeof one === 'number' && Number.isFinite(one)) &&
    (ratio as number) > 0
    ? { ratio: ratio as number, x: x as number, y: y as number }
    : null;
}
