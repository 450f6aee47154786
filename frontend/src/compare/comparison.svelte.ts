/**
 * Several envs watched as one: an env like any other to the wall and its plots. What is different lies here: how it is asked for, its
 * colours, and that cells of panes are no panes of their own.
 */

import { SAMPLE_KINDS } from '../gallery/types';
import { learnColour, settleColours } from '../lib/envColour';
import { type Host, WatchedEnv } from '../live/env.svelte';
import type { JobNews, Op, PageFrame, Snap, WireWindow } from '../live/frames';
import { titleOf } from '../live/title';
import type { ConnectionState, EnvPhase, LiveEnv, WindowState } from '../live/types';
import { onTheme, readTheme } from '../plots/theme';
import { comparedColours } from './colours';
import { dressed } from './dress';
import { heldColours, holdColours } from './heldColours';

/** One env of a comparison. */
export interface Compared {
  readonly n: number;
  readonly id: number;
  /** `workspace/name`. */
  readonly name: string;
  /** Which of the ten data colours it has here. */
  readonly colour: number;
}

/** An env of a page with the number that people know it by: its place among all that are listed, those that an eye hides too. */
export interface Numbered extends Compared {
  readonly number: number;
}

/** One place of a pane that shows windows side by side. */
export interface Cell {
  readonly n: number;
  /** Id of the window. */
  readonly window: number;
}

/** Lines begin as coarse as the server keeps them; plots on screen ask for finer ones where they are wide enough to show them. */
const WIDTH_PX = 256;

export class ComparedEnv extends WatchedEnv {
  #asked = $state.raw<readonly string[]>([]);
  /** What is held belongs to the envs that were asked for before. */
  #isTurning = false;
  readonly #socket: Host['socket'];
  readonly #stop: () => void;
  /** Windows as the server tells them, to be dressed anew when the theme changes. */
  readonly #looks = new Map<number, WireWindow>();
  #head: Snap | null = null;
  #colours: readonly string[] = readTheme().data;
  #envs = $state.raw<readonly Compared[]>([]);
  #listed = $state.raw<readonly string[]>([]);
  readonly #numbered = $derived(numbered(this.#envs, this.#listed));
  /** Colours that envs have on this page although nobody chose them. */
  #held: ReadonlyMap<string, number> = heldColours();
  #leftOut = $state.raw<readonly string[]>([]);
  #job = $state.raw<JobNews | null>(null);
  #panes = $derived.by(() => {
    const cells = new Set(super.windows.flatMap((pane) => cellsOf(pane).map(({ window }) => window)));
    return super.windows.filter((pane) => !cells.has(pane.id));
  });

  /** `name`: what the server calls it, which stays when other envs are asked for. */
  constructor(envs: readonly string[], host: Host, name = envs.join('+')) {
    super(name, WIDTH_PX, host);
    this.#asked = envs;
    this.#listed = envs;
    this.#socket = host.socket;
    this.#stop = onTheme(() => this.#wear());
  }

  /** Reactive: names of the envs that are to be compared. */
  get asked(): readonly string[] {
    return this.#asked;
  }

  /**
   * Compares these from now on, on the same wall; until they have come, what was there stays. `listed` are the envs of the page with
   * those that are not shown now.
   */
  ask(envs: readonly string[], listed: readonly string[] = envs): void {
    this.#listed = listed;
    if (envs.length === this.#asked.length && envs.every((env, at) => env === this.#asked[at])) return;
    this.#asked = [...envs];
    this.#isTurning = true;
    if (envs.length > 0) this.session.subscribe();
    else this.session.unsubscribe();
  }

  /** Nothing is compared yet where nothing was asked for. */
  override get phase(): EnvPhase {
    return this.#asked.length === 0 ? 'loading' : super.phase;
  }

  /** Reactive: the envs that are shown, by number. */
  get envs(): readonly Numbered[] {
    return this.#numbered;
  }

  /** Reactive: names that were asked for and are not there, or not to be seen. */
  get leftOut(): readonly string[] {
    return this.#leftOut;
  }

  /** Reactive: the work the page waits for, until there is something to show. */
  get job(): JobNews | null {
    return this.#job;
  }

  override get windows(): readonly WindowState[] {
    return this.#panes;
  }

  override close(): void {
    this.#stop();
    settleColours(new Map());
    super.close();
  }

  /** Asks again after it was cancelled or failed. */
  again(): void {
    this.session.subscribe();
  }

  override heard(news: JobNews): void {
    this.#job = this.phase === 'ready' ? null : news;
  }

  protected override say(frame: PageFrame): boolean {
    if (frame.t !== 'sub') return this.#socket.send(frame);
    if (this.#asked.length === 0) return true;
    const held = Object.fromEntries([...this.session.store.windows.values()].map(({ id, rev }) => [id, rev]));
    return this.#socket.send({
      t: 'compare',
      envs: [...this.#asked],
      name: this.name,
      width: WIDTH_PX,
      ...(frame.have && !this.#isTurning ? { have: frame.have, windows: held } : {}),
    });
  }

  override take(frame: Snap): void {
    this.#job = null;
    this.#head = frame;
    const isDressedAnew = frame.envs !== undefined && this.#settle(frame.envs);
    if (frame.full && frame.part === 0) {
      this.#isTurning = false;
      this.#looks.clear();
      this.#leftOut = frame.left_out ?? [];
    }
    super.take({ ...frame, ops: frame.ops.map((op) => this.#dressed(op)) });
    if (isDressedAnew && !frame.full) this.#wear();
  }

  /** Which colours the envs have; says whether any changed. */
  #settle(told: NonNullable<Snap['envs']>): boolean {
    for (const { name, colour } of told) learnColour(name, colour);
    this.#rename(told);
    const colours = comparedColours(told, this.#held);
    this.#held = new Map(
      told.flatMap(({ name, colour }) => (colour == null ? [[name, colours.get(name) ?? 0] as const] : [])),
    );
    holdColours(this.#held);
    const envs = told.map(({ n, id, name }) => ({ n, id, name, colour: colours.get(name) ?? 0 }));
    if (JSON.stringify(envs) === JSON.stringify(this.#envs)) return false;
    this.#envs = envs;
    settleColours(colours);
    return true;
  }

  /** An env that has another name now is asked for by that one from here on. */
  #rename(told: NonNullable<Snap['envs']>): void {
    const before = new Map(this.#envs.map(({ id, name }) => [id, name]));
    for (const { id, name } of told) {
      const old = before.get(id);
      if (old === undefined || old === name) continue;
      const renamed = (names: readonly string[]) => names.map((one) => (one === old ? name : one));
      this.#asked = renamed(this.#asked);
      this.#listed = renamed(this.#listed);
    }
  }

  #dressed(op: Op): Op {
    if (op[0] === 'x') this.#looks.delete(op[1]);
    if (op[0] !== 'w') return op;
    this.#looks.set(op[1], op[2]);
    return ['w', op[1], dressed(op[2], (n) => this.#colourOf(n))];
  }

  #colourOf(n: number): string {
    return this.#colours[this.#envs[n]?.colour ?? n % this.#colours.length]!;
  }

  /** The theme changed, and with it the colours of lines. */
  #wear(): void {
    this.#colours = readTheme().data;
    if (!this.#head || this.phase !== 'ready') return;
    const ops: Op[] = [...this.#looks].map(([id, look]) => {
      const traces = look.traces.map((trace) => {
        const held = this.session.store.traces.get(trace.id);
        return held ? { ...trace, gen: held.gen, count: held.count } : trace;
      });
      return ['w', id, dressed({ ...look, traces }, (n) => this.#colourOf(n))];
    });
    super.take({ ...this.#head, full: false, part: 0, last: true, ops });
  }
}

/** Where a name is not among the listed ones, as after a renaming, the places of those that are shown count. */
function numbered(envs: readonly Compared[], listed: readonly string[]): Numbered[] {
  const places = envs.map(({ name }) => listed.indexOf(name));
  const areKnown = !places.includes(-1);
  return envs.map((env, at) => ({ ...env, number: areKnown ? places[at]! : env.n }));
}

export function cellsOf(pane: WindowState): readonly Cell[] {
  const content = pane.content as { cells?: readonly Cell[] } | null;
  return pane.kind === 'cells' ? (content?.cells ?? []) : [];
}

/** Titles of the cards over steps in which a comparison shows this env. */
export function cardsOf(live: ComparedEnv, env: string): readonly string[] {
  const n = live.envs.find(({ name }) => name === env)?.n;
  const panes = live.windows.filter((pane) => cellsOf(pane).some((cell) => cell.n === n));
  return panes.filter((pane) => Object.hasOwn(SAMPLE_KINDS, kindOfCells(pane))).map(titleOf);
}

/** What the cells of a pane hold. */
export function kindOfCells(pane: WindowState): string {
  return (pane.content as { of?: string } | null)?.of ?? '';
}

/** A comparison as the windows of one of its envs see it: an env of that name. */
export function cellEnv(live: LiveEnv, env: Compared): LiveEnv {
  const [workspace = '', ...rest] = env.name.split('/');
  const meta = { name: rest.join('/'), workspace, status: '' as const, config: {}, tags: [], revision: 0 };
  return {
    name: env.name,
    get connection(): ConnectionState {
      return live.connection;
    },
    get lastSeen() {
      return live.lastSeen;
    },
    get phase() {
      return live.phase;
    },
    get gone() {
      return live.gone;
    },
    env: meta,
    role: 'viewer',
    get windows() {
      return live.windows;
    },
    window: (idOrKey) => live.window(idOrKey),
    want: (request) => live.want(request),
    refresh: (pane) => live.refresh(pane),
    samples: (pane) => live.samples(pane),
    holdSamples: (logs) => live.holdSamples(logs),
    assets: live.assets,
    session: { sendEvent: () => false, ask: () => Promise.resolve(null) },
    onChange: (callback) => live.onChange(callback),
    close: () => undefined,
  };
}
