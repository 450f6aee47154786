/**
 * What the page knows of one env, and how frames change it. Free of the DOM and of runes: the rules of docs/protocol.md as plain
 * code. Frames may repeat or overlap; the state after any such sequence is that of a fresh load.
 */

import type { Data, Delta, Op, Snap, WireWindow } from './frames';
import { Trace } from './trace';
import type { EnvMeta, Role, Sample, WindowContent } from './types';

/** One window, as the last window op said (and, for images, the sample ops since). */
export interface WindowRecord {
  readonly id: number;
  key: string;
  kind: string;
  title: string;
  place: number;
  rev: number;
  opts: Record<string, unknown>;
  layout: Record<string, unknown>;
  content: WindowContent;
  traces: Trace[];
}

/** What a frame changed, so that only that is drawn anew. */
export class Changes {
  env = false;
  /** Windows came, went, or changed places. */
  list = false;
  readonly windows = new Set<number>();
  /** Windows that were told whole. */
  readonly looks = new Set<number>();
  /** Samples that were told one by one: the window, the sample, and whether it is the only one now. */
  readonly samples: [number, Sample, boolean][] = [];
  readonly traces = new Set<Trace>();
}

export interface StoreOptions {
  /** Overviews are thinned for this width, as `sub` says it. */
  widthPx: number;
  /** `limits.whole_points`: traces that are not monotone are thinned above it. */
  wholePoints?: number | undefined;
}

export class Store {
  env: EnvMeta | null = null;
  /** The server's number of the env, once it was said. */
  id: number | null = null;
  role: Role | null = null;
  /** The revision that the state is of; null until the first snapshot is whole. */
  rev: number | null = null;
  readonly windows = new Map<number, WindowRecord>();
  readonly traces = new Map<number, Trace>();
  readonly #options: StoreOptions;
  /** A full snapshot that is coming in over a state that is shown; it takes its place when it is whole. */
  #staging: Store | null = null;
  #inSnapshot = false;
  #heldBack: Delta[] = [];

  constructor(options: StoreOptions) {
    this.#options = { ...options };
  }

  set wholePoints(limit: number | undefined) {
    this.#options.wholePoints = limit;
  }

  /** Whether a first snapshot is whole, so that something can be shown. */
  get isReady(): boolean {
    return this.rev !== null;
  }

  /** What `sub` tells the server that this page holds. */
  have(): Record<string, [number, number]> {
    const have: Record<string, [number, number]> = {};
    for (const trace of this.traces.values()) {
      if (trace.held > 0 && !trace.isBehind) have[trace.id] = [trace.gen, trace.held];
    }
    return have;
  }

  /** A connection ended: what had come of a snapshot is worth nothing. */
  interrupt(): void {
    this.#staging = null;
    this.#inSnapshot = false;
    this.#heldBack = [];
  }

  snap(frame: Snap): Changes {
    const changes = new Changes();
    if (frame.part === 0 || !this.#inSnapshot) {
      this.#staging = frame.full && this.windows.size > 0 ? new Store(this.#options) : null;
      this.#inSnapshot = true;
    }
    this.id = frame.env;
    if (this.role !== frame.role) {
      this.role = frame.role;
      changes.env = true;
    }
    if (this.#staging) for (const op of frame.ops) this.#staging.apply(op, new Changes());
    else for (const op of frame.ops) this.apply(op, changes);
    if (frame.last) {
      if (this.#staging) this.#become(this.#staging, changes);
      this.#staging = null;
      this.#inSnapshot = false;
      this.rev = frame.full ? frame.rev : Math.max(this.rev ?? 0, frame.rev);
      changes.env = true;
      const heldBack = this.#heldBack;
      this.#heldBack = [];
      for (const delta of heldBack) this.#delta(delta, changes);
    }
    return changes;
  }

  delta(frame: Delta): Changes {
    const changes = new Changes();
    if (this.#inSnapshot) this.#heldBack.push(frame);
    else this.#delta(frame, changes);
    return changes;
  }

  /** An answer to a `want` for overviews. */
  data(frame: Pick<Data, 'ops'>): Changes {
    const changes = new Changes();
    for (const op of frame.ops) this.apply(op, changes);
    return changes;
  }

  #delta(frame: Delta, changes: Changes): void {
    if (this.rev === null || frame.to <= this.rev) return;
    for (const op of frame.ops) this.apply(op, changes);
    this.rev = frame.to;
    if (this.env) this.env = { ...this.env, revision: Math.max(this.env.revision, frame.to) };
  }

  apply(op: Op, changes: Changes): void {
    switch (op[0]) {
      case 'e':
        this.env = { ...op[1], status: op[1].status as EnvMeta['status'] };
        changes.env = true;
        break;
      case 'w':
        this.#putWindow(op[1], op[2], changes);
        break;
      case 'x':
        this.#closeWindow(op[1], changes);
        break;
      case 's': {
        const record = this.windows.get(op[1]);
        if (!record) break;
        const { replace, ...sample } = op[2];
        record.content = { samples: withSample(samplesOf(record.content), sample, replace === true) };
        changes.windows.add(record.id);
        changes.samples.push([record.id, sample, replace === true]);
        break;
      }
      case 'a':
      case 'l':
      case 'g': {
        const trace = this.traces.get(op[1]);
        if (!trace) break;
        if (op[0] === 'a') trace.append(op, this.#options.wholePoints ?? 20_000);
        else if (op[0] === 'l') trace.replace(op[2], op[3]);
        else trace.grow(op[2], op[3]);
        changes.traces.add(trace);
        break;
      }
      // An op that this page does not know is of a newer server; what it does know stays right.
    }
  }

  #putWindow(id: number, wire: WireWindow, changes: Changes): void {
    const old = this.windows.get(id);
    const traces = wire.traces
      .map((described) => {
        const trace = this.traces.get(described.id) ?? new Trace(described.id, this.#options.widthPx);
        trace.describe(described);
        changes.traces.add(trace);
        return trace;
      })
      .sort((a, b) => a.index - b.index);
    for (const trace of old?.traces ?? []) this.traces.delete(trace.id);
    for (const trace of traces) this.traces.set(trace.id, trace);
    const { key, kind, title, place, rev, opts, layout, content } = wire;
    this.windows.set(id, { id, key, kind, title, place, rev, opts, layout, content, traces });
    changes.windows.add(id);
    changes.looks.add(id);
    if (!old || old.place !== place) changes.list = true;
  }

  #closeWindow(id: number, changes: Changes): void {
    const record = this.windows.get(id);
    if (!record) return;
    for (const trace of record.traces) this.traces.delete(trace.id);
    this.windows.delete(id);
    changes.list = true;
    changes.windows.add(id);
  }

  /** Takes the place of all that is here; objects that live on keep their identity. */
  #become(next: Store, changes: Changes): void {
    this.env = next.env ?? this.env;
    for (const id of [...this.windows.keys()]) if (!next.windows.has(id)) this.#closeWindow(id, changes);
    const traces = new Map(this.traces);
    this.traces.clear();
    for (const record of next.windows.values()) {
      record.traces = record.traces.map((fresh) => {
        const known = traces.get(fresh.id);
        if (known) known.become(fresh);
        const trace = known ?? fresh;
        this.traces.set(trace.id, trace);
        changes.traces.add(trace);
        return trace;
      });
      this.windows.set(record.id, record);
      changes.windows.add(record.id);
      changes.looks.add(record.id);
    }
    changes.list = true;
  }
}

function samplesOf(content: WindowContent): Sample[] {
  return content && 'samples' in content ? content.samples : [];
}

/** The samples of the last step, with one more. A sample of an earlier step changes nothing that is shown. */
export function withSample(samples: readonly Sample[], sample: Sample, replace: boolean): Sample[] {
  const step = samples[0]?.step ?? null;
  if (replace || step === null || (sample.step !== null && sample.step > step)) return [sample];
  if (sample.step !== null && sample.step < step) return [...samples];
  return [...samples.filter((other) => other.index !== sample.index), sample].sort(
    (a, b) => a.index - b.index,
  );
}
