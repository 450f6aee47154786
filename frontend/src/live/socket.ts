/**
 * The one socket of a page, kept up. It reconnects by itself (with back-off, and at once when the network or the tab comes back),
 * notices a connection that died silently, and tells the server how many bytes arrived, so that it sends no faster than we read.
 */

import { backoffMs } from './backoff';
import { decodeFrame, encodeFrame, type PageFrame, type ServerFrame } from './frames';

/** The part of WebSocket that is used; tests bring their own. */
export interface SocketLike {
  binaryType: string;
  readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export interface SocketOptions {
  url: string;
  /** The address of the first attempt, if it says what to watch. */
  first?: string;
  open?: (url: string) => SocketLike;
  random?: () => number;
  /** The connection is up: say what to watch, unless the address said it. */
  onopen: (wasSaid: boolean) => void;
  onframe: (frame: ServerFrame) => void;
  /** The server says that whoever opened this page may no longer watch; no attempt follows. */
  onrefused?: () => void;
  /** The connection is gone; the next attempt is made at that time (milliseconds since 1970), or never again (null). */
  onclose: (nextAttempt: number | null) => void;
}

/** Bytes are acknowledged at the latest after so many, and otherwise after a short while. */
const ACK_BYTES = 128 * 1024;
const ACK_AFTER_MS = 150;
/** A silent connection is asked for a sign of life, and given up when none comes. */
const QUIET_MS = 12_000;
const ANSWER_MS = 8_000;
const WAKE_ANSWER_MS = 5_000;

const OPEN = 1;
/** The close code for a principal that is no longer valid. */
const SIGNED_OUT = 4401;

export class LiveSocket {
  readonly #options: SocketOptions;
  #socket: SocketLike | null = null;
  #attempts = 0;
  #first: string | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchTimer: ReturnType<typeof setTimeout> | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #received = 0;
  #acknowledged = 0;
  #closed = false;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#first = options.first;
    globalThis.addEventListener?.('online', this.#wake);
    globalThis.addEventListener?.('pageshow', this.#wake);
    globalThis.document?.addEventListener('visibilitychange', this.#wake);
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  /** Sends a frame; false when there is no connection (whoever sent it says it again in `onopen`). */
  send(frame: PageFrame): boolean {
    if (!this.isOpen) return false;
    this.#socket!.send(encodeFrame(frame));
    return true;
  }

  /** Connects now, if there is no connection. */
  retry(): void {
    if (this.#closed || this.#socket) return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    globalThis.removeEventListener?.('online', this.#wake);
    globalThis.removeEventListener?.('pageshow', this.#wake);
    globalThis.document?.removeEventListener('visibilitychange', this.#wake);
    this.#drop();
  }

  /** The network or the tab is back: what was waiting need not wait, and what looks alive must show it. */
  #wake = (event: Event): void => {
    if (globalThis.document?.visibilityState === 'hidden') return;
    // A page that is shown for the first time has nothing to wake up from.
    if (event.type === 'pageshow' && !(event as PageTransitionEvent).persisted) return;
    if (!this.#socket) this.retry();
    else if (this.isOpen) this.#ping(WAKE_ANSWER_MS);
  };

  #connect(): void {
    const open = this.#options.open ?? ((url) => new WebSocket(url) as SocketLike);
    const first = this.#first;
    this.#first = undefined;
    let socket: SocketLike;
    try {
      socket = open(first ?? this.#options.url);
    } catch {
      this.#lost();
      return;
    }
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#received = 0;
    this.#acknowledged = 0;
    // A connection that neither opens nor fails counts as failed.
    this.#watch(ANSWER_MS);
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#listen();
      this.#options.onopen(first !== undefined);
    };
    socket.onmessage = (event: MessageEvent) => {
      if (this.#socket === socket) this.#receive(event.data as ArrayBuffer);
    };
    socket.onclose = (event: CloseEvent) => {
      if (this.#socket !== socket) return;
      if (event.code === SIGNED_OUT) {
        this.#closed = true;
        this.#options.onrefused?.();
      }
      this.#drop();
    };
  }

  #receive(data: ArrayBuffer): void {
    this.#listen();
    const frame = decodeFrame(data);
    this.#attempts = 0;
    if (frame.t === 'ping') this.send({ t: 'pong', v: frame.v });
    else this.#options.onframe(frame);
    // Counted when the page is done with it: a page that cannot keep up says so by acknowledging late.
    this.#received += data.byteLength;
    if (this.#received - this.#acknowledged >= ACK_BYTES) this.#acknowledge();
    else this.#ackTimer ??= setTimeout(this.#acknowledge, ACK_AFTER_MS);
  }

  #acknowledge = (): void => {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (this.#received > this.#acknowledged && this.send({ t: 'ack', bytes: this.#received })) {
      this.#acknowledged = this.#received;
    }
  };

  /** Something was heard: all is well for a while. */
  #listen(): void {
    clearTimeout(this.#watchTimer);
    this.#watchTimer = setTimeout(() => this.#ping(ANSWER_MS), QUIET_MS);
  }

  #ping(answerMs: number): void {
    this.send({ t: 'ping', v: Date.now() });
    this.#watch(answerMs);
  }

  #watch(ms: number): void {
    clearTimeout(this.#watchTimer);
    this.#watchTimer = setTimeout(() => this.#drop(), ms);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#watchTimer);
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#lost();
  }

  #lost(): void {
    clearTimeout(this.#retryTimer);
    if (this.#closed) {
      this.#options.onclose(null);
      return;
    }
    const wait = backoffMs(this.#attempts++, (this.#options.random ?? Math.random)());
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
    this.#options.onclose(Date.now() + wait);
  }
}
