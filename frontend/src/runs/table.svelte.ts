/**
 * The runs table without its looks: what is asked of the server, the rows that have come, what is ticked. Rows are fetched in blocks
 * as they come in sight. While the page is looked at, a stamp is asked for that is another one as soon as an env changed; only then
 * are rows fetched anew.
 */

import { type Api, ApiError, envPath, said as words } from '../lib/api';
import { COLOURS, cssColour, learnColour } from '../lib/envColour';
import { areSame, type Columns, columnsOf, PLAIN, type TableState, USUAL_COLUMNS } from './address';
import { type Group, groupIds, type GroupLine, Lines } from './lines';
import type { Groups, RunGroup } from './groups.svelte';
import { exact } from '../lib/time';
import { asked, duration, kindOf, labelOf, shown } from './words';

export interface MetricCell {
  value: number;
  step: number | null;
}

/** One env as the server lists it here. */
export interface RunRow {
  /** `workspace/name`. */
  env: string;
  name: string;
  status: string;
  created: string;
  updated: string;
  duration: number;
  owner: string | null;
  tags: string[];
  notes: string;
  colour: number | null;
  cells: unknown[];
  /** When it came, by this browser's clock. */
  at: number;
}

interface Answer {
  stamp: string;
  total: number;
  count: number;
  behind: number;
  elsewhere: number;
  groups: Group[];
  /** Where the envs stand that were to be located; null: not among the rows. */
  places: (number | null)[];
  results: RunRow[];
}

/** How a person has the table, kept on the server. */
export interface Look extends Columns {
  widths: Readonly<Record<string, number>>;
  /** What the person calls columns instead of their own names. */
  names: Readonly<Record<string, string>>;
}

export interface RunsPlace {
  workspace: string;
  /** Whether tags and notes may be changed here. */
  canEdit: boolean;
  /** Envs that are compared at most. */
  most: number;
}

const BLOCK = 100;
/** The server answers with no more rows at once. */
const MOST_ROWS = 200;
/** Blocks kept: what is far away is fetched anew. */
const BLOCKS_KEPT = 60;
const REST_MS = 120;
/** How often the stamp is asked for: while something runs in sight or changes anywhere, and while all is at rest. */
export const LIVELY_MS = 2_000;
const CALM_MS = 10_000;
const SAVE_REST_MS = 600;
const LONGEST_NAME = 100;
export const FIRST_SELECTED = 5;

export const DEFAULT_LOOK: Look = { ...USUAL_COLUMNS, widths: {}, names: {} };

export class RunsTable {
  look = $state.raw<Look>(DEFAULT_LOOK);
  state = $state.raw<TableState>(PLAIN);
  /** Full names of the ticked envs, in the order in which they were ticked. */
  selected = $state.raw<readonly string[]>([]);
  closed = $state.raw<ReadonlySet<string>>(new Set());
  total = $state(0);
  count = $state(0);
  groups = $state.raw<readonly Group[]>([]);
  /** How many rows of a group are ticked, by what it is known by. */
  tickedIn = $state.raw<ReadonlyMap<string, number>>(new Map());
  behind = $state(0);
  /** Rows that the search finds outside the filter. */
  elsewhere = $state(0);
  problem = $state.raw<string | null>(null);
  isLoaded = $state(false);
  isLoading = $state(false);
  /** Grows whenever rows came. */
  version = $state(0);
  /** The time as of the last look, which what is said of times follows. */
  clock = $state(Date.now());

  /** Whether something is asked that may leave rows out. */
  readonly isNarrowed = $derived(
    this.state.search.trim() !== '' ||
      this.state.filter.length > 0 ||
      this.state.statuses.length > 0 ||
      this.state.isOnlySelected,
  );
  /** The columns as they stand: those that are pinned before the others. */
  readonly columns = $derived([
    ...this.look.pinned,
    ...this.look.columns.filter((one) => !this.look.pinned.includes(one)),
  ]);
  readonly chosen = $derived(new Set(this.selected));
  readonly hidden = $derived(new Set(this.state.hidden));
  /** Of the ticked envs those that the wall shows. */
  readonly visible = $derived(this.selected.filter((env) => !this.hidden.has(env)));
  readonly lines = $derived(new Lines(this.count, this.groups, this.closed));

  readonly #api: Api;
  readonly #path: string;
  readonly #plots: Groups;
  readonly #blocks = new Map<number, RunRow[]>();
  readonly #coming = new Set<number>();
  /** Blocks that are shown although something changed since. */
  readonly #old = new Set<number>();
  #stamp = '';
  #epoch = 0;
  #inSight: readonly [number, number] = [0, BLOCK];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #save: ReturnType<typeof setTimeout> | undefined;
  #anchor: string | null = null;
  /** By env, what is on its way to the server: rows that come before it is there show it all the same. */
  readonly #unsaved = new Map<string, Partial<RunRow>>();
  /** Whether something had changed at the last look. */
  #isMoving = false;
  /** The columns are those of an address, and not the person's own. */
  #isGiven = false;
  #isAlive = true;

  constructor(
    readonly place: RunsPlace,
    api: Api,
    plots: Groups,
  ) {
    this.#api = api;
    this.#plots = plots;
    this.#path = `/workspaces/${encodeURIComponent(place.workspace)}/runs`;
  }

  /**
   * Begins with what the address says. Where nothing is `selected` yet, the newest are; columns that are `given` and others than the
   * person's own are shown instead of these, which stay as they are.
   */
  async start(
    state: TableState,
    selected: readonly string[] | null,
    given: Columns | null = null,
  ): Promise<void> {
    this.state = state;
    this.selected = selected ?? [];
    if (given) this.look = { ...this.look, ...given };
    try {
      const { look } = await this.#api.get<{ look: Partial<Look> }>(`${this.#path}/table`);
      this.look = lookOf(look);
    } catch {
      // The table as everybody has it at first.
    }
    if (given && !areSame(given, this.look)) {
      this.look = { ...this.look, ...given };
      this.#isGiven = true;
    }
    if (selected === null) await this.#selectNewest();
    await this.#fetchAnew();
    void this.#groupPlots();
    document.addEventListener('visibilitychange', this.#returned);
    this.#watchOn();
  }

  readonly #returned = () => {
    if (document.visibilityState === 'visible') void this.check();
  };

  stop(): void {
    this.#isAlive = false;
    document.removeEventListener('visibilitychange', this.#returned);
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.keepLook();
    this.#plots.list = [];
  }

  /* -- what is asked ------------------------------------------------------------------------------------ */

  change(part: Partial<TableState>): void {
    this.state = { ...this.state, ...part };
    if ('group' in part) this.closed = new Set();
    this.#askSoon();
    if ('group' in part) void this.#groupPlots();
  }

  sortBy(column: string, descending: boolean | null): void {
    this.change({ sort: descending === null ? null : { column, descending } });
  }

  /** A press on a head: ascending, descending, as it was. */
  turnSort(column: string): void {
    const { sort } = this.state;
    if (sort?.column !== column) this.sortBy(column, false);
    else if (!sort.descending) this.sortBy(column, true);
    else this.sortBy(column, null);
  }

  turnGroup(id: string): void {
    const closed = new Set(this.closed);
    if (!closed.delete(id)) closed.add(id);
    this.closed = closed;
  }

  /* -- how it looks ------------------------------------------------------------------------------------- */

  #relook(look: Partial<Look>): void {
    const before = this.look.columns.join('\n');
    this.look = { ...this.look, ...look };
    clearTimeout(this.#save);
    if (!this.#isGiven) this.#save = setTimeout(() => this.keepLook(), SAVE_REST_MS);
    // Cells stand in the order of the columns that were asked for.
    if (this.look.columns.join('\n') !== before) this.#askSoon(0);
  }

  turnColumn(column: string): void {
    const { columns, pinned } = this.look;
    if (!columns.includes(column)) this.#relook({ columns: [...columns, column] });
    else
      this.#relook({
        columns: columns.filter((one) => one !== column),
        pinned: pinned.filter((one) => one !== column),
      });
  }

  clearColumns(): void {
    this.#relook({ columns: [], pinned: [] });
  }

  resetColumns(): void {
    this.#relook(DEFAULT_LOOK);
  }

  /** Puts a column beside another one; beside a pinned one it is pinned, too, and beside one that is not it is not. */
  moveColumn(column: string, to: string, isAfter: boolean): void {
    if (column === to) return;
    const { pinned } = this.look;
    const columns = this.columns.filter((one) => one !== column);
    columns.splice(columns.indexOf(to) + (isAfter ? 1 : 0), 0, column);
    this.#relook({ columns, pinned: columns.filter((one) => pinned.includes(one === column ? to : one)) });
  }

  /** The column to the left or to the right of one that is pinned as it is; null at the end of these. */
  neighbourOf(column: string, by: -1 | 1): string | null {
    const other = this.columns[this.columns.indexOf(column) + by];
    const isAlike = other !== undefined && this.#isPinned(other) === this.#isPinned(column);
    return isAlike ? other : null;
  }

  #isPinned(column: string): boolean {
    return this.look.pinned.includes(column);
  }

  /** One place to the left or to the right. */
  shiftColumn(column: string, by: -1 | 1): void {
    const other = this.neighbourOf(column, by);
    if (other !== null) this.moveColumn(column, other, by > 0);
  }

  resize(column: string, width: number): void {
    this.#relook({
      widths: { ...this.look.widths, [column]: Math.round(Math.max(60, Math.min(800, width))) },
    });
  }

  /** What stands in a column's head. */
  labelOf(column: string): string {
    return this.look.names[column] ?? labelOf(column);
  }

  /** Calls a column something else; with nothing, or its own name, what it is called by itself. */
  rename(column: string, name: string): void {
    const names = Object.fromEntries(Object.entries(this.look.names).filter(([one]) => one !== column));
    const said = name.trim().slice(0, LONGEST_NAME);
    this.#relook({ names: said === '' || said === labelOf(column) ? names : { ...names, [column]: said } });
  }

  turnPin(column: string): void {
    const { pinned } = this.look;
    this.#relook({
      pinned: pinned.includes(column) ? pinned.filter((one) => one !== column) : [...pinned, column],
    });
  }

  /** Keeps on the server how it looks, if that changed. */
  keepLook(): void {
    if (this.#save === undefined) return;
    clearTimeout(this.#save);
    this.#save = undefined;
    const look = this.look;
    void this.#api.send('PUT', `${this.#path}/table`, { look }, { keepalive: true }).catch(() => undefined);
  }

  /* -- rows --------------------------------------------------------------------------------------------- */

  /** The row at a place; null while it is on its way. Read `version` to follow it. */
  rowAt(row: number): RunRow | null {
    return this.#blocks.get(Math.floor(row / BLOCK))?.[row % BLOCK] ?? null;
  }

  /** How long a run has taken, in seconds: one that runs goes on, though nothing else changes. */
  durationOf(row: RunRow): number {
    return row.duration + (row.status === 'running' ? Math.max(0, this.clock - row.at) / 1000 : 0);
  }

  /** Where an env stands among the rows that are here, or null. What has just come goes before what is old. */
  placeOf(env: string): number | null {
    const blocks = [...this.#blocks.keys()].sort(
      (a, b) => Number(this.#old.has(a)) - Number(this.#old.has(b)),
    );
    for (const block of blocks) {
      const at = this.#blocks.get(block)!.findIndex((row) => row.env === env);
      if (at >= 0) return block * BLOCK + at;
    }
    return null;
  }

  /** Another number as soon as something else is asked. */
  get question(): number {
    return this.#epoch;
  }

  /** The value of a column in a row. */
  cell(row: RunRow, column: string): unknown {
    const at = this.#asked.indexOf(column);
    return at < 0 ? null : row.cells[at];
  }

  #asked: readonly string[] = [];

  /** Says which rows are in sight: those that are not here are fetched. */
  see(first: number, last: number): void {
    this.#inSight = [first, last];
    this.#fetchInSight();
  }

  #question(offset: number, limit: number, only: readonly string[] | null): object {
    const { state } = this;
    const filter = asked(state.filter, state.statuses);
    return {
      columns: this.#asked,
      ...(state.sort ? { sort: state.sort } : {}),
      ...(filter ? { filter } : {}),
      search: state.search.slice(0, 300),
      group: state.group,
      ...(only ? { only } : {}),
      ...(state.isSelectedFirst ? { first: this.selected.map(bareName) } : {}),
      offset,
      limit,
    };
  }

  get #only(): readonly string[] | null {
    return this.state.isOnlySelected ? this.selected.map(bareName) : null;
  }

  #askSoon(rest = REST_MS): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetchAnew(), rest);
  }

  /** Everything anew: something else is asked. */
  async #fetchAnew(): Promise<void> {
    this.#epoch += 1;
    this.#coming.clear();
    this.#asked = this.look.columns.filter((column) => column.includes(':'));
    const first = Math.floor(this.#inSight[0] / BLOCK);
    await this.#fetch([first], this.#epoch, true);
  }

  #fetchInSight(): void {
    if (!this.isLoaded) return;
    const [first, last] = this.#inSight.map((row) => Math.floor(row / BLOCK)) as [number, number];
    const wanted: number[] = [];
    for (let block = first; block <= last; block += 1) {
      const isHere = this.#blocks.has(block) && !this.#old.has(block);
      if (block * BLOCK < this.count && !isHere && !this.#coming.has(block)) wanted.push(block);
    }
    // Neighbours come together, of one moment; little at a time while the hand moves: what it left behind is not asked for.
    const some = wanted.filter((block, at) => block === wanted[0]! + at).slice(0, MOST_ROWS / BLOCK);
    if (some.length > 0 && this.#coming.size < 2) void this.#fetch(some, this.#epoch, false);
  }

  /** These blocks, which lie beside each other. */
  async #fetch(blocks: readonly number[], epoch: number, isAnew: boolean): Promise<void> {
    for (const block of blocks) this.#coming.add(block);
    this.isLoading = true;
    try {
      const answer = await this.#query(this.#question(blocks[0]! * BLOCK, blocks.length * BLOCK, this.#only));
      if (epoch !== this.#epoch || !this.#isAlive) return;
      this.problem = null;
      if (isAnew || answer.stamp !== this.#stamp) {
        if (isAnew) this.#blocks.clear();
        for (const one of this.#blocks.keys()) this.#old.add(one);
        this.#stamp = answer.stamp;
      }
      const { groups } = this;
      this.#take(blocks, answer);
      if (isAnew || this.groups !== groups) void this.#countTicked();
    } catch (error) {
      if (epoch === this.#epoch && this.#isAlive) this.problem = words(error);
    } finally {
      if (epoch === this.#epoch) {
        for (const block of blocks) this.#coming.delete(block);
        this.isLoading = this.#coming.size > 0;
        if (this.problem === null) this.#fetchInSight();
      }
    }
  }

  #take(blocks: readonly number[], answer: Answer): void {
    const now = Date.now();
    // Not with each block that comes while one scrolls: what follows the clock is written in all rows.
    if (now - this.clock >= 1000) this.clock = now;
    for (const row of answer.results) {
      learnColour(row.env, row.colour);
      Object.assign(row, this.#unsaved.get(row.env), { at: now });
    }
    blocks.forEach((block, at) => {
      this.#blocks.set(block, answer.results.slice(at * BLOCK, (at + 1) * BLOCK));
      this.#old.delete(block);
    });
    for (const far of this.#blocks.keys()) {
      if (this.#blocks.size <= BLOCKS_KEPT) break;
      if (Math.abs(far - blocks[0]!) > BLOCKS_KEPT / 4) this.#blocks.delete(far);
    }
    this.total = answer.total;
    this.count = answer.count;
    this.behind = answer.behind;
    this.elsewhere = answer.elsewhere;
    if (JSON.stringify(this.groups) !== JSON.stringify(answer.groups)) this.groups = answer.groups;
    this.isLoaded = true;
    this.version += 1;
  }

  retry(): void {
    void this.#fetchAnew();
  }

  /* -- following ---------------------------------------------------------------------------------------- */

  #watchOn(): void {
    clearTimeout(this.#watch);
    if (!this.#isAlive) return;
    const isLively = this.behind > 0 || this.#isMoving || this.#runsInSight();
    this.#watch = setTimeout(() => void this.check(), isLively ? LIVELY_MS : CALM_MS);
  }

  #runsInSight(): boolean {
    const [first, last] = this.#inSight;
    for (let row = first; row <= last; row += 1) if (this.rowAt(row)?.status === 'running') return true;
    return false;
  }

  /** Looks whether an env changed, and if so, at the rows in sight. */
  async check(): Promise<void> {
    clearTimeout(this.#watch);
    try {
      if (document.visibilityState === 'visible' && this.isLoaded) {
        this.clock = Date.now();
        const { stamp } = await this.#api.get<{ stamp: string }>(`${this.#path}/stamp`);
        this.#isMoving = stamp !== this.#stamp;
        if (this.#isMoving || this.behind > 0) {
          for (const block of this.#blocks.keys()) this.#old.add(block);
          if (this.problem === null) this.#fetchInSight();
          void this.#groupPlots();
        }
        if (this.problem !== null) this.retry();
      }
    } catch {
      // The page says already that the server is away; the next look finds it again.
    }
    this.#watchOn();
  }

  /* -- what is ticked ------------------------------------------------------------------------------------ */

  /**
   * Ticks or unticks an env; with `isRange`, all rows from the one that was ticked last, wherever it stands now. Where that one is not
   * among the rows any more, this one alone. Says how many did not fit.
   */
  async tick(env: string, isRange = false): Promise<number> {
    const isOn = !this.chosen.has(env);
    const anchor = this.#anchor;
    this.#anchor = env;
    let envs = [env];
    if (isRange && anchor !== null && anchor !== env)
      envs = (await (isOn ? this.#between(anchor, env) : this.#tickedBetween(anchor, env))) ?? envs;
    return this.choose(envs, isOn);
  }

  /** Ticks the rows of a group; where no more of them can be, unticks those that are. Says how many did not fit. */
  async tickGroup({ id, group: { start, count } }: GroupLine): Promise<number> {
    const ticked = await this.#tickedOf(id);
    const isFull = ticked.length >= count || this.selected.length >= this.place.most;
    if (ticked.length > 0 && isFull) return this.choose(ticked, false);
    const envs = await this.#envsOf(start, count);
    return this.choose(envs, true) + Math.max(0, count - envs.length);
  }

  choose(envs: readonly string[], isOn: boolean): number {
    const named = new Set(envs);
    const others = this.selected.filter((one) => !named.has(one));
    let leftOut = 0;
    if (isOn) {
      const fresh = envs.filter((one) => !this.chosen.has(one));
      const room = Math.max(0, this.place.most - this.selected.length);
      leftOut = Math.max(0, fresh.length - room);
      this.selected = [...this.selected, ...fresh.slice(0, room)];
    } else this.selected = others;
    if (!isOn && envs.some((env) => this.hidden.has(env)))
      this.#hide(this.state.hidden.filter((one) => !named.has(one)));
    if (this.state.isOnlySelected || this.state.isSelectedFirst) this.#askSoon();
    void this.#countTicked();
    void this.#groupPlots();
    return leftOut;
  }

  /** Takes a ticked env off the wall, or puts it there again; it stays ticked, and keeps its pins. */
  turnHidden(env: string): void {
    if (!this.chosen.has(env)) return;
    const { hidden } = this.state;
    this.#hide(hidden.includes(env) ? hidden.filter((one) => one !== env) : [...hidden, env]);
    void this.#groupPlots();
  }

  /** A ticked env has another name now. */
  renamed(from: string, to: string): void {
    const renamed = (envs: readonly string[]) => envs.map((env) => (env === from ? to : env));
    if (this.selected.includes(from)) this.selected = renamed(this.selected);
    if (this.state.hidden.includes(from)) this.#hide(renamed(this.state.hidden));
  }

  showAll(): void {
    this.#hide([]);
    void this.#groupPlots();
  }

  /** The rows stay as they are: nothing is asked anew. */
  #hide(hidden: readonly string[]): void {
    this.state = { ...this.state, hidden };
  }

  /** Envs from one row to another, as many as can be compared. The server knows where both stand, whatever was asked since they came. */
  async #between(one: string, other: string): Promise<string[] | null> {
    const locate = [one, other].map(bareName);
    const { places } = await this.#query({ ...this.#question(0, 0, this.#only), locate });
    if (places.includes(null)) return null;
    const [from, to] = (places as number[]).sort((a, b) => a - b) as [number, number];
    return this.#envsAt(from, to - from + 1);
  }

  /**
   * The ticked envs from one row to another. However many rows lie between them, few are ticked: those alone are asked for, and come in
   * the order of the table.
   */
  async #tickedBetween(one: string, other: string): Promise<string[] | null> {
    const { results } = await this.#ask([...new Set([...this.selected, one, other])]);
    const envs = results.map(({ env }) => env);
    const [from, to] = [envs.indexOf(one), envs.indexOf(other)].sort((a, b) => a - b) as [number, number];
    return from < 0 ? null : envs.slice(from, to + 1);
  }

  /** The ticked envs of a group. */
  async #tickedOf(id: string): Promise<string[]> {
    if (this.selected.length === 0) return [];
    const { groups, results } = await this.#ask(this.selected);
    const group = groups[groupIds(groups).indexOf(id)];
    return group ? results.slice(group.start, group.start + group.count).map(({ env }) => env) : [];
  }

  /** Looks how many rows of each group are ticked. */
  async #countTicked(): Promise<void> {
    const { selected } = this;
    const epoch = this.#epoch;
    if (this.state.group.length === 0 || selected.length === 0) {
      if (this.tickedIn.size > 0) this.tickedIn = new Map();
      return;
    }
    try {
      const { groups } = await this.#ask(selected, 0);
      if (this.#epoch !== epoch || this.selected !== selected) return;
      const ids = groupIds(groups);
      this.tickedIn = new Map(groups.map(({ count }, at) => [ids[at]!, count]));
    } catch {
      // The next change of what is ticked asks again.
    }
  }

  /** These envs as the table has them, in its order and its groups. */
  #ask(envs: readonly string[], limit = MOST_ROWS): Promise<Answer> {
    return this.#query({ ...this.#question(0, limit, envs.map(bareName)), columns: [] });
  }

  /** Full names of the envs of these rows, as many as can be compared. */
  async #envsOf(start: number, count: number): Promise<string[]> {
    const rows: RunRow[] = [];
    const most = Math.min(count, this.place.most + 1);
    for (let row = start; row < start + most; row += 1) {
      const here = this.rowAt(row);
      if (!here) break;
      rows.push(here);
    }
    return rows.length === most ? rows.map(({ env }) => env) : this.#envsAt(start, count);
  }

  /** The same, as the server has them now. */
  async #envsAt(start: number, count: number): Promise<string[]> {
    const most = Math.min(count, this.place.most + 1, MOST_ROWS);
    const { results } = await this.#query({ ...this.#question(start, most, this.#only), columns: [] });
    return results.map(({ env }) => env);
  }

  #query(question: object): Promise<Answer> {
    return this.#api.send<Answer>('POST', `${this.#path}/query`, question);
  }

  async #selectNewest(): Promise<void> {
    try {
      const answer = await this.#query({ limit: FIRST_SELECTED });
      this.selected = answer.results.map(({ env }) => env);
    } catch {
      // The table itself will say what is wrong.
    }
  }

  /** Tells the plots of the page which of the ticked envs are one group. */
  async #groupPlots(): Promise<void> {
    const { group } = this.state;
    const { visible } = this;
    if (group.length === 0 || visible.length === 0) {
      if (this.#plots.list.length > 0) this.#plots.list = [];
      return;
    }
    try {
      const answer = await this.#query({ group, only: visible.map(bareName), limit: MOST_ROWS });
      if (this.visible !== visible || this.state.group !== group) return;
      this.#plots.list = plotGroups(answer.groups, answer.results);
    } catch {
      this.#plots.list = [];
    }
  }

  /* -- tags and notes ------------------------------------------------------------------------------------- */

  /** Gives an env these tags instead of those that its row had. What others gave or took meanwhile stays so. */
  async saveTags({ env, tags: had }: RunRow, tags: readonly string[]): Promise<void> {
    const add = tags.filter((tag) => !had.includes(tag));
    const remove = had.filter((tag) => !tags.includes(tag));
    if (add.length + remove.length === 0) return;
    await this.#patch(env, { tags: [...tags] }, { add_tags: add, remove_tags: remove });
  }

  async saveNotes({ env }: RunRow, notes: string): Promise<void> {
    await this.#patch(env, { notes }, { notes });
  }

  /** The notes of an env as they are now. */
  async notesOf(env: string): Promise<string> {
    return (await this.#api.get<{ notes: string }>(envPath(env))).notes;
  }

  /** Changes an env; its row shows it at once. */
  async #patch(env: string, shown: Partial<RunRow>, change: object): Promise<void> {
    const before = this.#exchange(env, shown);
    this.#unsaved.set(env, shown);
    const saved = () => this.#unsaved.get(env) === shown && this.#unsaved.delete(env);
    try {
      await this.#api.send('PATCH', envPath(env), change);
      saved();
      void this.check();
    } catch (error) {
      saved();
      if (before) this.#exchange(env, { tags: before.tags, notes: before.notes });
      throw error instanceof ApiError ? error : new ApiError(0, {});
    }
  }

  /**
   * Another row in the place of that of an env, which is answered: rows never change, so that those who show one see by its identity
   * whether it is another.
   */
  #exchange(env: string, change: Partial<RunRow>): RunRow | null {
    let before: RunRow | null = null;
    for (const rows of this.#blocks.values()) {
      const at = rows.findIndex((row) => row.env === env);
      if (at < 0) continue;
      before = rows[at]!;
      rows[at] = { ...before, ...change };
    }
    this.version += 1;
    return before;
  }
}

/** Groups of the innermost level, named by all levels. */
export function plotGroups(groups: readonly Group[], rows: readonly RunRow[]): RunGroup[] {
  const deepest = Math.max(0, ...groups.map(({ depth }) => depth));
  const path: string[] = [];
  const out: RunGroup[] = [];
  for (const group of groups) {
    path.length = group.depth;
    path.push(`${labelOf(group.column)}: ${groupValue(group)}`);
    const envs = rows.slice(group.start, group.start + group.count).map(({ env }) => env);
    if (group.depth === deepest && envs.length > 0)
      out.push({ label: path.join(' · '), envs, colour: cssColour(out.length % COLOURS) });
  }
  return out;
}

export function groupValue(group: Group): string {
  if (Array.isArray(group.value)) return group.value.length > 0 ? group.value.join(', ') : 'no tags';
  if (group.column === 'status' && !group.value) return 'no run';
  const isNumber = typeof group.value === 'number';
  if (isNumber && kindOf(group.column) === 'date') return exact(new Date((group.value as number) * 1000));
  if (isNumber && group.column === 'duration') return duration(group.value as number);
  const text = shown(group.value);
  return text === '' ? 'none' : text;
}

export function bareName(env: string): string {
  return env.slice(env.indexOf('/') + 1);
}

/** What was kept, as far as it can be understood. */
function lookOf(kept: Partial<Look>): Look {
  const list = (value: unknown, otherwise: readonly string[]) => (Array.isArray(value) ? value : otherwise);
  const widths = kept.widths && typeof kept.widths === 'object' ? kept.widths : {};
  const names = Object.fromEntries(
    Object.entries(kept.names ?? {}).filter(([, name]) => typeof name === 'string' && name !== ''),
  );
  return { ...columnsOf(list(kept.columns, USUAL_COLUMNS.columns), list(kept.pinned, [])), widths, names };
}
