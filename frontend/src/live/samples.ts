/**
 * Which samples a window has, over all its steps, and the asking for them. What is on screen holds a log; a log that is held is brought,
 * and brought again when what is here may lack something. Plain code; docs/protocol.md says what goes over the wire.
 */

import { numbersOf, type WireArray } from './columns';
import type { Sample } from './types';

/** All samples of a window as the server tells them, in order of step and index. */
export interface WireSamples {
  n: number;
  step: WireArray | Uint8Array;
  index: WireArray | Uint8Array;
  /** 32 bytes for each sample. */
  asset: Uint8Array;
  width: WireArray | Uint8Array;
  height: WireArray | Uint8Array;
  /** Places in `types`. */
  type: WireArray | Uint8Array;
  types: string[];
  /** By place in the list; samples without a caption are left out. */
  captions: Record<string, string>;
  logged?: WireArray | Uint8Array;
  /** Names what is told of the window: sent back, only what came after it is told. */
  mark?: string;
  /** So many samples that were told before come first; absent: these are all. */
  from?: number;
}

/** What comes too fast to be told one by one is read at most this often. */
const AGAIN_MS = 1_000;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Columns of a `WireSamples` as numbers. */
interface Columns {
  readonly step: Float64Array;
  readonly index: Float64Array;
  readonly asset: Uint8Array;
  readonly width: Float64Array;
  readonly height: Float64Array;
  readonly type: Float64Array;
  readonly types: readonly string[];
  readonly captions: Readonly<Record<string, string>>;
}

/** One sample of many: its name as text and its address are made when they are asked for. */
class Row implements Sample {
  readonly step: number;
  readonly index: number;
  #asset: string | null = null;

  constructor(
    private readonly log: SampleLog,
    private readonly columns: Columns,
    private readonly place: number,
  ) {
    this.step = columns.step[place]!;
    this.index = columns.index[place]!;
  }

  get asset(): string {
    if (this.#asset !== null) return this.#asset;
    let name = '';
    for (let at = this.place * 32; at < this.place * 32 + 32; at++) name += HEX[this.columns.asset[at]!];
    return (this.#asset = name);
  }

  get url(): string {
    return `${this.log.base}assets/${this.asset}`;
  }

  get width(): number | null {
    return this.columns.width[this.place] || null;
  }

  get height(): number | null {
    return this.columns.height[this.place] || null;
  }

  get caption(): string {
    return this.columns.captions[this.place] ?? '';
  }

  get content_type(): string {
    return this.columns.types[this.columns.type[this.place]!] ?? '';
  }
}

/** The samples of one window, in order of step and index. */
export class SampleLog {
  readonly window: number;
  /** What addresses of files begin with: `/f/<env id>/` or `/s/<link>/`. */
  base = '';
  /** Whether all steps are here, and not only the last one. */
  isWhole = false;
  /** The server may have more than is here. */
  isStale = true;
  #samples: Sample[] = [];
  #steps: number[] | null = null;
  #byStep: Map<number, Sample[]> | null = null;
  /** All samples as the server last told them, and its name for that. */
  #told: readonly Sample[] = [];
  #mark: string | null = null;
  /** What was told after the list was asked for, until it is here. */
  #since: [Sample, boolean][] | null = null;
  readonly #callbacks = new Set<() => void>();

  constructor(window: number) {
    this.window = window;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** What the server calls what it last told of this window, or null. */
  get mark(): string | null {
    return this.#mark;
  }

  /** Distinct steps, rising. */
  get steps(): readonly number[] {
    return (this.#steps ??= [...this.#grouped().keys()]);
  }

  /** The samples of one step. */
  at(step: number): readonly Sample[] {
    return this.#grouped().get(step) ?? [];
  }

  onChange(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  /** The window as it now is: the samples of its last step. What lies before may be other than it was. */
  seed(samples: readonly Sample[]): void {
    const [first] = samples;
    this.isStale = true;
    if (!first) {
      this.isWhole = false;
      this.#become([]);
      return;
    }
    const base = first.url.slice(0, Math.max(0, first.url.lastIndexOf('assets/')));
    if (base) this.base = base;
    const last = stepOf(first);
    this.#become([...this.#samples.filter((sample) => stepOf(sample) < last), ...samples]);
  }

  /** One more sample, or another one in the place of one. */
  add(sample: Sample, replace: boolean): void {
    this.#since?.push([sample, replace]);
    this.#become(withOne(this.#samples, sample, replace));
  }

  /** The list is being asked for. */
  asked(): void {
    this.isStale = false;
    this.#since = [];
  }

  /** No answer will come. */
  unasked(): void {
    this.isStale = true;
    this.#since = null;
  }

  fill(wire: WireSamples): void {
    const columns: Columns = {
      step: numbersOf(wire.step),
      index: numbersOf(wire.index),
      asset: wire.asset.slice(),
      width: numbersOf(wire.width),
      height: numbersOf(wire.height),
      type: numbersOf(wire.type),
      types: wire.types,
      captions: wire.captions,
    };
    let samples: Sample[] = Array.from({ length: wire.n }, (_, place) => new Row(this, columns, place));
    if (wire.from !== undefined) samples = [...this.#told.slice(0, wire.from), ...samples];
    this.#told = samples;
    this.#mark = wire.mark ?? null;
    for (const [sample, replace] of this.#since ?? []) samples = withOne(samples, sample, replace);
    this.#since = null;
    this.isWhole = true;
    this.#become(samples);
  }

  #become(samples: Sample[]): void {
    this.#samples = samples;
    this.#steps = null;
    this.#byStep = null;
    for (const callback of [...this.#callbacks]) callback();
  }

  #grouped(): Map<number, Sample[]> {
    if (this.#byStep) return this.#byStep;
    const groups = new Map<number, Sample[]>();
    for (const sample of this.#samples) {
      const step = stepOf(sample);
      const group = groups.get(step);
      if (group) group.push(sample);
      else groups.set(step, [sample]);
    }
    return (this.#byStep = groups);
  }
}

function stepOf(sample: Sample): number {
  return sample.step ?? 0;
}

/** In order of step and index; most come at the end. */
function withOne(samples: readonly Sample[], sample: Sample, replace: boolean): Sample[] {
  if (replace) return [sample];
  const step = stepOf(sample);
  let at = samples.length;
  while (at > 0) {
    const before = samples[at - 1]!;
    const order = stepOf(before) - step || before.index - sample.index;
    if (order < 0) break;
    at -= 1;
    if (order === 0) return [...samples.slice(0, at), sample, ...samples.slice(at + 1)];
  }
  return [...samples.slice(0, at), sample, ...samples.slice(at)];
}

/** The logs of one env's windows. */
export class SampleLogs {
  readonly #logs = new Map<number, SampleLog>();
  readonly #holders = new Map<SampleLog, number>();
  readonly #askedAt = new Map<SampleLog, number>();
  readonly #asked = new Map<number, SampleLog[]>();
  readonly #ask: (windows: number[], marks: Record<number, string>) => number | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;

  /** `ask` sends the question and returns its number, or null when it cannot be asked now. */
  constructor(ask: (windows: number[], marks: Record<number, string>) => number | null) {
    this.#ask = ask;
  }

  /** The log of a window, if anybody wanted one. */
  find(window: number): SampleLog | undefined {
    return this.#logs.get(window);
  }

  /** The log of a window; `seed` is what the window is known to hold, for a new one. */
  of(window: number, seed: () => readonly Sample[]): SampleLog {
    let log = this.#logs.get(window);
    if (!log) {
      log = new SampleLog(window);
      this.#logs.set(window, log);
      log.seed(seed());
    }
    return log;
  }

  /** While something is held it is brought and kept whole. Returns what ends it. */
  hold(logs: readonly SampleLog[]): () => void {
    for (const log of logs) this.#holders.set(log, (this.#holders.get(log) ?? 0) + 1);
    this.look();
    return () => {
      for (const log of logs) {
        const left = (this.#holders.get(log) ?? 1) - 1;
        if (left > 0) this.#holders.set(log, left);
        else this.#holders.delete(log);
      }
    };
  }

  /** Something changed: what is held and lacks something is asked for soon. */
  look(): void {
    let wait = Infinity;
    for (const log of this.#holders.keys()) {
      if (log.isStale) wait = Math.min(wait, this.#waitFor(log));
    }
    const at = Date.now() + wait;
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  forget(window: number): void {
    const log = this.#logs.get(window);
    if (!log) return;
    this.#logs.delete(window);
    log.seed([]);
  }

  /** An answer. Returns whether it was one to a question of these logs. */
  answered(req: number, ops: readonly (readonly unknown[])[]): boolean {
    const logs = this.#asked.get(req);
    if (!logs) return false;
    this.#asked.delete(req);
    const missing = new Set(logs);
    for (const op of ops) {
      if (op[0] !== 'i') continue;
      const log = logs.find(({ window }) => window === op[1]);
      if (!log) continue;
      log.fill(op[2] as WireSamples);
      missing.delete(log);
    }
    for (const log of missing) log.unasked();
    this.look();
    return true;
  }

  /** Answers to what was asked will not come. */
  disconnected(): void {
    this.#asked.clear();
    this.#askedAt.clear();
    for (const log of this.#logs.values()) log.unasked();
  }

  #waitFor(log: SampleLog): number {
    return Math.max(0, (this.#askedAt.get(log) ?? -Infinity) + AGAIN_MS - Date.now());
  }

  #run(): void {
    this.#timerAt = Infinity;
    const lacking = [...this.#holders.keys()].filter((log) => log.isStale && this.#waitFor(log) === 0);
    if (lacking.length > 0) {
      const marks = Object.fromEntries(
        lacking.flatMap(({ window, mark }) => (mark === null ? [] : [[window, mark]])),
      );
      const req = this.#ask(
        lacking.map(({ window }) => window),
        marks,
      );
      const now = Date.now();
      for (const log of lacking) this.#askedAt.set(log, now);
      if (req !== null) {
        this.#asked.set(req, lacking);
        for (const log of lacking) log.asked();
      }
    }
    this.look();
  }
}
