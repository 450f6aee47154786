/**
 * The interface between the live data (src/live, src/plots) and the page that shows it (src/shell, src/board, src/panes).
 *
 * How a page uses it:
 *
 *     const boot = readBoot();                       // live/boot.ts: the JSON that the server put in the page
 *     const connection = connect(boot);              // live/connection.svelte.ts: one socket for the whole page
 *     const live = connection.watch(boot.env);       // live/env.svelte.ts: one env, reactive (Svelte 5 runes)
 *
 *     {#each live.windows as pane (pane.id)} … {/each}   // ordered by place; a pane object is the same for its whole life
 *
 *     const handle = mountMetric(element, pane, { live });  // plots/index.ts: draws, and keeps drawing, until destroy()
 *
 * Everything marked *reactive* is a rune underneath: read it in a template, `$derived` or `$effect` and it follows.
 * The points of traces are not reactive (there may be millions): plots are told by `TraceState.onData`.
 */

import type { RunGroup } from '../runs/groups.svelte';
import type { AssetStates } from './assets';
import type { Host, WatchedEnv } from './env.svelte';
import type { Op, Question } from './frames';
import type { SampleLog } from './samples';

/** What the server put in the page (template `env.html`, `json_script` with id `boot`). */
export interface Boot {
  /** `workspace/name`. */
  env: string;
  /** "" or "/x": what every address of this server begins with. */
  base_url: string;
  /** Address of the live socket: a path (made absolute with the page's host) or a ws: address. */
  live_url: string;
  /** Where files of the env lie, such as `/f/<env id>/` or `/s/<link>/`. */
  files_url?: string;
  /** Where REST begins, such as `/api/v1` or `/s/<link>/api/v1`. */
  api_url: string;
  role: Role;
  user: { name: string } | null;
  readonly: boolean;
  shared: boolean;
  /** The key of the one window to show alone, or null. */
  window: string | null;
  /** Where the person keeps the panes of this env, as it was when the page was made; null or absent where no server keeps it. */
  layout?: unknown;
  /** What the person changed on its figures for their own eyes, likewise. */
  looks?: unknown;
  /** What the person pinned there, likewise. */
  pins?: unknown;
  /** On the page of a comparison: names of its envs in order. */
  compare?: readonly string[];
  /** The runs table that can stand beside a comparison. */
  table?: {
    workspace: string;
    canEdit: boolean;
    /** Envs that are compared at most. */
    most: number;
    /** Whether the page is the table's own. */
    isPage: boolean;
    /** Whether the address says which envs are ticked. */
    isChosen: boolean;
  };
  version: string;
  /** On a shared page: what its author gave it, as a saved view has it. */
  state?: Record<string, unknown>;
  /** On a shared page: the saved view that it opens with. */
  view?: string | null;
  /** On a shared comparison: how many of its envs are left out. */
  left_out?: number;
  /** On a comparison: whether the person may make links of it. */
  canShare?: boolean;
}

export type Role = 'viewer' | 'editor' | 'manager';

/** The one shape of errors, on the live wire and on REST. */
export interface ServerError {
  code: string;
  detail: string;
  fields?: Record<string, string[]>;
}

/**
 * - `connecting`: the first connection of this page is not up yet;
 * - `online`: what is shown is live;
 * - `readonly`: live too, and the server refuses every write;
 * - `offline`: the connection is lost and is being tried again by itself; what is shown is from `lastSeen`.
 */
export type ConnectionState = 'connecting' | 'online' | 'readonly' | 'offline';

/** One socket, shared by all envs that a page watches. Made by `connect(boot)`. */
export interface Connection {
  /** Reactive. */
  readonly state: ConnectionState;
  /** Reactive: when the server was last heard, or null before the first time. */
  readonly lastSeen: Date | null;
  /** Reactive: when the next attempt is made while offline, else null. */
  readonly nextAttempt: Date | null;
  /** Starts to watch an env (`workspace/name`). Watching the same env twice gives the same object. */
  watch(env: string): LiveEnv;
  /** Starts to watch something made for this connection, such as a comparison. */
  watchWith<T extends WatchedEnv>(make: (host: Host) => T): T;
  /** Tries to connect now instead of at `nextAttempt`. */
  retry(): void;
  /** Closes the socket for good (the page is left). */
  close(): void;
}

/** The env itself. */
export interface EnvMeta {
  name: string;
  workspace: string;
  status: '' | 'running' | 'finished' | 'failed' | 'stalled';
  /** Since when its status is what it is, in seconds since 1970. */
  status_at?: number | null;
  config: Record<string, unknown>;
  tags: string[];
  notes?: string;
  revision: number;
  /** Which of the ten data colours somebody chose, 0 to 9; null: the name decides. See lib/envColour.ts. */
  colour?: number | null;
}

/**
 * - `loading`: the first snapshot has not come;
 * - `ready`: shown as it is (or as it was, see `connection`);
 * - `gone`: the env was not found, was deleted, or may no longer be seen: `gone` says why.
 */
export type EnvPhase = 'loading' | 'ready' | 'gone';

/** One env, live. Made by `connection.watch(name)`. */
export interface LiveEnv {
  /** The name that was asked for: `workspace/name`. */
  readonly name: string;
  /** The socket's state, for convenience. Reactive. */
  readonly connection: ConnectionState;
  /** Reactive. */
  readonly lastSeen: Date | null;
  /** Reactive. */
  readonly phase: EnvPhase;
  /** Reactive: why the env is gone, in phase `gone`. */
  readonly gone: ServerError | null;
  /** Reactive: null until the first snapshot. */
  readonly env: EnvMeta | null;
  /** Reactive: what I may do here, as the server said last; null until the first snapshot. */
  readonly role: Role | null;
  /** Reactive: the living windows, ordered by `place` (then id). */
  readonly windows: readonly WindowState[];
  /** A window by id or by key; reactive, as `windows` is. */
  window(idOrKey: number | string): WindowState | undefined;
  /** Reactive; of a comparison: its envs by number. */
  readonly envs?: readonly { readonly n: number; readonly id: number; readonly name: string }[];
  /** Says which lines a plot needs; used by the plots. See `LineRequest`. */
  want(request: LineRequest): void;
  /** Asks for a window anew: the address of a text window's document lives 12 hours. */
  refresh(pane: WindowState): void;
  /** The samples of a window over all its steps; before it is held, of its last step. */
  samples(pane: WindowState): SampleLog;
  /** Brings logs and keeps them whole while they are on screen. Returns what ends it. */
  holdSamples(logs: readonly SampleLog[]): () => void;
  /** How far the server is with making files playable everywhere. */
  readonly assets: AssetStates;
  /** What goes to programs that listen to the env, and questions that only some plots ask. */
  readonly session: {
    sendEvent(window: number, event: Record<string, unknown>): boolean;
    ask(question: Question): Promise<readonly Op[] | null>;
  };
  /** Called after each batch of changes was applied. Returns the function that stops it. */
  onChange(callback: () => void): () => void;
  /** Stops watching. */
  close(): void;
}

export type WindowKind =
  | 'plot'
  | 'metric'
  | 'image'
  | 'audio'
  | 'video'
  | 'histogram'
  | 'table'
  | 'document'
  | 'text'
  | 'properties'
  | 'network'
  | 'embeddings';

/** One image of an image window. */
export interface Sample {
  step: number | null;
  index: number;
  asset: string;
  /** Where the image is: an address that this page can use as it is. */
  url: string;
  width: number | null;
  height: number | null;
  caption: string;
  content_type: string;
}

/**
 * By kind: `text` has the address of its sandboxed document; `image`, `audio`, `video` the samples of their last step; `properties`,
 * `network`, `embeddings` the map that was sent; plots null.
 */
export type WindowContent =
  | { url: string; length: number }
  | { samples: Sample[] }
  | { items: unknown[] }
  | { nodes: unknown[]; edges: unknown[] }
  | { data?: unknown[]; isLoading?: boolean; has_previous?: boolean; selected?: object | null }
  | null;

/**
 * One window. The object lives as long as the window does: use it as the identity, its id as the `{#each}` key.
 * All fields but id are reactive.
 */
export interface WindowState {
  readonly id: number;
  readonly key: string;
  /** May be a kind that this page does not know: show it in words. */
  readonly kind: WindowKind | (string & {});
  readonly title: string;
  readonly place: number;
  /** The env's revision at this window's last change of looks or content. */
  readonly rev: number;
  readonly opts: Record<string, unknown>;
  /** The figure's Plotly layout (plots); not the place of the pane. */
  readonly layout: Record<string, unknown>;
  readonly content: WindowContent;
  /** In order of `index`. A new array whenever traces come, go or change their looks. */
  readonly traces: readonly TraceState[];
}

/** One trace. The object lives as long as the trace does; `attrs` and flags may change with the window. */
export interface TraceState {
  readonly id: number;
  readonly index: number;
  readonly name: string;
  /** Generation: one higher whenever the points were rewritten. */
  readonly gen: number;
  /** How many points the trace has on the server, as far as this page knows. */
  readonly count: number;
  /** Names of the per-point columns: `x`, `y`, `z`, `text`, `marker.color`, … Empty: all is in `attrs`. */
  readonly columns: readonly string[];
  readonly monotone: boolean;
  /** x is in milliseconds since 1970. */
  readonly dates: boolean;
  /** Plotly attributes (type, mode, line, …) without the columns. */
  readonly attrs: Record<string, unknown>;
  /** In a comparison: the number of the env it is of. */
  readonly n?: number | undefined;
  /** The points that this page holds; see `TraceData`. */
  readonly data: TraceData;
  /** Grows by one whenever `data` changes. */
  readonly version: number;
  /** Called (at most once per applied frame) when `data` changed. Returns the function that stops it. */
  onData(callback: () => void): () => void;
}

/**
 * What the page holds of a trace:
 * - `none`: nothing yet (or it is behind, and has been asked for);
 * - `whole`: every point, in `columns` (typed arrays for numbers, plain arrays for strings), each `length` long;
 * - `thinned`: the lowest and highest point of each bucket, as `x` and `y` with NaN for gaps.
 * The arrays are views into growing buffers: use them at once, do not keep them.
 */
export type TraceData =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'whole';
      readonly length: number;
      readonly columns: Readonly<Record<string, ColumnView>>;
    }
  | {
      readonly kind: 'thinned';
      readonly length: number;
      readonly x: Float64Array;
      readonly y: Float64Array;
      readonly pos: Float64Array;
      /** Further columns of these points, where the line was thinned by position. */
      readonly others: Readonly<Record<string, ColumnView>>;
      /** Points per bucket, a power of two. */
      readonly bucket: number;
      /** Said under the plot when thinning may hide something. */
      readonly note: string | null;
    };

/** Numbers (NaN is a gap), or a plain array where strings are among them. */
export type ColumnView = Float64Array | readonly unknown[];

/**
 * What a plot needs to draw some traces. It stands until the same `owner` makes another one (the latest wins): lines that are missing
 * or fell behind are asked for by themselves. An empty list of traces ends it.
 */
export interface LineRequest {
  /** Any object that stands for who asks (a plot). */
  owner: object;
  traces: readonly TraceState[];
  /** The range of x on screen; null for the whole line. */
  range: readonly [number, number] | null;
  /** Width of the drawing in device pixels. */
  widthPx: number;
  /**
   * Called with finer lines (by trace id) each time they change; a trace that is not in the map is drawn from its own `data`. Traces
   * that the page holds whole need no finer line.
   */
  onDetail?: (details: ReadonlyMap<number, TraceData>) => void;
}

/* ---- plots/index.ts ---- */

/** Also written on the element as `data-state`; `data-drawn-points` says how many points the last frame held. */
export type PlotState = 'loading' | 'ready' | 'empty' | 'stale' | 'error';

export interface PlotStatus {
  state: PlotState;
  /** In words, for states `stale` and `error`: show it in the pane. */
  message: string | null;
  /** Such as "1 in 16 points shown": show it quietly in the pane. */
  note: string | null;
}

export interface PlotOptions {
  live: LiveEnv;
  /** Called at once and whenever the status changes. */
  onstatus?: (status: PlotStatus) => void;
  /** Called when the person zoomed (range of x as drawn, dates in milliseconds) or went back to the whole (null). */
  onzoom?: (range: readonly [number, number] | null) => void;
  /** Begin with this range of x. */
  range?: readonly [number, number] | null;
  /** Reactive: the groups into which the envs of the page are sorted. */
  groups?: () => readonly RunGroup[];
}

/**
 * A mounted plot. It follows its element's size and visibility, the theme and the data by itself: draws at most once a frame, and
 * only while it is on screen in a visible tab. The element needs a size of its own (the plot fills it) and position other than static.
 */
export interface PlotHandle {
  /** Fits the drawing to the element now (it also notices by itself). */
  resize(): void;
  /** Back to the whole range and the figure's own look: zoom, hidden traces. */
  reset(): void;
  /** Shows this range of x (null: the whole), as if the person had zoomed. Does not call `onzoom`. */
  setRange(range: readonly [number, number] | null): void;
  /** The drawing as a picture, for saving. */
  toImage(format: 'png' | 'svg'): Promise<Blob>;
  /** Which formats `toImage` can make (metric panes: png only). */
  readonly formats: readonly ('png' | 'svg')[];
  destroy(): void;
}

/** `mountPlot` (kind `plot`) and `mountMetric` (kind `metric`) of plots/index.ts. Both return at once and load their library lazily. */
export type Mount = (element: HTMLElement, pane: WindowState, options: PlotOptions) => PlotHandle;

/*
 * Colours come from these custom properties of the document (styles/tokens.css), read anew when the theme changes. The theme is dark
 * when `<html data-theme="dark">`, light when `data-theme="light"`, else as the system prefers:
 *   --pane-bg, --text, --text-muted, --grid-line, --border, --accent, --data-1 … --data-10, --font-sans
 *
 * The entry src/main.ts imports `./styles/main.css` and `./shell/page.ts` (its `startPage()` runs on every page: theme, menus), and, when the page
 * has a boot JSON, mounts `./shell/App.svelte` with the props `{ boot: Boot, connection: Connection, live: LiveEnv }` into `#app`.
 */
