/** Steps one after the other, each shown for a moment, and waited for where its pictures are late. */

interface Options {
  /** Goes one step on; false at the end. */
  next: () => boolean;
  /** Whether what is on screen is shown. */
  isReady: () => boolean;
  onend: () => void;
}

const STEP_MS = 250;
const LONGEST_MS = 1_500;

export class Playing {
  readonly #options: Options;
  #frame: number | null = null;
  #since = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.#since = performance.now();
    this.#wait();
  }

  stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #wait(): void {
    this.#frame = requestAnimationFrame((now) => {
      const waited = now - this.#since;
      if (waited < STEP_MS || (waited < LONGEST_MS && !this.#options.isReady())) {
        this.#wait();
        return;
      }
      this.#since = now;
      if (this.#options.next()) this.#wait();
      else {
        this.#frame = null;
        this.#options.onend();
      }
    });
  }
}
