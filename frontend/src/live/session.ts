/**
 * Watching one env over the socket: subscribes, applies what comes, asks for what is missing. Knows which lines the plots on screen
 * need (their interests) and sees to it that those are there: overviews that fell behind, finer lines of zoomed ranges.
 */

import { AssetStates } from './assets';
import type { Data, Delta, Op, PageFrame, Question, Snap } from './frames';
import { Line } from './line';
import { SampleLogs } from './samples';
import { Changes, Store } from './store';
import { bucketsFor } from './thinning';
import { decodeColumns, decodeLine, extend, type Detail, type Trace } from './trace';
import type { LineRequest, ServerError, TraceData } from './types';

/** A finer line that was asked for. */
interface Pending extends Detail {
  readonly trace: Trace;
  readonly gen: number;
}

interface Interest {
  request: LineRequest;
  /** The finer lines in use, by trace; drawn until newer ones are there. */
  details: Map<Trace, Detail>;
  /** The number of the request on its way, and what it will bring. */
  req: number | null;
  pending: Map<number, Pending>;
  /** The request changed since it was last asked for. */
  isNew: boolean;
}

export interface SessionOptions {
  name: string;
  widthPx: number;
  send: (frame: PageFrame) => boolean;
  onchanges: (changes: Changes) => void;
  ongone: (error: ServerError) => void;
}

/** A zoom asks once the hand rests this long; the same lines are not asked for again sooner than a second later. */
const DEBOUNCE_MS = 60;
const AGAIN_MS = 1_000;

export class EnvSession {
  readonly store: Store;
  /** Which samples windows have, of those that are on screen. */
  readonly samples = new SampleLogs((samples, marks) => this.#question({ samples, marks }));
  readonly assets = new AssetStates((assets) => this.#question({ assets }) !== null);
  readonly #options: SessionOptions;
  #interests = new Map<object, Interest>();
  #overviews = new Map<number, Trace[]>();
  #askedAt = new Map<Trace, number>();
  #questions = new Map<number, (ops: readonly Op[] | null) => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #req = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.store = new Store({ widthPx: options.widthPx });
  }

  /** The address of the env as the server knows it now (an env may be renamed while it is watched). */
  get address(): string {
    const env = this.store.env;
    return env ? `${env.workspace}/${env.name}` : this.#options.name;
  }

  get id(): number | null {
    return this.store.id;
  }

  /** Says to the server what to send: all, or what changed since what is here. */
  subscribe(): void {
    clearTimeout(this.#again);
    this.store.interrupt();
    this.#forgetRequests();
    const { rev } = this.store;
    this.#options.send({
      t: 'sub',
      env: this.address,
      width: this.#options.widthPx,
      ...(rev === null ? {} : { rev, have: this.store.have() }),
    });
  }

  unsubscribe(): void {
    if (this.id !== null) this.#options.send({ t: 'unsub', env: this.id });
    this.assets.disconnected();
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
  }

  /** The connection is gone; `subscribe` is called when it is back. */
  disconnected(): void {
    this.store.interrupt();
    this.#forgetRequests();
  }

  snap(frame: Snap): void {
    this.#applied(this.store.snap(frame));
  }

  delta(frame: Delta): void {
    this.#applied(this.store.delta(frame));
  }

  data(frame: Data): void {
    if (this.samples.answered(frame.req, frame.ops)) return;
    const traces = this.#overviews.get(frame.req);
    if (traces) {
      this.#overviews.delete(frame.req);
      this.#applied(this.store.data(frame));
      return;
    }
    const answer = this.#questions.get(frame.req);
    if (answer) {
      this.#questions.delete(frame.req);
      answer(frame.error ? null : frame.ops);
      return;
    }
    for (const interest of this.#interests.values()) {
      if (interest.req === frame.req) this.#takeDetails(interest, frame);
    }
  }

  /** Asks for lines in ways that only some plots need: with their times, or one against another. Null: no answer will come. */
  ask(question: Question): Promise<readonly Op[] | null> {
    const req = ++this.#req;
    if (this.id === null || !this.#options.send({ t: 'want', env: this.id, req, ...question }))
      return Promise.resolve(null);
    return new Promise((resolve) => this.#questions.set(req, resolve));
  }

  /** Asks for windows anew, for the sake of addresses that have run out. */
  refresh(window: number): void {
    if (this.id === null) return;
    const req = ++this.#req;
    if (this.#options.send({ t: 'want', env: this.id, req, windows: [window] })) this.#overviews.set(req, []);
  }

  /** Tells programs that listen what a person did in a window. Returns whether it went out: an event is of the moment, and never kept. */
  sendEvent(window: number, event: Record<string, unknown>): boolean {
    return this.id !== null && this.#options.send({ t: 'event', env: this.id, window, event });
  }

  gone(error: ServerError): void {
    this.#options.ongone(error);
    // The server's own trouble passes.
    if (error.code === 'internal_error') this.#again = setTimeout(() => this.subscribe(), 5 * AGAIN_MS);
  }

  /** A plot says what it needs to draw; see `LineRequest`. */
  want(request: LineRequest): void {
    const old = this.#interests.get(request.owner);
    if (request.traces.length === 0) {
      if (old) this.#release(old);
      this.#interests.delete(request.owner);
      return;
    }
    const interest: Interest = old ?? {
      request,
      details: new Map(),
      req: null,
      pending: new Map(),
      isNew: true,
    };
    const sameView =
      old !== undefined &&
      old.request.widthPx === request.widthPx &&
      old.request.range?.[0] === request.range?.[0] &&
      old.request.range?.[1] === request.range?.[1];
    interest.request = request;
    interest.isNew ||= !sameView;
    this.#interests.set(request.owner, interest);
    let fewer = false;
    for (const [trace, detail] of [...interest.details]) {
      if (request.traces.includes(trace) && this.#needsDetail(interest, trace)) continue;
      trace.details.delete(detail);
      interest.details.delete(trace);
      fewer = true;
    }
    if (fewer) this.#tellDetails(interest);
    this.#schedule(DEBOUNCE_MS);
  }

  /** Asks for something by its number. */
  #question(
    what: { samples: number[]; marks: Record<number, string> } | { assets: string[] },
  ): number | null {
    if (this.id === null || !this.store.isReady) return null;
    const req = ++this.#req;
    return this.#options.send({ t: 'want', env: this.id, req, ...what }) ? req : null;
  }

  #applied(changes: Changes): void {
    this.#options.onchanges(changes);
    this.samples.look();
    this.assets.look();
    for (const trace of changes.traces) trace.tell();
    for (const interest of this.#interests.values()) {
      for (const trace of interest.details.keys()) {
        if (changes.traces.has(trace)) {
          this.#tellDetails(interest);
          break;
        }
      }
    }
    if (this.#interests.size > 0) this.#schedule(DEBOUNCE_MS);
  }

  #schedule(ms: number): void {
    const at = Date.now() + ms;
    // A burst of appends must not put a request off for ever; a burst of zooms is put off by `isNew` alone.
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#ask();
    }, ms);
  }

  /** Asks for all that the interests lack. */
  #ask(): void {
    if (!this.store.isReady || this.id === null) return;
    const behind = new Set<Trace>();
    const asked = new Set([...this.#overviews.values()].flat());
    for (const { request } of this.#interests.values()) {
      for (const trace of request.traces as readonly Trace[]) {
        if (this.store.traces.get(trace.id) === trace && trace.isBehind && !asked.has(trace))
          behind.add(trace);
      }
    }
    const ready = [...behind].filter((trace) => this.#mayAsk(trace));
    if (ready.length > 0) {
      const req = ++this.#req;
      const width = this.#options.widthPx;
      if (this.#options.send({ t: 'want', env: this.id, req, traces: ready.map(({ id }) => id), width })) {
        this.#overviews.set(req, ready);
        for (const trace of ready) this.#askedAt.set(trace, Date.now());
      }
    }
    for (const interest of this.#interests.values()) this.#askDetails(interest, this.id);
  }

  #mayAsk(trace: Trace): boolean {
    const wait = (this.#askedAt.get(trace) ?? -Infinity) + AGAIN_MS - Date.now();
    if (wait > 0) this.#schedule(wait);
    return wait <= 0;
  }

  /** Whether a trace's own line is too coarse for what the plot shows. */
  #needsDetail(interest: Interest, trace: Trace): boolean {
    const { range, widthPx } = interest.request;
    const { data } = trace;
    if (data.kind !== 'thinned' || data.note !== null || !trace.monotone) return false;
    return range !== null || bucketsFor(widthPx) > bucketsFor(this.#options.widthPx);
  }

  #askDetails(interest: Interest, env: number): void {
    const { request } = interest;
    const needed = (request.traces as readonly Trace[]).filter((trace) => this.#needsDetail(interest, trace));
    const lacking = needed.filter((trace) => {
      const detail = interest.details.get(trace);
      return interest.isNew || !detail || detail.stale;
    });
    if (lacking.length === 0) {
      interest.isNew = false;
      return;
    }
    if (interest.req !== null && !interest.isNew) return;
    const [x0, x1] = request.range ?? [undefined, undefined];
    const req = ++this.#req;
    const sent = this.#options.send({
      t: 'want',
      env,
      req,
      traces: lacking.map(({ id }) => id),
      width: request.widthPx,
      ...(x0 === undefined ? {} : { x0, x1 }),
    });
    if (!sent) return;
    this.#dropPending(interest);
    interest.isNew = false;
    interest.req = req;
    for (const trace of lacking) {
      const pending: Pending = {
        trace,
        gen: trace.gen,
        x1: x1 ?? null,
        line: null,
        stale: false,
        waiting: [],
      };
      interest.pending.set(trace.id, pending);
      trace.details.add(pending);
    }
  }

  #takeDetails(interest: Interest, frame: Data): void {
    const pending = interest.pending;
    interest.req = null;
    interest.pending = new Map();
    for (const op of frame.ops) {
      if (op[0] !== 'a' && op[0] !== 'l') continue;
      const detail = pending.get(op[1]);
      if (!detail || op[2] !== detail.trace.gen || detail.gen !== op[2]) continue;
      const { trace } = detail;
      if (op[0] === 'l') detail.line = Line.thinned(decodeLine(op[3]), interest.request.widthPx);
      else {
        const [, , , offset, n, columns, monotone] = op;
        detail.line = Line.empty(offset, interest.request.widthPx);
        detail.line.append({ offset, n, columns: decodeColumns(columns), monotone });
      }
      const waiting = detail.waiting;
      detail.waiting = [];
      for (const points of waiting) extend(detail, points);
      const old = interest.details.get(trace);
      if (old) trace.details.delete(old);
      interest.details.set(trace, detail);
      pending.delete(op[1]);
    }
    for (const detail of pending.values()) detail.trace.details.delete(detail);
    this.#tellDetails(interest);
    this.#schedule(AGAIN_MS);
  }

  #tellDetails(interest: Interest): void {
    const lines = new Map<number, TraceData>();
    for (const [trace, detail] of interest.details) if (detail.line) lines.set(trace.id, detail.line.data);
    interest.request.onDetail?.(lines);
  }

  #release(interest: Interest): void {
    this.#dropPending(interest);
    for (const [trace, detail] of interest.details) trace.details.delete(detail);
    interest.details.clear();
  }

  #dropPending(interest: Interest): void {
    for (const detail of interest.pending.values()) detail.trace.details.delete(detail);
    interest.pending = new Map();
    interest.req = null;
  }

  /** Answers to what was asked over the old connection will not come. */
  #forgetRequests(): void {
    this.samples.disconnected();
    this.assets.disconnected();
    this.#overviews.clear();
    this.#askedAt.clear();
    for (const answer of this.#questions.values()) answer(null);
    this.#questions.clear();
    for (const interest of this.#interests.values()) {
      this.#dropPending(interest);
      for (const detail of interest.details.values()) detail.stale = true;
    }
  }
}
